"""Total outages of the first choice, in every shape: nobody notices, and nobody storms."""

import pytest

from mainstay.lab.virtual.overload import play
from mainstay.lab.virtual.scenarios import OUTAGES, Scale, total_outage

AMPLIFICATION_MAX = 1.1
SECONDS_MAX = 20.0
"""Also where an upstream hangs without a word: nobody waits for its long clocks."""
SCALE = Scale(150.0, 25.0)


@pytest.mark.parametrize("processes", [1, 4])
@pytest.mark.parametrize("shape", [*OUTAGES])
def test_an_outage_costs_nobody_an_answer_and_hardly_any_attempts(shape: str, processes: int) -> None:
    score = play(total_outage(shape, SCALE, processes), "one")
    assert score.not_served == 0
    assert score.tries == 1.0
    assert score.amplification < AMPLIFICATION_MAX
    # A process that has hardly begun does not know yet what is usual.
    assert processes > 1 or max(one.p99_seconds for one in score.classes.values()) < SECONDS_MAX


def test_the_same_seed_gives_the_same_records() -> None:
    scenario = total_outage("refused", Scale(20.0, 25.0), 4)
    first, second, other = play(scenario, "one"), play(scenario, "one"), play(scenario, "two")
    assert first == second
    assert first.records_sha256 != other.records_sha256
