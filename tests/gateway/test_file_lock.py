"""Locks on files that say who has them."""

import os
from pathlib import Path

import pytest

from mainstay.gateway.file_lock import PAUSE_SECONDS, TRIES, held_by, is_taken, sign


def opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def never(_seconds: float) -> None:
    pytest.fail("nobody else has it")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.lock"


def test_a_lock_that_is_taken_says_who_has_it_until_it_is_closed(path: Path) -> None:
    assert held_by(path) is None
    descriptor = opened(path)
    assert held_by(path) is None
    assert is_taken(descriptor, never)
    sign(descriptor, "a much longer name")
    sign(descriptor, "me")
    assert held_by(path) == "me"
    os.close(descriptor)
    assert held_by(path) is None


def test_a_lock_of_somebody_else_is_tried_for_a_moment(path: Path) -> None:
    first, second = opened(path), opened(path)
    assert is_taken(first, never)
    pauses: list[float] = []
    assert not is_taken(second, pauses.append)
    assert pauses == [PAUSE_SECONDS] * (TRIES - 1)
    assert is_taken(second, lambda _: os.close(first) if held_by(path) is not None else None)
    os.close(second)
