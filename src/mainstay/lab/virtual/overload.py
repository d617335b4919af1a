"""Overload in virtual time: the world and the runs behind the figures of docs/overload.md."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mainstay.config.load import load_tree
from mainstay.config.snapshot import Snapshot
from mainstay.config.yaml_text import Tree
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.request import Personality
from mainstay.lab.virtual.crowd import crowd_arrivals
from mainstay.lab.virtual.fleet import Fleet
from mainstay.lab.virtual.outages import Schedule
from mainstay.lab.virtual.process import Surroundings, VirtualProcess
from mainstay.lab.virtual.rehearsal import HashingJournal
from mainstay.lab.virtual.scenarios import FULL, PRIMARY, SERVICE_SECONDS, STANDBY, Scale, Scenario, all_scenarios
from mainstay.lab.virtual.scorecard import Counting, Scorecard
from mainstay.lab.virtual.station import Strength
from mainstay.lab.virtual.timeline import Timeline
from mainstay.lab.virtual.upstreams import Place, VirtualUpstreams
from mainstay.wire.registry import SPEECH

_WORKLOADS: Final[Tree] = {
    "critical": {"priority": "critical"},
    "interactive": {"priority": "interactive"},
    "batch": {"priority": "batch", "deadline_seconds": 3600, "queue_seconds": 60},
}


def play(scenario: Scenario, seed: str) -> Scorecard:
    """Run it. The same seed gives the same scorecard, to the last record."""
    timeline, journal = Timeline(), HashingJournal()
    dice = random.Random(f"{seed} services")  # noqa: S311 - a world, no secret
    places = {
        PRIMARY: _place(PRIMARY, scenario.primary, scenario),
        STANDBY: _place(STANDBY, scenario.standby, scenario),
    }
    world = VirtualUpstreams(timeline, places, Schedule(scenario.outages), perform, dice.random)
    around = Surroundings(timeline, world, _snapshot(scenario), SPEECH, journal)
    processes = [
        VirtualProcess(around, f"{seed}_{number}", f"virtual/{number}") for number in range(scenario.processes)
    ]
    counting = Counting()

    def turned(now: float) -> None:
        counting.turned(now, sum(process.waiting for process in processes), world.opened_at)

    fleet = Fleet(timeline, processes, seed, scenario.habits)
    fleet.run(crowd_arrivals(scenario.crowd, seed), counting.ended, turned)
    return Scorecard(
        scenario.name,
        (scenario.begin, scenario.end),
        counting.classes(),
        counting.sessions(),
        sum(process.asked for process in processes),
        world.opened,
        counting.faults(),
        counting.series(),
        0.0 if scenario.standby is None else scenario.standby.per_second,
        journal.sha256,
    )


def _place(name: str, strength: Strength | None, scenario: Scenario) -> Place:
    return Place(
        Personality(name=name, words_per_event=4),
        scenario.latency_seconds,
        strength or Strength(concurrency=1_000_000, service_seconds=SERVICE_SECONDS),
        tells_rates=scenario.tells_rates,
        repeats_itself=scenario.repeats_itself,
    )


def _snapshot(scenario: Scenario) -> Snapshot:
    upstream: dict[str, Tree] = {"dialect": "anthropic", "base_url": "http://virtual"}
    tree: Tree = {
        "upstreams": {
            PRIMARY: upstream,
            STANDBY: {**upstream, "limits": scenario.standby_limits},
        },
        "models": {"claude-demo": {"candidates": [{"upstream": PRIMARY}, {"upstream": STANDBY}]}},
        "workloads": _WORKLOADS,
    }
    loaded = load_tree(tree, Path("/nowhere"), {})
    if loaded.snapshot is None:
        raise ValueError("; ".join(str(mistake) for mistake in loaded.mistakes))
    return loaded.snapshot


def run_overload(
    scale: Scale = FULL, seed: str = "bench", told: Callable[[str], None] = lambda _: None
) -> tuple[Scorecard, ...]:
    """Play every scenario; `told` gets a line about each as soon as it is over."""
    scorecards: list[Scorecard] = []
    for scenario in all_scenarios(scale):
        scorecards.append(play(scenario, seed))
        told(summary(scorecards[-1]))
    return tuple(scorecards)


def summary(score: Scorecard) -> str:
    """One line, for people."""
    served = ", ".join(f"{name} {one.served_percent:.2f} %" for name, one in score.classes.items())
    goodput = f", goodput {score.goodput_percent:.1f} % of the capacity" if score.capacity_per_second else ""
    return (
        f"{score.name}: served {served}; {score.amplification:.3f} attempts per request, "
        f"{score.tries:.2f} requests per client{goodput}, queue drained in {score.drained_seconds:g} s"
    )
