"""Everybody comes back at the same instant, to those who have asked again all the time."""

import pytest

from mainstay.lab.virtual.overload import play
from mainstay.lab.virtual.scenarios import SHORT, both_recover
from mainstay.lab.virtual.scorecard import BUCKET_SECONDS

LOWEST_SHARE = 0.6
RAMP_SECONDS_MAX = 15.0


@pytest.mark.parametrize("processes", [1, 4])
def test_no_second_collapse(processes: int) -> None:
    scenario = both_recover(SHORT, processes)
    score = play(scenario, "one")
    assert score.not_served == 0
    assert score.ramp_seconds(scenario.end, SHORT.per_second) <= RAMP_SECONDS_MAX
    # A bucket is 250 requests at this small scale, which come by chance.
    assert score.lowest_after(scenario.end, scenario.crowd.seconds) > LOWEST_SHARE * SHORT.per_second
    begin, until = (int(one / BUCKET_SECONDS) for one in (scenario.end, scenario.crowd.seconds))
    after = score.series.served_per_second[begin:until]
    assert sum(after) / len(after) > 0.95 * SHORT.per_second
