from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.drafts.counting import EventCounter, Skipper, after_events, count_events
from mainstay.gateway.drafts.entries import Beyond
from tests.gateway.drafts.conftest import event

EVENTS = [
    event(0),
    b"data: two\r\n\r\n",
    b": comment\n\n",
    b"data\r\r",
    b"id: 7\n\n",
    event(1),
    b"data: a\ndata: b\n\n",
]
streams = st.lists(st.sampled_from(EVENTS), max_size=12)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places)]


def with_data(stream: list[bytes]) -> int:
    return sum(one.startswith((b"event", b"data")) for one in stream)


@given(streams, st.lists(st.integers(0, 200)))
def test_events_with_data_are_counted_however_they_are_split(stream: list[bytes], cuts: list[int]) -> None:
    counter = EventCounter()
    for piece in pieces(b"".join(stream), cuts):
        counter.feed(piece)
    assert counter.events == with_data(stream) == count_events(b"".join(stream))


def test_an_event_that_is_not_whole_does_not_count() -> None:
    counter = EventCounter()
    counter.feed(event(0) + event(1)[:-1])
    assert (counter.events, counter.whole_events, counter.unfinished_bytes) == (1, 1, len(event(1)) - 1)


def test_an_event_that_a_line_feed_may_still_lengthen_counts_for_now() -> None:
    counter = EventCounter()
    counter.feed(b"data: x\r\r")
    assert (counter.events, counter.whole_events) == (1, 0)
    counter.feed(b"\n" + event(1))
    assert (counter.events, counter.whole_events) == (2, 2)


@given(streams, st.integers(0, 12), st.lists(st.integers(0, 200)))
def test_skipping_gives_what_stands_behind_an_event_however_it_is_split(
    stream: list[bytes], after: int, cuts: list[int]
) -> None:
    total = with_data(stream)
    data = b"".join(stream)
    skipper = Skipper(after)
    rest = b"".join([skipper.feed(piece) for piece in pieces(data, cuts)])
    last = skipper.close()
    if after > total:
        assert (rest, last) == (b"", Beyond(after - total))
        assert after_events(data, after) == Beyond(total)
        return
    assert isinstance(last, bytes)
    before = data[: len(data) - len(rest + last)]
    assert data.endswith(rest + last)
    assert count_events(before) == after
    assert not before or after
    assert after_events(data, after) == rest + last


@pytest.mark.parametrize("after", [0, -1])
def test_behind_no_event_stands_everything(after: int) -> None:
    assert after_events(b": hello\n\n" + event(0), after) == b": hello\n\n" + event(0)


def test_comments_belong_to_what_follows() -> None:
    assert after_events(event(0) + b": wait\n\n" + event(1), 1) == b": wait\n\n" + event(1)
    assert after_events(event(0) + b": wait\n\n" + event(1), 2) == b""
