import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.http.content_coding import CodingFault, Decoder

TEXT = b"the quick brown fox " * 40


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
    "deflate": zlib.compress(TEXT),
    "deflate without its header": raw_deflate(TEXT),
}


def decoder(name: str, slack_bytes: int = 10_000, ratio: int = 0) -> Decoder:
    return Decoder(name.partition(" ")[0], slack_bytes=slack_bytes, ratio=ratio)


def unpacked(decoder: Decoder, parts: list[bytes]) -> bytes:
    result = b""
    for part in parts:
        piece = decoder.feed(part)
        assert isinstance(piece, bytes)
        result += piece
    return result


@pytest.mark.parametrize("name", PACKED)
@given(cut=st.integers(0, 200))
def test_any_cut_of_a_packed_body_gives_the_same_text(name: str, cut: int) -> None:
    packed = PACKED[name]
    one = decoder(name)
    assert unpacked(one, [packed[:cut], packed[cut:]]) == TEXT
    assert one.complete


@pytest.mark.parametrize("name", PACKED)
def test_byte_by_byte_gives_the_same_text(name: str) -> None:
    packed = PACKED[name]
    assert unpacked(decoder(name), [packed[i : i + 1] for i in range(len(packed))]) == TEXT


@pytest.mark.parametrize("name", PACKED)
def test_a_truncated_body_is_not_complete(name: str) -> None:
    one = decoder(name)
    one.feed(PACKED[name][:-9])
    assert not one.complete


def test_an_empty_body_is_complete() -> None:
    assert decoder("gzip").complete


@pytest.mark.parametrize("name", ["gzip", "deflate"])
def test_what_is_not_packed_is_broken(name: str) -> None:
    assert decoder(name).feed(b'{"model": "m"}') is CodingFault.BROKEN


def test_bytes_after_the_end_are_broken() -> None:
    assert decoder("deflate").feed(PACKED["deflate"] + b"more") is CodingFault.BROKEN
    assert decoder("gzip").feed(PACKED["gzip"] + b"more") is CodingFault.BROKEN


def test_endless_members_are_broken() -> None:
    assert decoder("gzip").feed(gzip.compress(b"") * 17) is CodingFault.BROKEN


def test_a_bomb_stops_at_the_bound_without_being_unpacked() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert decoder("gzip", slack_bytes=1_000_000).feed(bomb) is CodingFault.TOO_LARGE


def test_a_body_may_grow_exactly_to_its_bound() -> None:
    assert decoder("gzip", slack_bytes=len(TEXT)).feed(PACKED["gzip"]) == TEXT
    assert decoder("gzip", slack_bytes=len(TEXT) - 1).feed(PACKED["gzip"]) is CodingFault.TOO_LARGE


def test_the_ratio_counts_what_was_fed() -> None:
    packed = gzip.compress(TEXT)
    enough = len(TEXT) // len(packed) + 1
    assert decoder("gzip", slack_bytes=0, ratio=enough).feed(packed) == TEXT
    assert decoder("gzip", slack_bytes=0, ratio=1).feed(packed) is CodingFault.TOO_LARGE
