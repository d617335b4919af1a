"""The overloads that the product answers to: worlds, outages and crowds, at any scale."""

from typing import Final

import msgspec

from mainstay.config.yaml_text import Tree
from mainstay.lab.provider.fault import parse_fault
from mainstay.lab.virtual.crowd import Crowd, Phase
from mainstay.lab.virtual.habits import SDK, STUBBORN, Habits
from mainstay.lab.virtual.outages import Outage
from mainstay.lab.virtual.station import Strength

PRIMARY: Final = "primary"
STANDBY: Final = "standby"
OUTAGES: Final = {
    "refused": "refuse",
    "server errors": "server-error",
    "overloaded": "overloaded",
    "cut": "cut:phase=preamble",
    "silent": "stall:phase=headers",
}
"""How a primary goes down, and the fault that plays it."""
WARM_UP_SECONDS: Final = 60.0
AFTER_SECONDS: Final = 60.0
BOTH_DOWN_SECONDS: Final = 30.0
RECOVERY_SECONDS: Final = 150.0
SERVICE_SECONDS: Final = 2.0


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One overload. `limits` are what the file says of the standby; what it does not say is to be learned. The overload
    itself lasts from `begin` until `end`."""

    name: str
    crowd: Crowd
    begin: float
    end: float
    outages: tuple[Outage, ...] = ()
    primary: Strength | None = None
    standby: Strength | None = None
    standby_limits: dict[str, Tree] = {}
    tells_rates: bool = False
    processes: int = 1
    habits: Habits = SDK
    repeats_itself: bool = True
    latency_seconds: float = 0.005

    @property
    def capacity_per_second(self) -> float:
        """What both upstreams serve together, as far as they are bounded."""
        return sum(one.per_second for one in (self.primary, self.standby) if one is not None)


class Scale(msgspec.Struct, frozen=True):
    """How long and how dense an overload is. The figures are those of `FULL`."""

    seconds: float
    per_second: float


FULL: Final = Scale(600.0, 200.0)
SHORT: Final = Scale(120.0, 50.0)


def total_outage(shape: str, scale: Scale, processes: int = 1, stream_share: float = 0.0) -> Scenario:
    """The primary is down in one of the shapes of `OUTAGES`; the standby is healthy."""
    begin, end = WARM_UP_SECONDS, WARM_UP_SECONDS + scale.seconds
    return Scenario(
        name=f"total outage, {shape}, {_processes(processes)}{', streams' if stream_share else ''}",
        crowd=Crowd((Phase(end, scale.per_second),), stream_share=stream_share),
        begin=begin,
        end=end,
        outages=(Outage(PRIMARY, begin, end + AFTER_SECONDS, parse_fault(OUTAGES[shape])),),
        processes=processes,
    )


def twice_the_capacity(known: str, scale: Scale, processes: int = 1) -> Scenario:
    """The primary is down, and the standby can serve half of what is asked. `known` says what is known of it:
    `concurrency` or `rate` by the file; `nothing` where it answers 529 when it is full; `headers` where it answers 429
    and says what is left of its rate; `refusals` where it answers 429, allows no bursts and says nothing else."""
    begin, end = WARM_UP_SECONDS, WARM_UP_SECONDS + scale.seconds
    half = scale.per_second / 2
    places, per_minute = round(half * SERVICE_SECONDS), round(half * 60)
    by_rate = known in {"rate", "headers", "refusals"}
    standby = Strength(
        concurrency=10 * places if by_rate else places,
        service_seconds=SERVICE_SECONDS,
        requests_per_minute=per_minute if by_rate else None,
        burst_seconds=5.0 if known == "refusals" else 60.0,
    )
    limits: dict[str, dict[str, Tree]] = {
        "concurrency": {"concurrency": places},
        "rate": {"requests_per_minute": per_minute},
    }
    return Scenario(
        name=f"twice the capacity, {known} known, {_processes(processes)}",
        crowd=Crowd((Phase(begin, half / 2), Phase(scale.seconds, scale.per_second), Phase(AFTER_SECONDS, half / 2))),
        begin=begin,
        end=end,
        outages=(Outage(PRIMARY, 0.0, end + 2 * AFTER_SECONDS, parse_fault("refuse")),),
        standby=standby,
        standby_limits=limits.get(known, {}),
        tells_rates=known == "headers",
        processes=processes,
    )


def both_recover(scale: Scale, processes: int = 1) -> Scenario:
    """Both upstreams are down and come back at the same instant, to everybody who has asked again all the time. Each
    alone could serve the usual rate; too much at once brings them down again."""
    begin, end = WARM_UP_SECONDS, WARM_UP_SECONDS + min(scale.seconds / 5, BOTH_DOWN_SECONDS)
    places = round(scale.per_second * SERVICE_SECONDS * 1.25)
    strength = Strength(
        concurrency=places,
        service_seconds=SERVICE_SECONDS,
        admitted_max=2 * places,
        thrash=2.0,
        finishes_abandoned=True,
    )
    return Scenario(
        name=f"both recover at once, {_processes(processes)}",
        crowd=Crowd((Phase(end + min(scale.seconds, RECOVERY_SECONDS), scale.per_second),)),
        begin=begin,
        end=end,
        outages=tuple(Outage(name, begin, end, parse_fault("refuse")) for name in (PRIMARY, STANDBY)),
        primary=strength,
        standby=strength,
        processes=processes,
        habits=STUBBORN,
    )


def all_scenarios(scale: Scale) -> tuple[Scenario, ...]:
    """Those behind the figures."""
    return (
        *(total_outage(shape, scale, processes) for shape in OUTAGES for processes in (1, 4)),
        *(
            twice_the_capacity(known, scale, processes)
            for known in ("concurrency", "rate", "nothing", "headers", "refusals")
            for processes in (1, 4)
        ),
        *(both_recover(scale, processes) for processes in (1, 4)),
    )


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"
