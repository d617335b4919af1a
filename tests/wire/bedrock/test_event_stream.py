import struct
import uuid
import zlib

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.bedrock.event_stream import (
    HEADER_BYTES_MAX,
    MESSAGE_BYTES_MAX,
    EventStreamSplitter,
    HeaderValue,
    Message,
    encode,
    event,
    exception,
)
from tests.wire.streams import pieces_of

HEADERS = st.dictionaries(st.text(max_size=40), st.text(max_size=80), max_size=6)


def split(*pieces: bytes) -> list[Message]:
    splitter = EventStreamSplitter()
    return [message for piece in pieces for message in splitter.feed(piece)]


def broken(*pieces: bytes) -> str:
    splitter = EventStreamSplitter()
    for piece in pieces:
        splitter.feed(piece)
    return splitter.broken


def framed(block: bytes, payload: bytes = b"") -> bytes:
    """A message around a block of headers that somebody else wrote."""
    lengths = struct.pack("!II", len(block) + len(payload) + 16, len(block))
    message = lengths + struct.pack("!I", zlib.crc32(lengths)) + block + payload
    return message + struct.pack("!I", zlib.crc32(message))


def header(name: str, kind: int, value: bytes) -> bytes:
    return bytes((len(name.encode()),)) + name.encode() + bytes((kind,)) + value


@given(HEADERS, st.binary(max_size=300))
def test_botocore_reads_what_is_written(headers: dict[str, str], payload: bytes) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(encode(headers, payload))
    (message,) = buffer
    assert (message.headers, message.payload) == (headers, payload)


@given(HEADERS, st.binary(max_size=300))
def test_what_is_written_is_read(headers: dict[str, str], payload: bytes) -> None:
    (message,) = split(encode(headers, payload))
    assert (message.heading.headers, message.payload) == (headers, payload)


def test_headers_of_all_types_mean_what_botocore_reads() -> None:
    block = b"".join(
        (
            header("yes", 0, b""),
            header("no", 1, b""),
            header("byte", 2, struct.pack("!b", -7)),
            header("short", 3, struct.pack("!h", -30_000)),
            header("integer", 4, struct.pack("!i", -2_000_000_000)),
            header("long", 5, struct.pack("!q", -(2**60))),
            header("bytes", 6, struct.pack("!H", 3) + b"\x00\xff\x01"),
            header("string", 7, struct.pack("!H", 7) + "wörld".encode() + b"!"),
            header("timestamp", 8, struct.pack("!q", 1_790_000_000_000)),
            header("uuid", 9, uuid.UUID(int=5).bytes),
        )
    )
    buffer = EventStreamBuffer()
    buffer.add_data(framed(block, b"{}"))
    (theirs,) = buffer
    (ours,) = split(framed(block, b"{}"))
    expected: dict[str, HeaderValue] = dict(theirs.headers)
    assert ours.heading.headers == expected
    assert len(expected) == 10


STREAM = [event("messageStart", b'{"role":"assistant"}'), event("contentBlockDelta", b"x" * 300), exception("e", b"")]


@given(st.lists(st.integers(min_value=0, max_value=1000), max_size=20))
def test_any_cuts_give_the_same_messages(cuts: list[int]) -> None:
    assert split(*pieces_of(b"".join(STREAM), cuts)) == split(*STREAM)


def test_byte_by_byte_gives_the_same_messages() -> None:
    stream = b"".join(STREAM)
    assert split(*(stream[at : at + 1] for at in range(len(stream)))) == split(stream)
    assert [len(message.payload) for message in split(stream)] == [20, 300, 0]


def test_the_heading_names_kind_and_type() -> None:
    error = encode({":message-type": "error", ":error-code": "Internal", ":error-message": "Sorry"}, b"")
    headings = [message.heading for message in split(*STREAM, error)]
    assert [(heading.kind, heading.type) for heading in headings] == [
        ("event", "messageStart"),
        ("event", "contentBlockDelta"),
        ("exception", "e"),
        ("error", "Internal"),
    ]


@pytest.mark.parametrize("at", [0, 5, 9, 13, 40, -1])
def test_one_flipped_bit_breaks_the_stream(at: int) -> None:
    damaged = bytearray(STREAM[0])
    damaged[at] ^= 1
    splitter = EventStreamSplitter()
    assert len(splitter.feed(STREAM[1] + bytes(damaged))) == 1
    assert "damaged" in splitter.broken
    assert splitter.feed(STREAM[0]) == []


@pytest.mark.parametrize(
    ("total", "header_bytes", "words"),
    [
        (MESSAGE_BYTES_MAX + 1, 0, "larger than the limit"),
        (2**32 - 1, 0, "larger than the limit"),
        (HEADER_BYTES_MAX + 100, HEADER_BYTES_MAX + 1, "larger than the limit"),
        (20, 5, "contradicts its own length"),
        (0, 0, "contradicts its own length"),
    ],
)
def test_lengths_are_bounded(total: int, header_bytes: int, words: str) -> None:
    lengths = struct.pack("!II", total, header_bytes)
    assert words in broken(lengths + struct.pack("!I", zlib.crc32(lengths)))


@pytest.mark.parametrize(
    "block",
    [
        header("a", 10, b""),
        header("a", 7, struct.pack("!H", 5) + b"four"),
        header("a", 7, struct.pack("!H", 1) + b"\xff"),
        header("a", 9, b"short"),
        header("a", 4, b"\x00"),
        header("a", 0, b"") * 2,
        b"\x05ab",
        b"\x01a",
    ],
)
def test_headers_that_make_no_sense_break_the_stream(block: bytes) -> None:
    assert "damaged" in broken(framed(block))


def test_a_large_block_of_headers_is_read_too() -> None:
    (message,) = split(encode({":event-type": "x" * 30_000}, b"{}"))
    assert message.heading.type == "x" * 30_000


@pytest.mark.parametrize("headers", [{"n" * 256: ""}, {"n": "v" * 40_000}])
def test_a_header_that_does_not_fit_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="longer"):
        encode(headers, b"")
