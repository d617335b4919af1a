from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.drafts.draft_file import DraftFile
from mainstay.gateway.drafts.entries import (
    BEGUN,
    DELIVERED,
    ENDED,
    OPENING,
    PICKED_UP,
    Begun,
    Ended,
    Entry,
    Missing,
    PickedUp,
    Reason,
    encode,
)
from mainstay.gateway.drafts.far_reading import FarReading
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.drafts.seal import FRAMES_AT
from tests.gateway.drafts.conftest import KEY, event, events, opening

STATE = b"-"
ENTRIES: tuple[Entry, ...] = (
    (OPENING, encode(opening())),
    (BEGUN, encode(Begun(200, (("x-mainstay-upstream", "alpha"),)))),
    (DELIVERED, events(1, 3)),
    (DELIVERED, event(3)),
    (ENDED, encode(Ended("answered", 1.0))),
)


def written(*entries: Entry) -> bytes:
    return b"".join(DraftFile("ex_1", Path("x"), durable=False).sealed(KEY, entries))


def read(data: bytes, key: bytes = KEY) -> FarReading:
    reading = FarReading("ex_1", key)
    assert reading.feed(STATE, data) is None
    return reading


def test_all_of_a_draft_is_read() -> None:
    reading = read(written(*ENTRIES))
    kept = reading.kept()
    assert isinstance(kept, Kept)
    assert (kept.data, kept.events, kept.opening) == (events(1, 4), 3, opening())
    assert kept.ended == Ended("answered", 1.0)
    assert not reading.is_open


@given(st.data())
def test_little_by_little_gives_the_same(data: st.DataObject) -> None:
    """Wherever the file ends each time, in the middle of a frame or not."""
    file = written(*ENTRIES)
    first_frame = len(written(*ENTRIES[:1]))
    ends = [*sorted(data.draw(st.lists(st.integers(first_frame, len(file)), max_size=5))), len(file)]
    reading, delivered = FarReading("ex_1", KEY), b""
    for end in ends:
        assert reading.feed(STATE, file[reading.offset : end]) is None
        delivered += reading.take_delivered()
    assert (delivered, reading.offset) == (events(1, 4), len(file))
    assert reading.sheet.ended is not None


def test_it_is_open_until_it_has_ended_and_again_once_it_is_picked_up() -> None:
    assert read(written(*ENTRIES[:3])).is_open
    again = read(written(*ENTRIES, (PICKED_UP, encode(PickedUp(2.0, "other")))))
    assert (again.is_open, again.sheet.owner) == (True, "other")


def test_a_lost_tail_ends_it() -> None:
    reading = FarReading("ex_1", KEY)
    assert reading.feed(b"l", written(*ENTRIES[:3])) is None
    assert (reading.is_open, reading.tail_lost) == (False, True)


def test_nothing_was_read_yet() -> None:
    assert FarReading("ex_1", KEY).kept() == Missing(Reason.UNKNOWN)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.UNREADABLE),
        (b"something else entirely, and long enough to be one", Reason.DAMAGED),
        (written(*ENTRIES)[:FRAMES_AT], Reason.UNREADABLE),
        (written(*ENTRIES)[:-1] + b"?", Reason.DAMAGED),
        (written(*ENTRIES)[: FRAMES_AT + 30], Reason.UNREADABLE),
    ],
    ids=["nothing", "another file", "a header alone", "a changed end", "half a frame"],
)
def test_what_is_no_draft_is_damaged_and_what_only_begins_is_for_later(data: bytes, reason: Reason) -> None:
    assert FarReading("ex_1", KEY).feed(STATE, data) == Missing(reason)


def test_another_key_is_said_to_be() -> None:
    assert FarReading("ex_1", bytes(32)).feed(STATE, written(*ENTRIES)) == Missing(Reason.KEY)


def test_what_could_not_be_read_may_be_read_later() -> None:
    """Somebody was writing it at that moment."""
    file = written(*ENTRIES)
    reading = FarReading("ex_1", KEY)
    assert reading.feed(STATE, file[:-1] + b"?") == Missing(Reason.DAMAGED)
    assert reading.feed(STATE, file[reading.offset :]) is None
    assert reading.take_delivered() == events(1, 4)
