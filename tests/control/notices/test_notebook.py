"""Events of notices are written in order, now or when the store answers again."""

import pytest

from mainstay.control.book import Book
from mainstay.control.notices import notebook as module
from mainstay.control.notices.notebook import REST_SECONDS, Notebook
from mainstay.model.records import NoticeRecord, Record
from tests.control.memory_events import MemoryEvents
from tests.ops.notices.notes import STREAM, record

SENT = record("sent", "chat", attempt=1)


class Desk:
    """A notebook on a store in memory, with a clock that is turned by hand."""

    def __init__(self) -> None:
        self.events, self.now = MemoryEvents(), 0.0
        self.journal: list[Record] = []
        book = Book(lambda: self.events, lambda _record: None)
        self.notebook = Notebook(book, self.journal.append, lambda: self.now)

    def numbers(self) -> list[int]:
        return [one.number for one in self.events.events]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_event_is_written_at_once(desk: Desk) -> None:
    assert desk.notebook.append(STREAM, 1, SENT)
    assert desk.numbers() == [1]


def test_it_is_told_where_somebody_was_first(desk: Desk) -> None:
    desk.notebook.append(STREAM, 1, SENT)
    assert not desk.notebook.append(STREAM, 1, SENT)


def test_what_the_store_does_not_take_waits_in_order(desk: Desk) -> None:
    desk.events.is_down = True
    assert all(desk.notebook.append(STREAM, number, SENT) for number in (1, 2))
    assert (desk.notebook.unwritten, desk.notebook.trouble) == (2, "the store does not answer")
    desk.events.is_down = False
    desk.now = REST_SECONDS
    assert desk.notebook.append(STREAM, 3, SENT)
    assert desk.numbers() == []
    desk.notebook.flush()
    assert desk.numbers() == [1, 2, 3]
    assert (desk.notebook.unwritten, desk.notebook.trouble) == (0, "")


def test_a_store_that_is_down_is_not_asked_all_the_time(desk: Desk) -> None:
    desk.events.is_down = True
    desk.notebook.append(STREAM, 1, SENT)
    desk.events.is_down = False
    desk.now = REST_SECONDS - 0.1
    desk.notebook.flush()
    assert desk.numbers() == []
    assert desk.notebook.is_resting


def test_what_somebody_else_wrote_meanwhile_goes_into_the_journal(desk: Desk) -> None:
    desk.events.is_down = True
    desk.notebook.append(STREAM, 1, SENT)
    desk.events.is_down = False
    desk.events.append_event(STREAM, 1, "other", 0.0, b"{}")
    desk.now = REST_SECONDS
    desk.notebook.flush()
    assert desk.journal == [SENT]


def test_too_many_go_into_the_journal_oldest_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNWRITTEN_MAX", 2)
    desk.events.is_down = True
    for number in range(1, 5):
        desk.notebook.append(STREAM, number, record("sent", f"target-{number}"))
    assert desk.notebook.unwritten == 2
    assert [one.target for one in desk.journal if isinstance(one, NoticeRecord)] == ["target-1", "target-2"]


def test_at_the_end_nothing_is_lost(desk: Desk) -> None:
    desk.events.is_down = True
    desk.notebook.append(STREAM, 1, SENT)
    desk.notebook.settle()
    assert desk.journal == [SENT]
    assert desk.notebook.unwritten == 0
