"""Twice as much is asked as the standby can serve: the most urgent work notices nothing, and nothing is wasted."""

import pytest

from mainstay.lab.virtual.overload import play
from mainstay.lab.virtual.scenarios import SHORT, twice_the_capacity
from mainstay.lab.virtual.scorecard import Scorecard

GOODPUT_PERCENT_MIN = 88.0
"""At this small scale a place more or less is two per cent; `python -m bench --only overload` asks for 95."""
DRAIN_SECONDS_MAX = 30.0


def fair(score: Scorecard) -> bool:
    """Whether urgent work was served better than the rest."""
    classes = score.classes
    served = [classes[name].served_percent for name in ("critical", "interactive", "batch")]
    return served == sorted(served, reverse=True)


@pytest.mark.parametrize("known", ["concurrency", "rate", "nothing", "headers", "refusals"])
def test_critical_work_is_served_and_the_capacity_used(known: str) -> None:
    score = play(twice_the_capacity(known, SHORT), "one")
    assert score.classes["critical"].served_percent == 100.0
    assert score.goodput_percent > GOODPUT_PERCENT_MIN
    assert score.drained_seconds <= DRAIN_SECONDS_MAX
    assert score.classes["batch"].served > 0, "nobody starves"
    assert fair(score)


@pytest.mark.parametrize("known", ["concurrency", "rate"])
def test_processes_share_what_the_file_says(known: str) -> None:
    score = play(twice_the_capacity(known, SHORT, processes=4), "one")
    assert score.classes["critical"].served_percent > 99.5
    assert score.goodput_percent > GOODPUT_PERCENT_MIN
    assert score.drained_seconds <= DRAIN_SECONDS_MAX


def test_sessions_of_critical_work_are_whole() -> None:
    score = play(twice_the_capacity("concurrency", SHORT), "one")
    assert (score.sessions["critical"].half, score.sessions["critical"].none) == (0, 0)
    assert score.sessions["interactive"].whole > score.sessions["interactive"].half
