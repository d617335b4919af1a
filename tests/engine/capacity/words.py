"""What tests of capacity speak of: candidates, demands, attempts that have ended."""

import msgspec

from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.demand import USUAL_DEMAND, Demand
from mainstay.engine.key import Key
from mainstay.engine.observation import Observation
from mainstay.engine.peers import Peers
from mainstay.model.catalogue import UNLIMITED, Candidate, Limits, Priority, Upstream
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.rates import Bucket, Told

KEY = Key("alpha", "sonnet", "main")
SPARE = Key("alpha", "sonnet", "spare")
HAIKU = Key("alpha", "haiku", "main")
BETA = Key("beta", "sonnet", "main")
WALL = 1_700_000_000.0
OVERLOAD = Fault(FaultKind.OVERLOAD, "full", 529)
THROTTLE = Fault(FaultKind.THROTTLE, "too many", 429)
STALL = Fault(FaultKind.STALL, "silent", 0)
SERVER = Fault(FaultKind.SERVER, "broken", 500)


def candidate(limits: Limits = UNLIMITED, upstream: str = "alpha", model: str = "sonnet") -> Candidate:
    return Candidate(Upstream(upstream, "anthropic", "http://127.0.0.1", limits=limits), model)


def demand(
    workload: str = "default",
    priority: Priority = Priority.INTERACTIVE,
    input_tokens: int = 100,
    output_tokens: int = 50,
) -> Demand:
    return msgspec.structs.replace(
        USUAL_DEMAND, workload=workload, priority=priority, input_tokens=input_tokens, output_tokens=output_tokens
    )


BATCH = demand("nightly", Priority.BATCH)
CRITICAL = demand("agents", Priority.CRITICAL)
USUAL = demand()


def seen(
    fault: Fault | None = None, *, at: float = 1.0, started_at: float = 0.0, has_content: bool = True
) -> Observation:
    content_at = at if fault is None and has_content else None
    return Observation(
        fault=fault,
        usage=Usage(),
        headers=(),
        started_at=started_at,
        opened_at=content_at,
        content_at=content_at,
        ended_at=at,
        wall=WALL + at,
        output_characters=10,
        stop_reason="",
        tools_broken=False,
        is_stream=False,
        is_answer=True,
    )


def told(remaining: int, limit: int | None = 100, ahead: float = 60.0, tokens: tuple[int, int] | None = None) -> Told:
    """What a response tells that comes at the instant 0."""
    both = None if tokens is None else Bucket(tokens[1], tokens[0], WALL + ahead)
    return Told(requests=Bucket(limit, remaining, WALL + ahead), input_tokens=both)


def peers(*others: str) -> Peers:
    """Everybody can be heard."""
    known = Peers("a/0")
    known.heard(others, WALL)
    return known


class Use:
    """One capacity and what is under way by it; a test says what starts and ends."""

    def __init__(self, capacity: Capacity, limits: Limits = UNLIMITED, key: Key = KEY) -> None:
        self.capacity = capacity
        self.candidate = candidate(limits, key.upstream, key.model)
        self.key = key
        self.under_way: list[Demand] = []

    def may_start(self, one: Demand = USUAL, at: float = 0.0) -> bool:
        return self.capacity.hold(self.candidate, self.key, one, at) is None

    def start(self, one: Demand = USUAL, at: float = 0.0) -> bool:
        """Where there is room."""
        if not self.may_start(one, at):
            return False
        self.force(one, at)
        return True

    def force(self, one: Demand = USUAL, at: float = 0.0) -> None:
        """Where nobody asks whether there is room."""
        self.capacity.take(self.candidate, self.key, one, at)
        self.under_way.append(one)

    def fill(self, one: Demand = USUAL, at: float = 0.0, most: int = 1_000) -> int:
        """Start until there is no room; how many did."""
        return next((number for number in range(most) if not self.start(one, at)), most)

    def end(
        self, fault: Fault | None = None, *, at: float = 1.0, started_at: float = 0.0
    ) -> tuple[CapacityChange, ...]:
        """The one that began first."""
        one = self.under_way.pop(0)
        return tuple(self.capacity.give_back(self.candidate, self.key, one, seen(fault, at=at, started_at=started_at)))

    def reason(self, one: Demand = USUAL, at: float = 0.0) -> str:
        hold = self.capacity.hold(self.candidate, self.key, one, at)
        return "" if hold is None else hold.reason

    def ready_at(self, one: Demand = USUAL, at: float = 0.0) -> float | None:
        hold = self.capacity.hold(self.candidate, self.key, one, at)
        return None if hold is None else hold.ready_at
