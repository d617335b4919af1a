"""A crowd: seeded traffic of agent sessions in classes of work, by several tenants, at a rate that changes in steps."""

import random
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from mainstay.lab.virtual.traffic import Arrival
from mainstay.model.http import Headers


class Phase(msgspec.Struct, frozen=True):
    """For so long, so many requests per second."""

    seconds: float
    per_second: float


class Class(msgspec.Struct, frozen=True):
    """A workload's share of the requests."""

    workload: str
    share: float


class Tenant(msgspec.Struct, frozen=True):
    """A tenant's share of the sessions, and its weight in queues."""

    name: str
    share: float
    weight: float = 1.0


class Crowd(msgspec.Struct, frozen=True):
    """Requests come at random instants (Poisson). Each belongs to one of the sessions that are alive then: a session of
    a class makes `calls` calls, about one in `gap_seconds`, and another one takes its place."""

    phases: tuple[Phase, ...]
    classes: tuple[Class, ...] = (Class("critical", 0.2), Class("interactive", 0.5), Class("batch", 0.3))
    tenants: tuple[Tenant, ...] = (Tenant("acme", 0.6), Tenant("bolt", 0.3), Tenant("crew", 0.1))
    calls: int = 20
    gap_seconds: float = 3.0
    stream_share: float = 0.0
    model: str = "claude-demo"
    words: int = 20

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return sum(phase.seconds for phase in self.phases)


class _Session:
    """Mutable."""

    def __init__(self, name: str, tenant: Tenant, calls: int, workload: str) -> None:
        self.calls = calls
        self.tenant = tenant
        self.headers: Headers = (
            ("content-type", "application/json"),
            ("x-mainstay-workload", workload),
            ("x-mainstay-session", name),
        )
        self.name = name
        self.workload = workload


class _Bodies(NamedTuple):
    """The same question of everybody, for it is not what is studied."""

    plain: bytes
    stream: bytes


def crowd_arrivals(crowd: Crowd, seed: str) -> Iterator[Arrival]:
    """All requests in order of time."""
    dice = random.Random(f"{seed} crowd")  # noqa: S311 - traffic, no secret
    pools: dict[str, list[_Session]] = {one.workload: [] for one in crowd.classes}
    shares = [one.share for one in crowd.classes]
    bodies = _Bodies(_body(crowd, is_stream=False), _body(crowd, is_stream=True))
    number, began, at = 0, 0.0, 0.0
    for phase in crowd.phases:
        at, ends = began, began + phase.seconds
        while phase.per_second > 0 and (at := at + dice.expovariate(phase.per_second)) < ends:
            (kind,) = dice.choices(crowd.classes, shares)
            session = _session(crowd, kind, phase, pools, number, dice)
            body = bodies.stream if dice.random() < crowd.stream_share else bodies.plain
            who = (session.workload, session.tenant.name, session.tenant.weight, session.name)
            yield Arrival(number, at, "/v1/messages", session.headers, body, *who)
            number += 1
        began = ends


def _session(
    crowd: Crowd, kind: Class, phase: Phase, pools: dict[str, list[_Session]], number: int, dice: random.Random
) -> _Session:
    """One of those that are alive; where they are too few for the phase's rate, a new one."""
    pool = pools[kind.workload]
    alive = max(1, round(phase.per_second * kind.share * crowd.gap_seconds))
    place = dice.randrange(alive)
    if place >= len(pool):
        (tenant,) = dice.choices(crowd.tenants, [one.share for one in crowd.tenants])
        # The first ones are somewhere in the middle of their run, so that they do not all end at once.
        calls = crowd.calls if len(pool) >= alive else dice.randint(1, crowd.calls)
        pool.append(_Session(f"run-{kind.workload}-{number}", tenant, calls, kind.workload))
        place = len(pool) - 1
    session = pool[place]
    session.calls -= 1
    if session.calls <= 0:
        (tenant,) = dice.choices(crowd.tenants, [one.share for one in crowd.tenants])
        pool[place] = _Session(f"run-{kind.workload}-{number}-next", tenant, crowd.calls, kind.workload)
    return session


def _body(crowd: Crowd, *, is_stream: bool) -> bytes:
    messages = [{"role": "user", "content": f"Why do bridges hum? [words={crowd.words}]"}]
    return msgspec.json.encode({"model": crowd.model, "max_tokens": 200, "stream": is_stream, "messages": messages})
