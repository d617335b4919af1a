"""Names and seals."""

import pytest

from mainstay.gateway.cache.sealing import Sealing
from tests.engine.caching.answers import kept

SEALING = Sealing(b"k" * 32)
NAME = SEALING.name(b"digest")


def test_what_was_sealed_opens_again() -> None:
    assert SEALING.open(NAME, SEALING.seal(NAME, kept())) == kept()


def test_the_same_is_sealed_differently_each_time() -> None:
    assert SEALING.seal(NAME, kept()) != SEALING.seal(NAME, kept())


def test_nothing_of_it_can_be_read() -> None:
    assert b"hello" not in SEALING.seal(NAME, kept())


def test_another_name_or_another_key_opens_nothing() -> None:
    sealed = SEALING.seal(NAME, kept())
    assert SEALING.open(SEALING.name(b"other"), sealed) is None
    assert Sealing(b"o" * 32).open(NAME, sealed) is None


@pytest.mark.parametrize("at", [0, 9, 25, -1])
def test_what_was_altered_does_not_open(at: int) -> None:
    sealed = bytearray(SEALING.seal(NAME, kept()))
    sealed[at] ^= 1
    assert SEALING.open(NAME, bytes(sealed)) is None


@pytest.mark.parametrize("size", [0, 5, 8, 20, 40])
def test_half_of_it_does_not_open(size: int) -> None:
    assert SEALING.open(NAME, SEALING.seal(NAME, kept())[:size]) is None


def test_names_and_tags_belong_to_a_key() -> None:
    other = Sealing(b"o" * 32)
    assert SEALING.name(b"digest") != other.name(b"digest")
    assert SEALING.tag("acme") != other.tag("acme")
    assert SEALING.tag("acme") == SEALING.tag("acme") != SEALING.tag("other")
