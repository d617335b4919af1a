"""A stand for tests of incidents: desks on one store in memory, and a clock that is turned by hand."""

from collections.abc import Callable
from itertools import count

from mainstay.control.book import Book
from mainstay.control.incidents.desk import Author, IncidentDesk
from mainstay.model.incident import Affected, ComponentStatus, Impact, Opened
from mainstay.model.records import Record
from mainstay.ops.incidents.state import IncidentState, Refused
from tests.control.memory_events import MemoryEvents

ANN = Author("ann", "local")
BOB = Author("bob", "local")
UPSTREAM = "upstream:anthropic"
ILL = Affected(UPSTREAM, ComponentStatus.MAJOR_OUTAGE)
WELL = Affected(UPSTREAM, ComponentStatus.OPERATIONAL)


class RacingEvents(MemoryEvents):
    """Does something else right before an event is written, once."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], object] | None = None

    def append_event(self, stream: str, number: int, event_id: str, at: float, body: bytes) -> bool:
        before, self.before = self.before, None
        if before is not None:
            before()
        return super().append_event(stream, number, event_id, at, body)


class Stand:
    """One store, one clock, any number of desks."""

    def __init__(self) -> None:
        self.store = RacingEvents()
        self.now = 1_772_452_800.0
        self.written: list[Record] = []
        self._numbers = count(1)

    def wall(self) -> float:
        return self.now

    def next_id(self) -> str:
        return f"id{next(self._numbers)}"

    def book(self) -> Book:
        return Book(lambda: self.store, self.written.append)

    def desk(self) -> IncidentDesk:
        return IncidentDesk(self.book(), self.wall, self.next_id)

    def opened(self, title: str = "Most requests fail", *affected: Affected) -> Opened:
        return Opened(title, Impact.MAJOR, "hand", self.now, affected)


def done(found: IncidentState | Refused | None) -> IncidentState:
    """It was not refused."""
    assert isinstance(found, IncidentState), found
    return found


def refused(found: IncidentState | Refused | None) -> str:
    """Why it was."""
    assert isinstance(found, Refused), found
    return found.words
