"""The desk for notices: takes them from any thread, and has a job that sees to it that they are told."""

from collections import deque
from collections.abc import Mapping
from functools import partial
from threading import Event, Lock
from typing import Final, Literal

import msgspec

from mainstay.config.notification_settings import NotificationSettings
from mainstay.control.background import StopSignal
from mainstay.control.notices.message import Message
from mainstay.control.notices.rounds import NoticeTools, Rounds
from mainstay.control.notices.senders import Bounded
from mainstay.control.notices.sending import kind_of, place_of_target
from mainstay.model.notice import Notice, Severity
from mainstay.model.records import NoticeRecord

QUEUE_MAX: Final = 1_000
TURN_SECONDS: Final = 1.0
LEAVING_TURNS: Final = 20
LEAVING_SECONDS: Final = 0.1
TEST_KEY: Final = "test"
TEST_TITLE: Final = "Test of notifications"


class TrialOutcome(msgspec.Struct, frozen=True):
    """What became of a test. `text` is why it failed, or a warning."""

    target: str
    is_sent: bool
    seconds: float
    text: str = ""


class TargetStatus(msgspec.Struct, frozen=True):
    """A target, as a page shows it. `outcome` is empty while nothing was told; `at` is in seconds since 1970."""

    name: str
    kind: str
    place: str
    used: int = 0
    """How much it was told within the last hour."""
    waiting: int = 0
    kept: int = 0
    """How much it was not told because it had heard enough; a summary follows."""
    outcome: str = ""
    at: float | None = None
    text: str = ""


class NoticeStatus(msgspec.Struct, frozen=True):
    """How notices are, at the end of the last turn. `counts`: of (target, outcome), since our start. `trouble` is why
    the store does not take events, empty while it does."""

    targets: tuple[TargetStatus, ...]
    counts: Mapping[tuple[str, str], int]
    dropped: int = 0
    unwritten: int = 0
    trouble: str = ""


class NoticeDesk:
    """May be used from any thread; `run` is the job of one."""

    def __init__(self, settings: NotificationSettings, tools: NoticeTools) -> None:
        """Nothing is read or sent before `run`."""
        self._settings = settings
        self._followed = settings
        self._tools = tools
        self._wake = Event()
        self._lock = Lock()
        self._told: deque[Notice] = deque()
        self._acknowledged: deque[tuple[str, str]] = deque(maxlen=QUEUE_MAX)
        self._dropped = 0
        self._is_dropping = False
        self._tests = Bounded()
        self._places = _places(settings)
        self._rounds = Rounds(settings, tools, self._wake.set)
        self._status = self._new_status(tools.wall())

    def tell(self, notice: Notice) -> None:
        """Have it told, soon. Does not block. Where too much waits already, what is least grave is dropped, and the
        operator hears of that."""
        with self._lock:
            self._told.append(notice)
            if len(self._told) > QUEUE_MAX:
                self._told.remove(min(self._told, key=lambda one: one.severity.rank))
                self._dropped += 1
                if not self._is_dropping:
                    self._is_dropping = True
                    self._tools.report(f"notices: more than {QUEUE_MAX} wait; the least grave are dropped")
        self._wake.set()

    def acknowledge(self, incident: str, by: str) -> None:
        """Somebody acts on an incident: what waits for that is told to no one else. Does not block. Events of the book
        that say so are heard without this."""
        self._acknowledged.append((incident, by))
        self._wake.set()

    def test(self, target: str, severity: Severity = Severity.INFO) -> TrialOutcome:
        """Send a test to a target now, whatever the routes and limits say; wait for the outcome, at most some seconds.
        Raises `KeyError` for a name that no target has."""
        way, tools = self._settings.targets[target], self._tools
        wall, began_at = tools.wall(), tools.clock()
        message = trial_message(tools.next_id(), wall, severity)
        sent = self._tests.run(partial(tools.send, way, message, wall))
        seconds = tools.clock() - began_at
        tools.write(trial_record(tools.next_id(), wall, target, severity, is_sent=sent.is_sent, text=sent.text))
        return TrialOutcome(target, sent.is_sent, seconds, sent.text)

    def status(self) -> NoticeStatus:
        """How it stands."""
        return self._status

    def run(self, stop: StopSignal) -> None:
        """Tell until `stop` is set; then wait a moment for what is on its way."""
        while not stop.is_set():
            self.turn()
            self._wake.wait(TURN_SECONDS)
            self._wake.clear()
        for _ in range(LEAVING_TURNS):
            self.turn(is_leaving=True)
            if not self._rounds.is_sending:
                break
            self._wake.wait(LEAVING_SECONDS)
            self._wake.clear()
        self._rounds.close()

    def turn(self, *, is_leaving: bool = False) -> None:
        """Do all that is to be done now. Raises nothing."""
        wall = self._tools.wall()
        self._follow()
        with self._lock:
            told, self._told = tuple(self._told), deque()
            self._is_dropping = False
        acknowledged = [self._acknowledged.popleft() for _ in range(len(self._acknowledged))]
        self._rounds.listen(acknowledged, wall)
        self._rounds.accept(told, wall)
        if not is_leaving and self._tools.is_acting():
            self._rounds.act(wall)
        self._rounds.tidy(wall)
        self._status = self._new_status(wall)

    def _follow(self) -> None:
        if self._tools.settings is not None:
            self._settings = self._tools.settings()
        settings = self._settings
        if settings is not self._followed and settings != self._followed:
            self._followed, self._places = settings, _places(settings)
            self._rounds.replace(settings)

    def _new_status(self, wall: float) -> NoticeStatus:
        rounds = self._rounds
        waiting = rounds.waiting()
        targets = []
        for name, (kind, place) in self._places.items():
            last = rounds.shelf.last.get(name)
            kept = rounds.shelf.kept.get(name)
            one = TargetStatus(
                name,
                kind,
                place,
                used=rounds.shelf.allowance.used(name, wall),
                waiting=waiting.get(name, 0),
                kept=sum(kept.counts.values()) if kept else 0,
            )
            if last is not None:
                one = msgspec.structs.replace(one, outcome=last.outcome, at=last.at, text=last.text)
            targets.append(one)
        book = rounds.notebook
        return NoticeStatus(tuple(targets), dict(rounds.counts), self._dropped, book.unwritten, book.trouble)


def _places(settings: NotificationSettings) -> dict[str, tuple[str, str]]:
    """Kind and place of each target."""
    return {name: (kind_of(one), place_of_target(one)) for name, one in settings.targets.items()}


def trial_message(message_id: str, wall: float, severity: Severity) -> Message:
    """What a test says."""
    text = "This is a test: somebody asked whether notices arrive here. Nothing needs to be done."
    return Message(message_id, wall, TEST_KEY, severity, TEST_TITLE, text)


def trial_record(
    record_id: str, wall: float, target: str, severity: Severity, *, is_sent: bool, text: str
) -> NoticeRecord:
    """What became of a test, to be written down."""
    outcome: Literal["sent", "failed"] = "sent" if is_sent else "failed"
    return NoticeRecord(record_id, wall, TEST_KEY, severity, target, outcome, TEST_TITLE, 1, text)
