"""Desks of operations for pages: real ones over a store in SQLite, with clocks and standings that a test sets."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

from mainstay.config.snapshot import Snapshot
from mainstay.control.book import Book
from mainstay.control.bookkeeping.bookkeeping import BookkeepingStatus
from mainstay.control.bookkeeping.tallied import Tallied
from mainstay.control.feeds.desk import FeedDesk
from mainstay.control.feeds.standing import FeedStanding
from mainstay.control.incidents.desk import Author, IncidentDesk
from mainstay.control.notices.desk import NoticeDesk
from mainstay.control.notices.rounds import NoticeTools
from mainstay.control.operations.desks import Desks
from mainstay.control.operations.effects import IncidentEffects
from mainstay.control.orders.desk import OrderDesk
from mainstay.control.orders.desk import Outside as OrderTools
from mainstay.control.orders.load import NO_LOAD
from mainstay.control.playbooks.crew import InlineCrew
from mainstay.control.playbooks.desk import DeskTools, PlaybookDesk
from mainstay.control.playbooks.desk_orders import DeskOrders
from mainstay.control.playbooks.ports import Ports
from mainstay.control.playbooks.runner import Runner, RunnerTools
from mainstay.control.probes.prober import ProberStatus
from mainstay.control.report.desk import ReportDesk
from mainstay.control.search.search import LedgerSearch
from mainstay.control.status_page.publisher import Outside as PublisherTools
from mainstay.control.status_page.publisher import Publisher
from mainstay.control.status_page.subscribers import Subscribers
from mainstay.control.trouble.desk import TroubleDesk
from mainstay.control.trouble.persons import Persons
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import Store
from mainstay.model.components import Component
from mainstay.model.evidence import Evidence
from mainstay.model.incident import Affected, ComponentStatus, Impact, Opened
from mainstay.model.notice import Notice
from mainstay.model.orders import OrderKind
from mainstay.model.playbook import Approve, GiveOrder, Playbook, Publish, Step
from mainstay.model.records import Record
from mainstay.ops.detection.values import Standing, State, TrendPoint
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.playbooks.facts import Facts, IncidentFact
from mainstay.ops.status.reading import status_view
from mainstay.ops.status.sources import StatusSources
from mainstay.ops.status.view import StatusView
from mainstay.ops.trouble.reports import Level
from tests.control.bookkeeping.desk import Desk as StoreDesk

ANN = Author("ann", "local")
HELP = Playbook(
    "help",
    "Drain a provider that is down.",
    (
        Step("ask", Approve(text="Drain alpha?"), title="Ask first"),
        Step("drain", GiveOrder(OrderKind.DRAIN, "beta", reason="it is down"), title="Drain it"),
        Step("say", Publish("We found the cause and work around it.")),
    ),
)


class Office:
    """Everything around the desks. What a test sets counts at once."""

    def __init__(self, state: Path, snapshot: Callable[[], Snapshot], wall: Callable[[], float]) -> None:
        self.store = StoreDesk(state)
        self.state = state
        self.wall = wall
        self.snapshot = snapshot
        self.records: list[Record] = []
        self.standing: tuple[Standing, ...] = ()
        self.levels: tuple[Level, ...] = ()
        self.feeds: tuple[FeedStanding, ...] = ()
        self.troubles: tuple[str, ...] = ()
        self.playbooks = {HELP.name: HELP}
        self.view: StatusView | None = None
        self.is_acting = True
        self.sent: list[Notice] = []
        self.sent_lines: list[str] = []
        self._pulses = 0
        self._numbers = count(1)
        self.book = Book(self._open, self.records.append)
        self.incidents = IncidentDesk(self.book, wall, self.next_id)
        tools = OrderTools(snapshot, lambda _: NO_LOAD, self.records.append, wall, self.next_id, self._bytes)
        self.orders = OrderDesk(OrderFolder(state), tools)
        desk_tools = DeskTools(self.book, lambda: self.playbooks, self, DeskOrders(self.orders), wall, self.next_id)
        self.desk_of_playbooks = PlaybookDesk(desk_tools)
        self.runner = self._made_runner()
        note_tools = NoticeTools(
            self.book, self.records.append, self.sent_lines.append, wall, wall, self.next_id, lambda: True
        )
        self.notices = NoticeDesk(snapshot().notifications, note_tools)

    def desks(self) -> Desks:
        return Desks(
            snapshot=self.snapshot,
            incidents=self.incidents,
            orders=self.orders,
            playbooks=self.desk_of_playbooks,
            notices=self.notices,
            feeds=FeedDesk(lambda: self.feeds, self._open, self.wall),
            trouble=TroubleDesk(
                Persons(self.state), lambda: self.snapshot().detection, self.records.append, self.wall, self.next_id
            ),
            reports=ReportDesk(self._open, self.incidents.read, self.snapshot().incidents.clocks, self.wall),
            search=LedgerSearch(self._open, self.store.monotonic),
            tallied=Tallied(self._open, self.wall),
            subscribers=Subscribers(self.state),
            book=self.book,
            standing=lambda: self.standing,
            levels=lambda: self.levels,
            probes=lambda: ProberStatus(is_on=False, probes_last_hour=0, usd_today=0.0, running=()),
            bookkeeping=BookkeepingStatus,
            status_view=lambda: self.view,
            troubles=lambda: self.troubles,
            is_acting=lambda: self.is_acting,
            pulse=lambda: str(self._pulses),
        )

    def changed(self) -> None:
        """Open pages are told that something has changed."""
        self._pulses += 1

    def publish(self) -> None:
        """Write the status page anew, as the lead does."""
        snapshot = self.snapshot()
        upstreams = tuple(one.name for one in snapshot.upstreams)
        sources = StatusSources(
            self.wall(),
            snapshot.status_page,
            snapshot.model_names,
            upstreams,
            standings=self.standing,
            incidents=self.incidents.known(),
        )
        self.view = status_view(sources)
        outside = PublisherTools(self.records.append, self.sent_lines.append, self.wall, self.next_id)
        Publisher(self.state, "", outside).publish(self.view)
        self.changed()

    def incident(self, title: str = "Alpha is down", *, is_private: bool = False) -> IncidentState:
        affected = (Affected("upstream:alpha", ComponentStatus.MAJOR_OUTAGE),)
        text = "We look into it."
        opened = Opened(title, Impact.MAJOR, "hand", self.wall(), affected, text, is_private=is_private)
        found = self.incidents.open(opened, ANN)
        assert isinstance(found, IncidentState), found
        return found

    def facts(self, incident: str) -> Facts:
        """Implements `control.playbooks.ports.FactsPort`."""
        found = self.incidents.read(incident) if incident else None
        if found is None:
            return Facts()
        fact = IncidentFact(found.id, found.title, found.status, found.impact, found.affected)
        return Facts(incident=fact)

    def tell(self, notice: Notice) -> None:
        """Implements `control.playbooks.ports.NoticePort`."""
        self.sent.append(notice)

    def next_id(self) -> str:
        return f"id-{next(self._numbers)}"

    def close(self) -> None:
        self.book.close()
        self.store.close()

    def _bytes(self, size: int) -> bytes:
        return next(self._numbers).to_bytes(size, "big")

    def _open(self) -> Store:
        if self.store.is_down:
            return self.store.open()
        return open_store(None, self.state)

    def _made_runner(self) -> Runner:
        unused: object = None
        ports = Ports(DeskOrders(self.orders), IncidentEffects(self.incidents), self, unused, unused, self)  # type: ignore[arg-type] # the playbooks here neither probe nor call
        tools = RunnerTools(
            self.book,
            lambda: self.playbooks,
            ports,
            lambda: self.is_acting,
            self.wall,
            self.next_id,
            self.sent_lines.append,
        )
        return Runner(tools, InlineCrew())


def standing(component: Component, state: State = "well", wall: float = 0.0) -> Standing:
    """How a component stands: with numbers and, where it is not well, with evidence."""
    is_bad = state != "well"
    evidence = Evidence("own", component.name, wall - 5, is_bad=True, words="9 of 10 attempts failed", samples=10)
    return Standing(
        component=component.name,
        state=state,
        since=wall - 60,
        reason="9 of 10 attempts failed" if is_bad else "",
        status=ComponentStatus.MAJOR_OUTAGE if is_bad else ComponentStatus.OPERATIONAL,
        impact=Impact.MAJOR if is_bad else Impact.NONE,
        attempts=10,
        failures=9 if is_bad else 0,
        error_ratio=0.9 if is_bad else 0.0,
        faults=(("overload", 9),) if is_bad else (),
        first_content_p50_seconds=0.25,
        first_content_p95_seconds=1.5,
        last_sample_at=wall - 1,
        evidence=(evidence,) if is_bad else (),
        trend=(TrendPoint(wall - 60, 10, 9 if is_bad else 0),),
    )
