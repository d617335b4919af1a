"""A desk for notices with clocks that tests turn, a store in memory, and targets that do as they are told."""

from collections import Counter
from collections.abc import Callable
from itertools import count
from threading import Event, Lock

from mainstay.config.notification_settings import NoticeTarget, NotificationSettings, WebhookTarget
from mainstay.control.book import Book
from mainstay.control.notices.desk import NoticeDesk
from mainstay.control.notices.message import Message, Sent
from mainstay.control.notices.rounds import NoticeTools
from mainstay.model.notice import Notice, NoticePolicy, Route, Severity
from mainstay.model.records import NoticeRecord, Record
from tests.control.memory_events import MemoryEvents

BEGAN_AT = 1_000_000.0
OK = Sent(is_sent=True)
BAD = Sent(is_sent=False, text="it answers 500")

ROUTES = (
    Route(Severity.WARNING, ("chat",)),
    Route(Severity.CRITICAL, ("pager",), 300.0, ("boss",)),
)


def settings(per_hour: int = 60, routes: tuple[Route, ...] = ROUTES) -> NotificationSettings:
    targets: dict[str, NoticeTarget] = {
        name: WebhookTarget(f"https://{name}.example/hook") for name in ("chat", "pager", "boss")
    }
    return NotificationSettings(targets, NoticePolicy(tuple(targets), routes, 900.0, per_hour))


def notice(severity: Severity = Severity.CRITICAL, key: str = "incident/INC-1", title: str = "it is down") -> Notice:
    return Notice(key, severity, title, "Nothing answers.", BEGAN_AT, "INC-1", needs_acknowledgement=True)


class World:
    """What outlives a process: the store, the clock, and the targets with what they have heard."""

    def __init__(self) -> None:
        self.events = MemoryEvents()
        self.now = BEGAN_AT
        self.heard: list[tuple[str, Message]] = []
        self.answers: dict[str, Sent] = {}
        self.hanging: dict[str, Event] = {}
        self.ids = count(1)
        self.lock = Lock()
        self.before_sending: Callable[[str], None] = lambda _name: None

    def send(self, target: NoticeTarget, message: Message, at: float) -> Sent:
        assert isinstance(target, WebhookTarget)
        name = target.url.removeprefix("https://").partition(".")[0]
        self.before_sending(name)
        if name in self.hanging:
            self.hanging[name].wait(60)
        with self.lock:
            self.heard.append((name, message))
        return self.answers.get(name, OK)

    def told(self) -> list[str]:
        """Who heard how much."""
        return sorted(name for name, _ in self.heard)

    def records(self) -> list[NoticeRecord]:
        """All events in the book, in order."""
        entries = Book(lambda: self.events, lambda _record: None).since(0, 10_000)
        return [one.record for one in entries if isinstance(one.record, NoticeRecord)]

    def outcomes(self) -> Counter[tuple[str, str]]:
        return Counter((one.target, one.outcome) for one in self.records())


class Office:
    """One process with its desk."""

    def __init__(self, world: World, made: NotificationSettings | None = None) -> None:
        self.world = world
        self.written: list[Record] = []
        self.reports: list[str] = []
        self.is_acting = True
        self.ill: set[str] = set()
        tools = NoticeTools(
            Book(lambda: world.events, self.written.append),
            self.written.append,
            self.reports.append,
            lambda: world.now,
            lambda: world.now,
            lambda: f"rec-{next(world.ids)}",
            lambda: self.is_acting,
            lambda host: host in self.ill,
            world.send,
            lambda: self.settings,
        )
        self.settings = made or settings()
        self.desk = NoticeDesk(self.settings, tools)

    def turn(self, after: float = 0.0) -> None:
        """One turn, so many seconds later, and all that follows from what was sent in it."""
        self.world.now += after
        self.desk.turn()
        while self.sends:
            assert self.desk._wake.wait(10)
            self.desk._wake.clear()
            self.desk.turn()

    @property
    def sends(self) -> bool:
        """Whether anything is on its way to a target that does not hang."""
        running = set(self.desk._rounds._senders._running)
        return bool(running - set(self.world.hanging))

    def tell(self, *notices: Notice) -> None:
        for one in notices:
            self.desk.tell(one)
        self.turn()
