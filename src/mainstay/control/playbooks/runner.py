"""The runner: carries every run on, step by step, while we hold the lease.

What it is about to do is durable in the book before it does it, with the key that keeps it from being done twice. So it
may die at any point: the next runner reads the book and goes on at the same step. A runner that lost the lease unawares
is stopped by the book, which takes the next event of a run from one writer only.
"""

from collections.abc import Callable, Mapping
from functools import partial
from threading import Event, Lock
from typing import Final

import msgspec

from mainstay.control.background import StopSignal
from mainstay.control.book import Book, Entry, StaleError
from mainstay.control.playbooks.courtesies import Courtesies
from mainstay.control.playbooks.crew import Crew, Flight, ThreadCrew
from mainstay.control.playbooks.effects import Errand, perform
from mainstay.control.playbooks.index import RunIndex
from mainstay.control.playbooks.occasions import occasion_of
from mainstay.control.playbooks.ports import Ports
from mainstay.control.playbooks.starter import Starter
from mainstay.control.playbooks.writing import RUNNER, Pen
from mainstay.ledger.errors import LedgerError
from mainstay.model.playbook import Playbook, RunEnded, RunEvent
from mainstay.model.records import AlertRecord, DetectionRecord, IncidentRecord, Record
from mainstay.ops.playbooks.moves import Over, Perform, Sleep, Write, next_move
from mainstay.ops.playbooks.outcomes import Done, Failed, event_after
from mainstay.ops.playbooks.schedule import due
from mainstay.ops.playbooks.state import Deed, RunState

TURN_SECONDS: Final = 0.5
GRACE_SECONDS: Final = 5.0
"""An effect that has not come back so long after its time limit is given up."""
MOVES_MAX: Final = 100
"""So many moves of one run in one turn."""
HEARD_MAX: Final = 1_000
LATE_SECONDS: Final = 600.0
"""A schedule that came due while nobody acted is made up for so long."""
RECENT_INCIDENTS: Final = 100


class RunnerTools(msgspec.Struct, frozen=True):
    """What a runner needs of the rest. `playbooks` gives those that count now, by name; `is_acting` tells whether we
    hold the lease; `wall` gives seconds since 1970; `report` takes a line for the operator."""

    book: Book
    playbooks: Callable[[], Mapping[str, Playbook]]
    ports: Ports
    is_acting: Callable[[], bool]
    wall: Callable[[], float]
    next_id: Callable[[], str]
    report: Callable[[str], None]


class _Sent(msgspec.Struct, frozen=True):
    """An effect on its way, of which deed, and when it is given up."""

    flight: Flight
    deed: Deed
    until: float


class Runner:
    """For one thread, but for `hear` and `wake`."""

    def __init__(self, tools: RunnerTools, crew: Crew | None = None) -> None:
        """Nothing is read or done before the first turn."""
        self._tools = tools
        self._wake = Event()
        self._crew = crew or ThreadCrew(self._wake.set)
        self._index = RunIndex(tools.book)
        self._pen = Pen(tools.book, self._index, tools.wall, tools.next_id)
        self._starter = Starter(tools.playbooks, self._index, self._pen, tools.ports, tools.report)
        self._courtesies = Courtesies(tools.ports, tools.report)
        self._lock = Lock()
        self._heard: dict[str, Record] = {}
        self._sent: dict[str, _Sent] = {}
        self._scheduled_until: float | None = None
        self._troubles: dict[str, str] = {}

    @property
    def is_busy(self) -> bool:
        """Whether any run is under way."""
        return bool(self._index.unfinished(self._tools.wall()))

    def hear(self, record: Record) -> None:
        """A record that may begin a run: of detection, or an alert. Events of incidents are read from the book. The
        same record again begins nothing again, and of a flood of the same alerts one is heard. Does not block."""
        match record:
            case DetectionRecord():
                key = record.id
            case AlertRecord():
                key = f"{record.kind} {record.upstream} {record.credential}"
            case _:
                return
        with self._lock:
            if len(self._heard) < HEARD_MAX:
                self._heard.setdefault(key, record)

    def wake(self) -> None:
        """Something happened: look at once."""
        self._wake.set()

    def run(self, stop: StopSignal) -> None:
        """Carry on until `stop` is set. Raises nothing."""
        while not stop.is_set():
            self._wake.clear()
            self.turn()
            self._wake.wait(TURN_SECONDS)

    def turn(self) -> None:
        """Do all that is to be done now. Raises nothing."""
        try:
            if self._tools.is_acting():
                self._act()
                self._fine("")
            else:
                self._rest()
        except LedgerError as error:
            self._trouble("", f"playbooks wait: {error}")
        except Exception as error:  # noqa: BLE001 - a defect must not end the thread: nobody would act any more
            self._trouble("", f"playbooks: {type(error).__name__}: {error}")

    def _rest(self) -> None:
        """Others act: what we know grows old."""
        self._index.reset()
        self._taken()
        self._scheduled_until = None

    def _act(self) -> None:
        now = self._tools.wall()
        is_first = not self._index.is_loaded
        entries = self._index.refresh(now)
        if is_first:
            entries = self._recent_incidents(now)
        self._begin(entries, now)
        for state in self._index.unfinished(now):
            self._advance_safely(state.run)

    def _begin(self, entries: list[Entry], now: float) -> None:
        records = [entry.record for entry in entries if isinstance(entry.record, IncidentRecord)]
        for record in (*self._taken(), *records):
            self._consider(record, now)
        since = max(self._scheduled_until or 0.0, now - LATE_SECONDS)
        for occasion in due(self._tools.playbooks().values(), since, now):
            self._starter.consider(occasion, now)
        self._scheduled_until = now

    def _taken(self) -> tuple[Record, ...]:
        """What was heard since the last time."""
        with self._lock:
            heard, self._heard = tuple(self._heard.values()), {}
        return heard

    def _consider(self, record: Record, now: float) -> None:
        occasion = occasion_of(record, self._tools.ports.facts, now)
        if occasion is not None:
            self._starter.consider(occasion, now)

    def _recent_incidents(self, now: float) -> list[Entry]:
        """Events of incidents that may have happened while nobody acted."""
        book = self._tools.book
        found: list[Entry] = []
        for head in book.streams("incident/", None, RECENT_INCIDENTS):
            found += [] if now - head.at > LATE_SECONDS else book.read(head.stream)
        return [entry for entry in found if now - entry.record.at <= LATE_SECONDS]

    def _advance_safely(self, run: str) -> None:
        try:
            self._advance(run)
            self._fine(run)
        except StaleError:
            # Somebody else wrote: a person, or another control plane that acts. The next turn reads and decides anew.
            self._wake.set()
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - one run that cannot go on must not stop the others
            self._trouble(run, f"playbooks: {run} cannot go on: {type(error).__name__}: {error}")

    def _advance(self, run: str) -> None:
        for _ in range(MOVES_MAX):
            state = self._index.get(run)
            if state is None or not self._tools.is_acting():
                return
            if run in self._sent and not self._land(state):
                return
            state = self._index.get(run) or state
            if state.number == 1:
                self._courtesies.begun(state)
            facts = self._tools.ports.facts.facts(state.incident)
            match next_move(state, facts, self._tools.wall()):
                case Write(event):
                    self._write(state, event)
                case Perform(deed, timeout_seconds):
                    if not self._send(state, deed, timeout_seconds):
                        return
                case Sleep() | Over():
                    return

    def _write(self, state: RunState, event: RunEvent) -> None:
        if isinstance(event, RunEnded):
            self._courtesies.ended(state, event, self._tools.wall())
        self._pen.write(state, event, RUNNER)

    def _send(self, state: RunState, deed: Deed, timeout_seconds: float) -> bool:
        """Begin an effect; whether that could be."""
        # The last look at the lease: whoever has lost it may not act, even if nobody else has written yet.
        if not self._tools.is_acting():
            return False
        flight = self._crew.send(partial(perform, Errand(state, deed, timeout_seconds), self._tools.ports))
        if flight is None:
            return False
        until = self._tools.wall() + timeout_seconds + GRACE_SECONDS
        self._sent[state.run] = _Sent(flight, deed, until)
        return True

    def _land(self, state: RunState) -> bool:
        """Write what came of the effect on its way; whether the run can go on."""
        sent = self._sent[state.run]
        result = sent.flight.result()
        now = self._tools.wall()
        if result is None:
            if now < sent.until:
                return False
            result = Failed("it did not come back in time", may_have_acted=True)
        del self._sent[state.run]
        self._write_result(state, sent.deed, result, now)
        return True

    def _write_result(self, state: RunState, deed: Deed, result: Done | Failed, now: float) -> None:
        current = state.current
        is_same = current is not None and (current.key, current.attempt) == (deed.key, deed.attempt)
        # A run that was cancelled meanwhile wants no result any more. An answer that came meanwhile does not matter.
        if current is not None and is_same and not current.was_asked:
            self._pen.write(state, event_after(state, current, result, now), RUNNER)

    def _trouble(self, run: str, line: str) -> None:
        if self._troubles.get(run) != line:
            self._troubles[run] = line
            self._tools.report(line)

    def _fine(self, run: str) -> None:
        self._troubles.pop(run, None)
