import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.sse import SseEvent, SseSplitter, comment, read_event, write_event
from tests.wire.streams import ANTHROPIC_TEXT, RECORDED, pieces_of

BYTES_THAT_MATTER = st.lists(
    st.sampled_from([b"\n", b"\r", b"data", b"event", b":", b" ", b"x", b"id: 1", b"\xef\xbb\xbf"]), max_size=40
).map(b"".join)
CUTS = st.lists(st.integers(min_value=0, max_value=10_000), max_size=8)


def split(pieces: list[bytes], event_bytes_max: int = 1_000_000) -> list[SseEvent]:
    splitter = SseSplitter(event_bytes_max)
    events = [event for piece in pieces for event in splitter.feed(piece)]
    return events + splitter.close()


def one(raw: bytes) -> SseEvent:
    (event,) = split([raw])
    return event


def dispatched_by_the_book(stream: bytes) -> list[tuple[bytes, bytes]]:
    """The algorithm of the standard, line by line: what a browser would dispatch."""
    events: list[tuple[bytes, bytes]] = []
    name = b""
    data: list[bytes] = []
    lines = re.split(rb"\r\n|\n|\r", stream.removeprefix(b"\xef\xbb\xbf"))
    for line in lines[:-1]:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if data:
                events.append((name, b"\n".join(data)))
            name, data = b"", []
        elif field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
    return events


@pytest.mark.parametrize("stream", RECORDED)
def test_any_single_cut_gives_the_same_events(stream: bytes) -> None:
    whole = split([stream])
    assert all(split([stream[:at], stream[at:]]) == whole for at in range(len(stream)))


@pytest.mark.parametrize("stream", RECORDED)
def test_byte_by_byte_gives_the_same_events(stream: bytes) -> None:
    assert split([stream[at : at + 1] for at in range(len(stream))]) == split([stream])


@given(BYTES_THAT_MATTER, CUTS)
def test_any_cuts_of_anything_give_the_same_events_and_lose_no_byte(stream: bytes, cuts: list[int]) -> None:
    splitter = SseSplitter()
    events = [event for piece in pieces_of(stream, cuts) for event in splitter.feed(piece)] + splitter.close()
    assert events == split([stream])
    assert b"".join(event.raw for event in events) + splitter.tail == stream


@given(BYTES_THAT_MATTER)
def test_the_events_are_those_of_the_standard(stream: bytes) -> None:
    ours = [(event.event, event.data) for event in split([stream]) if event.data is not None]
    assert ours == dispatched_by_the_book(stream)


def test_an_event_is_given_as_soon_as_it_is_whole() -> None:
    splitter = SseSplitter()
    assert splitter.feed(b"data: a\n") == []
    assert [event.data for event in splitter.feed(b"\ndata: b\n\ndata: c")] == [b"a", b"b"]
    assert splitter.tail == b"data: c"


def test_a_last_carriage_return_waits_for_its_line_feed() -> None:
    splitter = SseSplitter()
    assert splitter.feed(b"data: a\r\n\r") == []
    assert [event.raw for event in splitter.feed(b"\n")] == [b"data: a\r\n\r\n"]


def test_closing_gives_an_event_whose_carriage_return_was_the_last_byte() -> None:
    assert one(b"data: a\r\r").data == b"a"


@pytest.mark.parametrize(
    ("raw", "name", "data", "quiet"),
    [
        (b"event: ping\ndata: {}\n\n", b"ping", b"{}", False),
        (b"data:{}\n\n", b"", b"{}", False),
        (b"data:  two spaces\n\n", b"", b" two spaces", False),
        (b"data: a\ndata: b\n\n", b"", b"a\nb", False),
        (b"data\n\n", b"", b"", False),
        (b"data:\n\n", b"", b"", False),
        (b"event: ping\n\n", b"ping", None, False),
        (b": comment\n\n", b"", None, True),
        (b": comment\n: another\nid: 7\nretry: 10\n\n", b"", None, True),
        (b"\n\n", b"", None, True),
        (b"<html>\n\n", b"", None, False),
        (b"\xef\xbb\xbfdata: x\n\n", b"", b"x", False),
        (b": note\nevent: e\ndata: x\n\n", b"e", b"x", False),
        (b"data: x\nevent: e\n\n", b"e", b"x", False),
        (b"data: a\rdata: b\n\n", b"", b"a\nb", False),
        (b"event: e\rdata: x\n\n", b"e", b"x", False),
    ],
)
def test_the_fields_of_an_event(raw: bytes, name: bytes, data: bytes | None, quiet: bool) -> None:  # noqa: FBT001 (a column of the table)
    event = one(raw)
    assert (event.raw, event.event, event.data) == (raw, name, data)
    assert data is not None or event.quiet is quiet


def test_a_byte_order_mark_counts_only_at_the_start() -> None:
    assert [event.data for event in split([b"data: a\n\n\xef\xbb\xbfdata: b\n\n"])] == [b"a", None]


@pytest.mark.parametrize("cut", range(60))
def test_an_event_beyond_the_limit_ends_the_stream_wherever_it_is_cut(cut: int) -> None:
    stream = b"data: small\n\n" + b"data: " + b"x" * 40 + b"\n\ndata: after\n\n"
    splitter = SseSplitter(event_bytes_max=30)
    events = splitter.feed(stream[:cut]) + splitter.feed(stream[cut:]) + splitter.feed(b"data: more\n\n")
    assert [event.data for event in events] == [b"small"]
    assert splitter.overflowed
    assert len(splitter.tail) <= len(stream)


@pytest.mark.parametrize(("size", "is_given"), [(29, True), (30, True), (31, False)])
def test_the_limit_is_the_same_for_an_event_that_comes_in_a_packet_of_its_own(size: int, *, is_given: bool) -> None:
    splitter = SseSplitter(event_bytes_max=30)
    splitter.feed(b"data: first\n\n")
    packet = b"data: " + b"x" * (size - 8) + b"\n\n"
    assert [event.raw for event in splitter.feed(packet)] == [packet] * is_given
    assert splitter.overflowed is not is_given


def test_after_an_overflow_nothing_is_kept() -> None:
    splitter = SseSplitter(event_bytes_max=10)
    splitter.feed(b"data: " + b"x" * 20)
    splitter.feed(b"y" * 1000)
    assert splitter.tail == b""


def test_reading_one_event_needs_no_splitter() -> None:
    assert read_event(ANTHROPIC_TEXT[1]).event == b"content_block_start"


def test_a_comment_is_one_quiet_line() -> None:
    assert comment("served by\nbeta") == b": served by beta\n\n"
    assert one(comment("data: x")).quiet


def test_json_with_line_ends_stays_one_line() -> None:
    assert write_event(b'{\r\n "a": 1\n}') == b'data: {   "a": 1 }\n\n'
    assert write_event(b"{}", b"error") == b"event: error\ndata: {}\n\n"
