"""What is known of notices is read from their events."""

import msgspec
import pytest

from mainstay.control.book import Book
from mainstay.control.notices import shelf as module
from mainstay.control.notices.shelf import KEPT_SECONDS, Shelf
from mainstay.model.records import NoticeRecord
from tests.control.memory_events import MemoryEvents
from tests.ops.notices.notes import BEGAN_AT, KEY, POLICY, record


def written(*streams: tuple[str, tuple[NoticeRecord, ...]]) -> Book:
    book = Book(MemoryEvents, lambda _record: None)
    for stream, records in streams:
        for number, one in enumerate(records, start=1):
            book.append(stream, number, one)
    return book


ACCEPTED = record("awaited", "chat")
TOLD = (ACCEPTED, record("sent", "chat", after=1.0, attempt=1))


def loaded(book: Book, wall: float = BEGAN_AT + 10.0) -> Shelf:
    shelf = Shelf(POLICY)
    shelf.load(book, wall)
    return shelf


def test_events_of_the_last_day_are_read() -> None:
    shelf = loaded(written((f"notice/{KEY}~1", TOLD), ("incident/INC-1", (ACCEPTED,))))
    (found,) = shelf.all()
    assert found.open == []
    assert shelf.newest(KEY) == found
    assert shelf.next_stream(KEY) == f"notice/{KEY}~2"
    assert (shelf.last["chat"].outcome, shelf.allowance.used("chat", BEGAN_AT + 10.0)) == ("sent", 1)
    assert shelf.arrival == 3


def test_older_ones_are_left_alone() -> None:
    book = written((f"notice/{KEY}~1", TOLD))
    assert loaded(book, BEGAN_AT + KEPT_SECONDS + 2.0).all() == ()
    assert loaded(book, BEGAN_AT + KEPT_SECONDS + 1.0).all() != ()


def test_an_old_one_is_found_when_it_is_asked_for() -> None:
    book = written((f"notice/{KEY}~1", TOLD), (f"notice/{KEY}~2", TOLD), (f"notice/{KEY}/more~1", TOLD))
    shelf = loaded(book, BEGAN_AT + KEPT_SECONDS + 2.0)
    shelf.look_up(book, KEY)
    assert [one.stream for one in shelf.all()] == [f"notice/{KEY}~2"]
    assert shelf.next_stream(KEY) == f"notice/{KEY}~3"


def test_many_pages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    book = written(*((f"notice/key-{number}~1", TOLD) for number in range(7)))
    assert len(list(loaded(book).all())) == 7
    monkeypatch.setattr(module, "LOADED_MAX", 4)
    assert len(list(loaded(book).all())) == 4


def test_an_event_counts_once() -> None:
    book = written((f"notice/{KEY}~1", TOLD))
    shelf = loaded(book)
    for entry in book.since(0):
        shelf.note(entry)
    assert shelf.allowance.used("chat", BEGAN_AT + 10.0) == 1


def test_what_was_limited_is_kept_until_a_summary_tells_it() -> None:
    limited = (ACCEPTED, record("limited", "chat", after=1.0))
    told = (msgspec.structs.replace(ACCEPTED, key="summary/chat"),)
    assert loaded(written((f"notice/{KEY}~1", TOLD))).kept == {}
    assert loaded(written((f"notice/{KEY}~1", limited))).kept["chat"].titles == ("anthropic is down",)
    assert loaded(written((f"notice/{KEY}~1", limited), ("notice/summary/chat~1", told))).kept == {}


def test_too_many_forget_the_oldest_that_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TELLINGS_MAX", 2)
    shelf = Shelf(POLICY)
    shelf.put("notice/open~1", 1, ACCEPTED)
    for number in range(1, 4):
        accepted = record("awaited", "chat", after=float(number))
        shelf.put(f"notice/key-{number}~1", 1, accepted)
        shelf.put(f"notice/key-{number}~1", 2, record("sent", "chat", after=number + 0.5, attempt=1))
    shelf.prune(BEGAN_AT + 10.0)
    assert {one.stream for one in shelf.all()} == {"notice/open~1", "notice/key-3~1"}


def test_what_is_open_is_not_forgotten_for_its_age() -> None:
    shelf = Shelf(POLICY)
    shelf.put(f"notice/{KEY}~1", 1, ACCEPTED)
    shelf.prune(BEGAN_AT + 2 * KEPT_SECONDS)
    assert len(list(shelf.all())) == 1
