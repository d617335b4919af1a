"""A gateway process in virtual time: its own board, its own exchanges."""

import random
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from mainstay.config.snapshot import Snapshot
from mainstay.engine.admission.pressure import AdmissionChange, Pressure
from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.allowances import Allowances
from mainstay.engine.board import Board, Told
from mainstay.engine.breaker import Breaker
from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.demand import demand_of
from mainstay.engine.exchange import exchange
from mainstay.engine.keys import StaticKeys
from mainstay.engine.progress import Ticket
from mainstay.engine.upstream_rates import UpstreamRates
from mainstay.lab.virtual.driver import Heard, VirtualDriver, VirtualWorld
from mainstay.lab.virtual.timeline import WALL_START, Timeline
from mainstay.lab.virtual.traffic import Arrival
from mainstay.model.commands import Answer
from mainstay.model.dice import Dice
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.news import LoadNews, MeterNews
from mainstay.model.ports import Dialect, Journal
from mainstay.wire.crossing.passages import CallPassages, Speech

DIALECT_OF_PATH = {"/v1/messages": "anthropic", "/v1/chat/completions": "openai-chat"}
PRESSURE_SECONDS: Final = 1.0
_NO_SUCH_MODEL = Fault(FaultKind.REFUSED, "there is no such model or workload", status=400)


class Surroundings(NamedTuple):
    """What a process lives in, and shares with the other ones."""

    timeline: Timeline
    world: VirtualWorld
    snapshot: Snapshot
    speech: Speech
    journal: Journal


class Bulletin(NamedTuple):
    """What one process tells the others."""

    node: str
    health: Told
    load: Sequence[LoadNews]
    meters: Sequence[MeterNews]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.health.breakers or self.health.gates or self.load or self.meters)


def wall_at(now: float) -> float:
    """Seconds since 1970, at an instant of virtual time."""
    return WALL_START + now


class VirtualProcess:
    """Mutable."""

    def __init__(self, around: Surroundings, seed: str, node: str = "virtual/0") -> None:
        """`seed` names the exchanges, and with that all of their chances; `node` names the process among others."""
        self.node = node
        self.allowances = Allowances(node, boot=1)
        rates = UpstreamRates(self.allowances.meters)
        self.capacity = Capacity(self.allowances.peers, rates, wall_at)
        self.room = WaitingRoom(self.capacity, around.snapshot.queue_max)
        self.pressure = Pressure(self.room)
        self.board = Board(self.capacity, self.room)
        self.asked = 0
        self.levels: list[AdmissionChange] = []
        """Levels of pressure that began or ended."""
        self._timeline, self._world, self._snapshot, self._speech, self._journal = around
        self._seed = seed
        self._pressed_at = 0.0

    def ask(self, arrival: Arrival, told: Callable[[Heard], None], tries: int = 1) -> None:
        """One request; `told` gets what its caller heard when the exchange is over. `tries` counts those of its
        client."""
        self.asked += 1
        dialect = self._speech.dialects[DIALECT_OF_PATH[arrival.path]]
        call = dialect.read_call(arrival.path, "", arrival.headers, arrival.body)
        menu = None if isinstance(call, Fault) else self._snapshot.menu(call.model, arrival.workload)
        if isinstance(call, Fault) or menu is None:
            told(_refused(dialect, call if isinstance(call, Fault) else _NO_SUCH_MODEL, ""))
            return
        identity = f"ex_{self._seed}_{arrival.number}" + (f"_{tries}" if tries > 1 else "")
        now = self._timeline.now
        ticket = Ticket(identity, now, WALL_START, LazyDice(identity), arrival.tenant, weight=arrival.weight)
        if self.pressure.binds:
            demand = demand_of(call, menu.workload, ticket.tenant, ticket.weight, identity, wall_at(now))
            fault = self.pressure.refusal(demand, call.model, now, ticket.dice)
            if fault is not None:
                told(_refused(dialect, fault, identity))
                return
        heard = Heard()
        passages = CallPassages(self._speech, call, menu.workload, identity, wall_at(now))
        conversation = exchange(ticket, call, menu, dialect, self.board, passages=passages, keys=StaticKeys())
        VirtualDriver(conversation, self._timeline, self._world, self._journal, heard, lambda: told(heard)).start()

    @property
    def waiting(self) -> int:
        """How many exchanges wait for capacity."""
        return self.room.size

    def turn(self, now: float) -> None:
        """What a process does several times a second."""
        if self.room.size:
            self.room.call_due(now)
        if now >= self._pressed_at + PRESSURE_SECONDS:
            self._pressed_at = now
            self.levels += self.pressure.tick(now)

    def news(self, now: float, *, everything: bool = False) -> Bulletin:
        """What others should know; `everything` that they should."""
        wall = wall_at(now)
        if everything:
            load, meters = self.capacity.everything(wall), self.allowances.everything()
        else:
            load, meters = self.capacity.take_news(wall), self.allowances.take_news()
        return Bulletin(self.node, self.board.everything(now) if everything else self.board.take_news(), load, meters)

    def hear(self, bulletin: Bulletin, now: float) -> None:
        """What another one says."""
        for one in bulletin.health.breakers:
            breaker = Breaker(state=one.state, openings=one.openings, until=one.until, window_at=one.window_at)
            self.board.adopt_breaker(one.key, breaker, one.changed_at, now)
        for gate in bulletin.health.gates:
            self.board.adopt_gate(gate.key, gate.gate)
        for load in bulletin.load:
            self.capacity.adopt_load(bulletin.node, load, now)
        self.allowances.merge(bulletin.meters, wall_at(now))


class LazyDice:
    """The dice of one exchange, made when they are first thrown: most exchanges throw none."""

    __slots__ = ("_seed", "_throw")

    def __init__(self, seed: str) -> None:
        """The same seed gives the same throws."""
        self._seed = seed
        self._throw: Dice | None = None

    def __call__(self) -> float:
        """The next number in [0, 1)."""
        if self._throw is None:
            self._throw = random.Random(self._seed).random  # noqa: S311 - jitter, no secret
        return self._throw()


def _refused(dialect: Dialect, fault: Fault, identity: str) -> Heard:
    heard = Heard()
    heard.fault = fault
    heard.hear(Answer(dialect.error_reply(fault, identity)))
    return heard
