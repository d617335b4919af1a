"""A small world in virtual time: callers, a gateway with breakers and failover, upstreams with troubles on a timetable,
records that are shipped with a delay, probes within a budget. Everything is decided by one seed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random

from mainstay.model.evidence import Evidence
from mainstay.model.records import AttemptRecord, BreakerRecord, ExchangeRecord, ProbeRecord, Record
from mainstay.model.settings import DetectionSettings
from mainstay.ops.detection.detector import Decision, Detector, Topology

SHIPPING_SECONDS = 1.5
THROTTLED_SECONDS = 20.0
"""So long a request waits when it was throttled and nobody else may serve."""
NOON = 1_750_000_000.0 - 1_750_000_000.0 % 86_400 + 43_200
"""A Monday or another day at 12:00 UTC."""
SETTINGS = DetectionSettings()

BLAME = {"throttle": "nobody", "auth": "nobody", "billing": "nobody", "request": "caller"}


@dataclass(frozen=True)
class Trouble:
    """From `start` to `end` (seconds since the play began) a share of what goes to a component ends with a fault.

    `model` empty: all models. `slowness` multiplies times.
    """

    start: float
    end: float
    upstream: str
    share: float
    kind: str = "server"
    model: str = ""
    part: str = "inference"
    slowness: float = 1.0


@dataclass
class Breaker:
    failures: int = 0
    open_until: float = 0.0
    open_seconds: float = 0.0

    def is_open(self, now: float) -> bool:
        return now < self.open_until

    def failed(self, now: float) -> None:
        self.failures += 1
        if self.open_seconds or self.failures >= 5:
            self.open_seconds = min(300.0, 2 * self.open_seconds or 10.0)
            self.open_until = now + self.open_seconds

    def served(self) -> None:
        self.failures, self.open_seconds, self.open_until = 0, 0.0, 0.0


@dataclass
class World:
    """Plays, and keeps what was decided. `rate` is requests per second at an instant of the play."""

    topology: Topology
    rate: Callable[[float], float]
    troubles: tuple[Trouble, ...] = ()
    background: float = 0.005
    said: tuple[tuple[float, Evidence], ...] = ()
    seed: int = 1
    probes_per_hour: int = 0
    turn_seconds: float = 1.0
    has_breakers: bool = True
    settings: DetectionSettings = SETTINGS
    began: float = NOON
    decisions: list[tuple[float, Decision]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)  # noqa: S311 - a play, not a secret
        self.detector = Detector(self.settings, self.topology)
        self.breakers: dict[tuple[str, str], Breaker] = {}
        self.shipped: list[tuple[float, int, Record]] = []
        self.number = 0
        self.probe_tokens = float(self.probes_per_hour) / 4
        self.now = 0.0

    def play(self, until: float) -> "World":
        """From where it stands to `until`."""
        spoken = [one for one in self.said if self.now <= one[0] < until]
        arrival = self.now + self._pause()
        turn = self.now + self.turn_seconds
        while turn <= until:
            while arrival < turn:
                self._ask(arrival)
                arrival += self._pause(arrival)
            self.now = turn
            while spoken and spoken[0][0] <= turn:
                self.detector.hear(spoken.pop(0)[1])
            self._turn(turn)
            turn += self.turn_seconds
        return self

    def changes(self, component: str) -> list[str]:
        """The states that a component went through, without the one that it began in."""
        return [one.state for _, one in self.decisions if one.component == component and one.state != one.before]

    def first(self, component: str, state: str) -> float:
        """When it was first so; raises if it never was."""
        return next(at for at, one in self.decisions if (one.component, one.state) == (component, state))

    def ill(self) -> set[str]:
        return {one.component for _, one in self.decisions if one.state == "ill"}

    def _pause(self, at: float | None = None) -> float:
        return self.dice.expovariate(self.rate(self.now if at is None else at))

    def _turn(self, now: float) -> None:
        shipped = self.shipped
        while shipped and shipped[0][0] <= now:
            self.detector.take(heappop(shipped)[2])
        for decision in self.detector.turn(self.began + now):
            self.decisions.append((now, decision))
        if self.probes_per_hour:
            self._probe(now)

    def _probe(self, now: float) -> None:
        self.probe_tokens = min(
            self.probes_per_hour / 4, self.probe_tokens + self.turn_seconds * self.probes_per_hour / 3600
        )
        for wish in self.detector.wishes(self.began + now):
            if self.probe_tokens < 1:
                return
            self.probe_tokens -= 1
            name, _, part = wish.component.removeprefix("upstream:").partition("#")
            upstream, _, model = name.partition("/")
            kind = self._fault(now, upstream, model, part or "inference")
            outcome = "failed" if kind else "served"
            blame = BLAME.get(kind, "provider") if kind else ""
            record = ProbeRecord(
                self._id(), self.began + now, wish.component, outcome, 0.5, fault=kind, blame=blame, reason=wish.reason
            )
            self._ship(now + 0.5, record)

    def _ask(self, now: float) -> None:
        models = self.topology.models
        model = models[int(self.dice.random() * len(models))] if len(models) > 1 else models[0]
        exchange = self._id()
        tenant = "acme" if self.dice.random() < 0.5 else "globex"
        at, fault, seconds = now, "no-candidate", 0.0
        for upstream, name in self._order(model.candidates, now):
            for _ in range(2):
                fault, seconds = self._attempt(at, exchange, tenant, (upstream, name))
                at += seconds
                while fault == "throttle" and len(model.candidates) == 1 and at < now + 300:
                    at += THROTTLED_SECONDS
                    fault, seconds = self._attempt(at, exchange, tenant, (upstream, name))
                    at += seconds
                if fault not in {"server", "overload", "connect", "cut"} or self._breaker(upstream, name).is_open(at):
                    break
            if not fault or fault == "request":
                break
        outcome = "answered" if not fault else "refused" if fault == "request" else "failed"
        record = ExchangeRecord(
            exchange, self.began + now, tenant, "default", "anthropic", "answer", stream=True, model_asked=model.name,
            outcome=outcome, status=529 if fault else 200, fault=fault, total_seconds=at - now,
        )  # fmt: skip
        self._ship(at, record)

    def _order(self, candidates: Iterable[tuple[str, str]], now: float) -> list[tuple[str, str]]:
        found = list(candidates)
        if not self.has_breakers:
            return found
        free = [one for one in found if not self._breaker(*one).is_open(now)]
        return free or found[:1]

    def _breaker(self, upstream: str, model: str) -> Breaker:
        key = (upstream, model)
        found = self.breakers.get(key)
        if found is None:
            found = self.breakers[key] = Breaker()
        return found

    def _attempt(self, now: float, exchange: str, tenant: str, place: tuple[str, str]) -> tuple[str, float]:
        dice, (upstream, model) = self.dice.random, place
        kind = self._fault(now, upstream, model, "inference")
        slowness = self._slowness(now, upstream, model)
        blame = BLAME.get(kind, "provider") if kind else ""
        self.number += 1
        if kind:
            seconds = 0.2
            outcome = "failed" if blame == "provider" else "no-sample"
            record = AttemptRecord(
                f"{exchange}-{self.number}", self.began + now, exchange, 1, *place, "one", "anthropic", "first",
                outcome, 500, kind, "", blame, total_seconds=seconds, tenant=tenant,
            )  # fmt: skip
        else:
            first = 0.6 * (0.5 + dice()) * slowness * (8.0 if dice() < 0.02 else 1.0)
            tokens = 60 + int(200 * dice())
            seconds = first + tokens / 60 * (0.7 + 0.6 * dice()) * slowness
            record = AttemptRecord(
                f"{exchange}-{self.number}", self.began + now, exchange, 1, *place, "one", "anthropic", "first",
                "served", 200, "", "", "", "", None, None, first, seconds, output_tokens=tokens, tenant=tenant,
            )  # fmt: skip
        if self.has_breakers and blame in {"", "provider"}:
            self._tell_breaker(now + seconds, place, failed=bool(kind))
        self._ship(now + seconds, record)
        return kind, seconds

    def _tell_breaker(self, ended: float, place: tuple[str, str], *, failed: bool) -> None:
        breaker = self._breaker(*place)
        was_open = breaker.open_seconds > 0
        if failed:
            breaker.failed(ended)
        else:
            breaker.served()
        if was_open != (breaker.open_seconds > 0):
            state, reason = ("closed", "") if was_open else ("open", "5 failures in a row")
            self._ship(ended, BreakerRecord(self._id(), self.began + ended, *place, "one", state, reason))

    def _fault(self, now: float, upstream: str, model: str, part: str) -> str:
        for one in self.troubles:
            if (
                one.start <= now < one.end
                and (one.upstream, one.part) == (upstream, part)
                and one.model in {"", model}
                and self.dice.random() < one.share
            ):
                return one.kind
        drawn = self.dice.random()
        if drawn < self.background:
            return "server" if drawn < self.background * 0.7 else "cut"
        return "request" if drawn > 0.99 and part == "inference" else ""

    def _slowness(self, now: float, upstream: str, model: str) -> float:
        found = (
            one.slowness
            for one in self.troubles
            if one.start <= now < one.end and one.upstream == upstream and one.model in {"", model}
        )
        return max(found, default=1.0)

    def _ship(self, ended: float, record: Record) -> None:
        self.number += 1
        heappush(self.shipped, (ended + SHIPPING_SECONDS, self.number, record))

    def _id(self) -> str:
        self.number += 1
        return f"x{self.number}"
