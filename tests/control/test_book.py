"""The book, on streams in memory and in a real store."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mainstay.control.book import Book, OpenedStore, StaleError
from mainstay.ledger.errors import LedgerError, StoreError
from mainstay.ledger.store.opening import open_store
from mainstay.model.incident import Impact, Noted, Opened
from mainstay.model.records import IncidentRecord, Record
from tests.control.memory_events import MemoryEvents

Opening = Callable[[], OpenedStore]


def note(number: int, name: str = "", text: str = "it rains") -> IncidentRecord:
    return IncidentRecord(name or f"in_{number}", float(number), "INC-1", number, "ana", Noted(text))


@pytest.fixture(params=["memory", "sqlite"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    events = MemoryEvents()
    return (lambda: events) if request.param == "memory" else lambda: open_store(None, tmp_path)


@pytest.fixture
def journal() -> list[Record]:
    return []


@pytest.fixture
def book(opening: Opening, journal: list[Record]) -> Book:
    return Book(opening, journal.append)


def test_what_was_written_is_read_and_stands_in_the_journal(book: Book, journal: list[Record]) -> None:
    opened = Opened("Claude is down", Impact.MAJOR, "hand", 5.0)
    records = [IncidentRecord("in_1", 1.0, "INC-1", 1, "ana", opened), note(2)]
    for record in records:
        book.append("incident/INC-1", record.number, record)
    assert [entry.record for entry in book.read("incident/INC-1")] == records
    assert [(entry.stream, entry.number) for entry in book.read("incident/INC-1")] == [
        ("incident/INC-1", 1),
        ("incident/INC-1", 2),
    ]
    assert journal == records
    book.close()


def test_of_two_books_the_second_is_told_and_decides_anew(opening: Opening, journal: list[Record]) -> None:
    ours, theirs = Book(opening, journal.append), Book(opening, journal.append)
    theirs.append("incident/INC-1", 1, note(1, "theirs"))
    with pytest.raises(StaleError):
        ours.append("incident/INC-1", 1, note(1, "ours"))
    ours.append("incident/INC-1", 1 + len(ours.read("incident/INC-1")), note(2, "ours"))
    assert [entry.record.id for entry in theirs.read("incident/INC-1")] == ["theirs", "ours"]
    assert [record.id for record in journal] == ["theirs", "ours"]
    ours.close()
    theirs.close()


def test_what_is_new_is_told_in_order_over_all_streams(book: Book) -> None:
    for stream, number in (("incident/INC-1", 1), ("run/RUN-1", 1), ("incident/INC-1", 2)):
        book.append(stream, number, note(number, f"{stream}#{number}"))
    entries = book.since(0)
    assert [entry.record.id for entry in entries] == ["incident/INC-1#1", "run/RUN-1#1", "incident/INC-1#2"]
    assert book.since(entries[1].arrival) == entries[2:]
    assert [head.stream for head in book.streams("")] == ["incident/INC-1", "run/RUN-1"]
    assert [head.stream for head in book.streams("run/")] == ["run/RUN-1"]
    book.close()


def test_a_record_of_a_kind_that_came_later_is_left_out(opening: Opening, book: Book) -> None:
    book.append("incident/INC-1", 1, note(1))
    assert opening().append_event("incident/INC-1", 2, "in_2", 2.0, b'{"type":"prophecy","id":"in_2"}')
    book.append("incident/INC-1", 3, note(3))
    assert [entry.number for entry in book.read("incident/INC-1")] == [1, 3]
    assert [entry.number for entry in book.since(0)] == [1, 3]
    book.close()


def test_a_stream_longer_than_a_page_is_read_whole(tmp_path: Path) -> None:
    book = Book(lambda: open_store(None, tmp_path), lambda _record: None)
    for number in range(1, 5):
        book.append("incident/INC-1", number, note(number, text="x" * 1_500_000))
    assert [entry.number for entry in book.read("incident/INC-1")] == [1, 2, 3, 4]
    book.close()


def test_a_store_that_does_not_answer_is_said_and_asked_again(journal: list[Record]) -> None:
    events = MemoryEvents()
    book = Book(lambda: events, journal.append)
    events.is_down = True
    with pytest.raises(StoreError):
        book.append("incident/INC-1", 1, note(1))
    assert journal == []
    events.is_down = False
    book.append("incident/INC-1", 1, note(1))
    assert journal == [note(1)]


def test_a_store_that_cannot_be_opened_is_said(journal: list[Record]) -> None:
    def refuse() -> OpenedStore:
        raise StoreError("not there")

    book = Book(refuse, journal.append)
    with pytest.raises(LedgerError, match="not there"):
        book.read("incident/INC-1")
    book.close()


def test_an_event_is_its_record_as_json(tmp_path: Path) -> None:
    book = Book(lambda: open_store(None, tmp_path), lambda _record: None)
    book.append("incident/INC-1", 1, note(1))
    store = open_store(None, tmp_path)
    (event,) = store.stream("incident/INC-1", 0, 9)
    assert event.body == msgspec.json.encode(note(1))
    assert (event.id, event.at) == ("in_1", 1.0)
    store.close()
    book.close()


def test_a_whole_page_of_kinds_that_came_later_stops_nobody() -> None:
    events = MemoryEvents()
    book = Book(lambda: events, lambda _: None)
    for number in range(1, 4):
        events.append_event("incident/INC-1", number, f"f{number}", 1.0, b'{"type": "of the future"}')
    known = IncidentRecord("known", 1.0, "INC-2", 1, "vera", Noted("x"))
    book.append("incident/INC-2", 1, known)
    assert [entry.record for entry in book.since(0, limit=2)] == [known]
