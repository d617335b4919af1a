"""A world for playbooks: ports that keep what was done to them, and a runner that can be killed at any point."""

from collections.abc import Callable, Sequence

from mainstay.control.book import Book
from mainstay.control.playbooks.crew import Crew, InlineCrew
from mainstay.control.playbooks.desk import DeskTools, PlaybookDesk
from mainstay.control.playbooks.index import run_records
from mainstay.control.playbooks.ports import EffectError, OrderPreview, Ports
from mainstay.control.playbooks.runner import Runner, RunnerTools
from mainstay.model.incident import IncidentEvent, Opened
from mainstay.model.notice import Notice
from mainstay.model.orders import Order, OrderKind
from mainstay.model.playbook import Playbook
from mainstay.model.records import IncidentRecord, Record
from mainstay.ops.playbooks.facts import Facts, ProbeFact
from mainstay.ops.playbooks.state import RunState, fold
from tests.control.memory_events import MemoryEvents

BEGIN = 1_000_000.0


class Killed(BaseException):
    """As kill -9: nothing of the process goes on."""


class MortalEvents(MemoryEvents):
    """A store at which the process may die, before or after it has taken an event."""

    def __init__(self, world: "World") -> None:
        super().__init__()
        self._world = world

    def append_event(self, stream: str, number: int, event_id: str, at: float, body: bytes) -> bool:
        self._world.point()
        taken = super().append_event(stream, number, event_id, at, body)
        self._world.point()
        return taken


class World:
    """All ports, the store and the clock. `effects` counts what really happened, by what and key."""

    def __init__(self, *playbooks: Playbook) -> None:
        self.now = BEGIN
        self.playbooks = {one.name: one for one in playbooks}
        self.store = MortalEvents(self)
        self.journal: list[Record] = []
        self.lines: list[str] = []
        self.facts_now = Facts()
        self.effects: dict[tuple[str, str], int] = {}
        self.orders: dict[str, Order] = {}
        self.ended: set[str] = set()
        self.notices: dict[str, Notice] = {}
        self.incident_events: dict[tuple[str, str], IncidentEvent] = {}
        self.posts: list[tuple[str, bytes]] = []
        self.probed: list[str] = []
        self.refusals: dict[str, EffectError] = {}
        self.is_acting = True
        self.dies_at: int | None = None
        self.points = 0
        self._ids = 0
        self.book = self.new_book()

    @property
    def has_died(self) -> bool:
        """Whether the death that was meant has come."""
        return self.dies_at is not None and self.points >= self.dies_at

    def point(self) -> None:
        """A point at which the process may be killed."""
        self.points += 1
        if self.points == self.dies_at:
            raise Killed

    def new_book(self) -> Book:
        """A book of a process of its own."""
        return Book(lambda: self.store, self.journal.append)

    def next_id(self) -> str:
        self._ids += 1
        return f"id{self._ids}"

    def runner(self, crew: Crew | None = None) -> Runner:
        """A new process that runs playbooks."""
        tools = RunnerTools(
            self.new_book(),
            lambda: self.playbooks,
            self.ports(),
            lambda: self.is_acting,
            lambda: self.now,
            self.next_id,
            self.lines.append,
        )
        return Runner(tools, crew or InlineCrew())

    def desk(self) -> PlaybookDesk:
        """A new desk."""
        ports = self.ports()
        tools = DeskTools(
            self.new_book(), lambda: self.playbooks, ports.facts, ports.orders, lambda: self.now, self.next_id
        )
        return PlaybookDesk(tools)

    def ports(self) -> Ports:
        return Ports(
            OrderWorld(self),
            IncidentWorld(self),
            NoticeWorld(self),
            ProbeWorld(self),
            WebhookWorld(self),
            FactsWorld(self),
        )

    def run(self, name: str = "RUN-1") -> RunState:
        """A run as the book has it."""
        state = fold(run_records(self.book.read(f"run/{name}")))
        assert state is not None
        return state

    def tell_incident(self, record: IncidentRecord) -> None:
        """An event of an incident, as somebody else writes it."""
        self.book.append(f"incident/{record.incident}", record.number, record)

    def effect(self, what: str, key: str, act: Callable[[], None]) -> None:
        """Something really happens, unless it has happened already."""
        self.point()
        if what in self.refusals:
            raise self.refusals[what]
        if (what, key) not in self.effects:
            self.effects[what, key] = 0
            act()
            self.effects[what, key] += 1
        self.point()


class OrderWorld:
    def __init__(self, world: World) -> None:
        self._world = world

    def preview(self, order: Order) -> OrderPreview:
        refusal = "residency forbids it" if order.upstream == "abroad" else ""
        return OrderPreview((f"would move all traffic of {order.upstream}",), refusal)

    def give(self, order: Order, key: str) -> str:
        self._world.effect("order", order.id, lambda: self._world.orders.update({order.id: order}))
        return f"{order.kind} {order.upstream}"

    def end(self, order_id: str, by: str, why: str) -> bool:
        world, known = self._world, order_id in self._world.orders
        if known:
            world.effect("end", order_id, lambda: world.ended.add(order_id))
        return known

    def in_force(self, upstream: str, kinds: Sequence[OrderKind]) -> tuple[str, ...]:
        orders = self._world.orders.values()
        found = (one for one in orders if one.upstream == upstream and (not kinds or one.kind in kinds))
        return tuple(one.id for one in found if one.id not in self._world.ended)


class IncidentWorld:
    def __init__(self, world: World) -> None:
        self._world = world

    def open(self, opened: Opened, by: str, key: str) -> str:
        self._world.effect("open", key, lambda: self._world.incident_events.update({("INC-9", key): opened}))
        return "INC-9"

    def add(self, incident: str, event: IncidentEvent, by: str, key: str) -> None:
        events = self._world.incident_events
        self._world.effect("incident", key, lambda: events.update({(incident, key): event}))


class NoticeWorld:
    def __init__(self, world: World) -> None:
        self._world = world

    def tell(self, notice: Notice) -> None:
        self._world.effect("notice", notice.key, lambda: self._world.notices.update({notice.key: notice}))


class ProbeWorld:
    def __init__(self, world: World) -> None:
        self._world = world

    def probe(self, component: str, timeout_seconds: float) -> ProbeFact:
        self._world.probed.append(component)
        return ProbeFact(self._world.now, "failed" if "probe" in self._world.refusals else "served", "in 0.2 s")


class WebhookWorld:
    def __init__(self, world: World) -> None:
        self._world = world

    def post(self, url: str, key: str, webhook_id: str, body: bytes, timeout_seconds: float) -> str:
        self._world.effect("webhook", webhook_id, lambda: self._world.posts.append((webhook_id, body)))
        return "200 OK"


class FactsWorld:
    def __init__(self, world: World) -> None:
        self._world = world

    def facts(self, incident: str) -> Facts:
        known = self._world.facts_now
        found = known.incident if known.incident is not None and known.incident.id == incident else None
        return Facts(known.components, known.probes, found)
