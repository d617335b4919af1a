"""Overload in virtual time: the real exchanges, boards and queues; simulated upstreams and clients. No machine makes
these figures better or worse. See docs/overload.md."""

import time
from collections.abc import Sequence

from bench.figure import Figure, measured
from bench.measures.context import Context
from bench.plan import QUICK
from mainstay.lab.virtual.overload import play, summary
from mainstay.lab.virtual.scenarios import (
    FULL,
    SHORT,
    Scale,
    Scenario,
    all_scenarios,
    both_recover,
    total_outage,
    twice_the_capacity,
)
from mainstay.lab.virtual.scorecard import Scorecard

SEED = "bench"
AMPLIFICATION_MUST, AMPLIFICATION_AIM = 1.1, 1.02
GOODPUT_MUST = 95.0
DRAIN_SECONDS_MUST = 30.0
LOWEST_MUST = 90.0
CUT_MUST = 5.0


def measure(context: Context) -> list[Figure]:
    """The issue's three figures."""
    scale = _scale(context)
    outage = _played(context, total_outage("refused", scale, processes=4))
    twice = _played(context, twice_the_capacity("concurrency", scale))
    recovery = both_recover(scale)
    return [*outage_figures(outage), *twice_figures(twice), *recovery_figures(_played(context, recovery), recovery)]


def measure_all(context: Context) -> list[Figure]:
    """Every scenario."""
    figures: list[Figure] = []
    for scenario in all_scenarios(_scale(context)):
        score = _played(context, scenario)
        if scenario.habits.obeys and scenario.standby is not None:
            figures += twice_figures(score)
        elif scenario.habits.obeys:
            figures += outage_figures(score)
        else:
            figures += recovery_figures(score, scenario)
    return figures


def outage_figures(score: Scorecard) -> list[Figure]:
    """A total outage of the primary."""
    return [
        _figure(f"{score.name}: requests that failed", "requests", score.not_served, must=0.0),
        _figure(
            f"{score.name}: amplification",
            "attempts per exchange",
            score.amplification,
            must=AMPLIFICATION_MUST,
            aim=AMPLIFICATION_AIM,
        ),
    ]


def twice_figures(score: Scorecard) -> list[Figure]:
    """Twice as much is asked for as the standby serves."""
    served = ", ".join(f"{name} {one.served_percent:.2f} % served" for name, one in score.classes.items())
    sessions = score.sessions["interactive"]
    cut = f"{sessions.half_percent:.1f} % were served in part, most of them not at first and then to their end"
    name = score.name
    return [
        _figure(f"{name}: critical served", "%", score.classes["critical"].served_percent, must=100.0, higher=True),
        _figure(
            f"{name}: goodput",
            "% of capacity",
            score.goodput_percent,
            must=GOODPUT_MUST,
            higher=True,
            remarks=(served,),
        ),
        _figure(f"{name}: queue drained after", "s", score.drained_seconds, must=DRAIN_SECONDS_MUST),
        _figure(
            f"{name}: interactive sessions cut short", "%", sessions.interrupted_percent, must=CUT_MUST, remarks=(cut,)
        ),
    ]


def recovery_figures(score: Scorecard, scenario: Scenario) -> list[Figure]:
    """Both upstreams come back at the same instant."""
    offered, capacity = scenario.crowd.phases[0].per_second, scenario.capacity_per_second
    until, lowest = scenario.crowd.seconds, score.lowest_after(scenario.end, scenario.crowd.seconds)
    remark = f"{offered:g} requests per second asked for, {capacity:g} could be served, until {until:g} s"
    return [
        _figure(
            f"{score.name}: lowest goodput from 15 s on",
            "% of asked for",
            100.0 * lowest / offered,
            must=LOWEST_MUST,
            higher=True,
            remarks=(remark,),
        ),
        _figure(f"{score.name}: ramp", "s", score.ramp_seconds(scenario.end, offered)),
    ]


def _played(context: Context, scenario: Scenario) -> Scorecard:
    began_at = time.perf_counter()
    score = play(scenario, SEED)
    context.say(f"{summary(score)} ({time.perf_counter() - began_at:.0f} s)")
    return score


def _scale(context: Context) -> Scale:
    return SHORT if context.plan == QUICK else FULL


def _figure(  # noqa: PLR0913 - a figure's own fields
    name: str,
    unit: str,
    value: float,
    *,
    must: float | None = None,
    aim: float | None = None,
    higher: bool = False,
    remarks: Sequence[str] = (),
) -> Figure:
    return Figure(name, unit, measured([value]), must, aim, higher, tuple(remarks))
