"""Rounds: what the job for notices does again and again. What is to be told stands in the book before it is told, so
that whoever goes on after us knows it."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

import msgspec

from mainstay.config.notification_settings import NotificationSettings
from mainstay.control.book import Book
from mainstay.control.notices.message import message_of
from mainstay.control.notices.notebook import Notebook
from mainstay.control.notices.senders import Finished, Senders
from mainstay.control.notices.sending import Send, host_of_target, send
from mainstay.control.notices.shelf import Shelf
from mainstay.ledger.errors import LedgerError
from mainstay.model.incident import Acknowledged, IncidentStatus, Merged, Moved
from mainstay.model.notice import Notice, NoticeOutcome
from mainstay.model.records import IncidentRecord, NoticeRecord, Record
from mainstay.ops.notices.deciding import REASON_WORDS, escalations_due, is_repetition, reason_to_give_up
from mainstay.ops.notices.routing import targets_of
from mainstay.ops.notices.summary import summarised_target, summary, summary_key
from mainstay.ops.notices.telling import SEPARATOR, Delivery, Telling, bounded

RACES_MAX: Final = 3
"""How often somebody else may be first before we leave an event to them."""
NEWS_MAX: Final = 1_000
PRUNE_SECONDS: Final = 60.0


class NoticeTools(msgspec.Struct, frozen=True):
    """What notices need of the rest. `wall` gives seconds since 1970, `clock` is monotonic; `write` puts a record into
    our own journal; `report` takes a line for the operator. `is_acting`: whether it is on us to tell (the lease).
    `is_ill_host` tells whether a host belongs to an upstream, or to what one depends on, that is down now."""

    book: Book
    write: Callable[[Record], None]
    report: Callable[[str], None]
    wall: Callable[[], float]
    clock: Callable[[], float]
    next_id: Callable[[], str]
    is_acting: Callable[[], bool]
    is_ill_host: Callable[[str], bool] = lambda _host: False
    send: Send = send
    settings: Callable[[], NotificationSettings] | None = None
    """Asked in every turn for the settings that count now; `None`: they never change."""


class Errand(msgspec.Struct, frozen=True):
    """One try to deliver a telling. `number` is that of the event which asked for it."""

    stream: str
    target: str
    number: int
    attempt: int


class Rounds:
    """Used by one thread. Raises nothing."""

    def __init__(self, settings: NotificationSettings, tools: NoticeTools, wake: Callable[[], None]) -> None:
        """`wake` is called, from any thread, when something has been sent or has failed."""
        self._settings = settings
        self._tools = tools
        self._hosts = {name: host_of_target(target) for name, target in settings.targets.items()}
        self._senders: Senders[Errand] = Senders(tools.clock, wake)
        self._is_loaded = False
        self._repeated: set[str] = set()
        self._told_trouble = ""
        self._pruned_at = tools.wall()
        self.shelf = Shelf(settings.policy)
        self.notebook = Notebook(tools.book, tools.write, tools.clock)
        self.counts: Counter[tuple[str, str]] = Counter()
        """Of (target, outcome), since our start."""

    @property
    def is_sending(self) -> bool:
        """Whether anything is on its way now."""
        return self._senders.count > 0

    def replace(self, settings: NotificationSettings) -> None:
        """Go by other settings from now on."""
        self._settings = settings
        self._hosts = {name: host_of_target(target) for name, target in settings.targets.items()}
        self.shelf.allowance.resize(settings.policy.per_hour)

    def waiting(self) -> Counter[str]:
        """How much each target is still to be told."""
        return Counter(one.target for telling in self.shelf.unsettled() for one in telling.open)

    def listen(self, acknowledged: Iterable[tuple[str, str]], wall: float) -> None:
        """Hear what others have written, what became of what was sent, and which incidents somebody acts on."""
        heard = self._news(wall)
        for finished in self._senders.finished():
            self._conclude(finished, wall)
        for incident, by in [*acknowledged, *heard]:
            for telling in self.shelf.unsettled():
                if telling.awaits and telling.notice.incident == incident:
                    self._event(telling, self._record(telling, "acknowledged", "", by, wall))

    def accept(self, notices: Iterable[Notice], wall: float) -> None:
        """Write down what is to be told."""
        for notice in notices:
            self._accept(bounded(notice), wall)

    def act(self, wall: float) -> None:
        """Tell what is to be told now."""
        self._summarise(wall)
        for telling in self.shelf.unsettled():
            for one in escalations_due(self._settings.policy, telling, wall):
                names = SEPARATOR.join(one.targets)
                self._event(telling, self._record(telling, "escalated", names, one.why, wall))
        due = [(telling, one) for telling in self.shelf.unsettled() for one in telling.open if one.due_at <= wall]
        due.sort(key=lambda pair: (-pair[0].notice.severity.rank, self._is_ill(pair[1].target), pair[1].due_at))
        for telling, delivery in due:
            if self._senders.can_take(delivery.target):
                self._deliver(telling, delivery, wall)

    def tidy(self, wall: float) -> None:
        """Write what waits for the store, and forget what is over."""
        self.notebook.flush()
        trouble = self.notebook.trouble
        if trouble and not self._told_trouble:
            self._tools.report(f"notices: people are told, but it is not written down: {trouble}")
        self._told_trouble = trouble
        if abs(wall - self._pruned_at) >= PRUNE_SECONDS:
            self._pruned_at = wall
            self.shelf.prune(wall)
            self._repeated = {stream for stream in self._repeated if self.shelf.get(stream) is not None}

    def close(self) -> None:
        """Nothing comes any more."""
        self.notebook.settle()

    def _news(self, wall: float) -> list[tuple[str, str]]:
        """Read what was written since the last time; give incidents that somebody acts on, and who does."""
        if self.notebook.is_resting:
            return []
        try:
            if self._is_loaded:
                entries = self._tools.book.since(self.shelf.arrival, NEWS_MAX)
            else:
                self.shelf.load(self._tools.book, wall)
                self._is_loaded = True
                waited_for = {
                    one.notice.incident for one in self.shelf.unsettled() if one.awaits and one.notice.incident
                }
                entries = [entry for one in sorted(waited_for) for entry in self._tools.book.read(f"incident/{one}")]
        except LedgerError as error:
            self.notebook.rest(error)
            return []
        for entry in entries:
            self.shelf.note(entry)
        return [taken for one in entries if (taken := _taken_up(one.record)) is not None]

    def _accept(self, notice: Notice, wall: float) -> None:
        policy = self._settings.policy
        for _ in range(RACES_MAX):
            self._look_up(notice.key)
            last = self.shelf.newest(notice.key)
            if last is not None and is_repetition(policy, last, notice, wall):
                self._repeat(last, notice, wall)
                return
            names = SEPARATOR.join(targets_of(policy, notice, self._is_ill))
            outcome: NoticeOutcome = "awaited" if notice.needs_acknowledgement else "accepted"
            about = (self._tools.next_id(), wall, notice.key, notice.severity, names, outcome, notice.title)
            record = NoticeRecord(*about, text=notice.text, incident=notice.incident)
            stream = self.shelf.next_stream(notice.key)
            if self.notebook.append(stream, 1, record):
                self.shelf.put(stream, 1, record)
                return
            self._look_up(notice.key, again=True)

    def _look_up(self, key: str, *, again: bool = False) -> None:
        """Know the newest telling of a key, where the store answers."""
        if self.notebook.is_resting or (self.shelf.newest(key) is not None and not again):
            return
        try:
            self.shelf.look_up(self._tools.book, key)
        except LedgerError as error:
            self.notebook.rest(error)

    def _repeat(self, last: Telling, notice: Notice, wall: float) -> None:
        """It was told already; the first repetition is written down, and all are counted."""
        self.counts["", "deduplicated"] += 1
        if last.stream not in self._repeated:
            self._repeated.add(last.stream)
            about = (self._tools.next_id(), wall, notice.key, notice.severity, "")
            record = NoticeRecord(*about, "deduplicated", title=notice.title, incident=notice.incident)
            self._tools.write(record)

    def _summarise(self, wall: float) -> None:
        policy = self._settings.policy
        for target, kept in tuple(self.shelf.kept.items()):
            notice = summary(target, kept, policy.per_hour, wall)
            last = self.shelf.newest(summary_key(target))
            is_early = last is not None and abs(wall - last.at) < policy.window_seconds
            if not is_early and self.shelf.allowance.has_room(target, notice.severity, wall):
                self._accept(bounded(notice), wall)

    def _deliver(self, telling: Telling, delivery: Delivery, wall: float) -> None:
        target, severity = delivery.target, telling.notice.severity
        newest = self.shelf.newest_stream(telling.notice.key)
        reason = reason_to_give_up(self._settings.policy, telling, delivery, newest, wall)
        is_first = delivery.attempt == 0 and not summarised_target(telling.notice.key)
        if reason:
            self._event(telling, self._outcome(telling, delivery, "gave-up", REASON_WORDS[reason], wall))
        elif is_first and not self.shelf.allowance.has_room(target, severity, wall):
            words = f"it was told {self._settings.policy.per_hour} notices an hour already"
            self._event(telling, self._outcome(telling, delivery, "limited", words, wall))
        else:
            message = message_of(telling.notice, telling.id, telling.at, is_escalation=delivery.is_escalation)
            errand = Errand(telling.stream, target, delivery.number, delivery.attempt + 1)
            way = self._settings.targets[target]
            self._senders.start(target, errand, partial(self._tools.send, way, message, wall))

    def _conclude(self, finished: Finished[Errand], wall: float) -> None:
        """Write down what became of a try."""
        errand, sent = finished.errand, finished.sent
        telling = self.shelf.get(errand.stream)
        delivery = None if telling is None else telling.deliveries.get(errand.target)
        if telling is None or delivery is None or delivery.end or delivery.number != errand.number:
            return
        outcome: NoticeOutcome = "failed"
        if sent.is_sent:
            outcome = "sent"
        elif delivery.is_last_try:
            outcome = "gave-up"
        tried = msgspec.structs.replace(delivery, attempt=max(errand.attempt, delivery.attempt))
        self._event(telling, self._outcome(telling, tried, outcome, sent.text, wall))

    def _outcome(
        self, telling: Telling, delivery: Delivery, outcome: NoticeOutcome, text: str, wall: float
    ) -> NoticeRecord:
        record = self._record(telling, outcome, delivery.target, text, wall)
        return msgspec.structs.replace(record, attempt=delivery.attempt)

    def _record(self, telling: Telling, outcome: NoticeOutcome, target: str, text: str, wall: float) -> NoticeRecord:
        notice = telling.notice
        about = (self._tools.next_id(), wall, notice.key, notice.severity, target)
        return NoticeRecord(*about, outcome, notice.title, text=text, incident=notice.incident)

    def _event(self, telling: Telling, record: NoticeRecord) -> None:
        """Write the next event of a telling. Where others write it too, theirs are read first."""
        for _ in range(RACES_MAX):
            number = telling.number + 1
            if self.notebook.append(telling.stream, number, record):
                self.shelf.put(telling.stream, number, record)
                self._count(record)
                return
            try:
                for entry in self._tools.book.read(telling.stream):
                    self.shelf.note(entry)
            except LedgerError as error:
                self.notebook.rest(error)
            telling = self.shelf.get(telling.stream) or telling

    def _count(self, record: NoticeRecord) -> None:
        names = record.target if record.outcome != "escalated" else ""
        self.counts[names, record.outcome] += 1
        if record.outcome == "gave-up":
            self._tools.report(f"notices: {record.target} is not told of {record.title!r}: {record.text}")

    def _is_ill(self, target: str) -> bool:
        host = self._hosts.get(target, "")
        return bool(host) and self._tools.is_ill_host(host)


def _taken_up(record: Record) -> tuple[str, str] | None:
    """The incident that somebody acts on from now on, or that nobody needs to any more, and who says so."""
    if not isinstance(record, IncidentRecord):
        return None
    event = record.event
    is_over = isinstance(event, Moved) and event.status is IncidentStatus.RESOLVED
    return (record.incident, record.by) if is_over or isinstance(event, Acknowledged | Merged) else None
