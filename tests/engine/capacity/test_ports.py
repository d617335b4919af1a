"""What capacity asks of others is what they give."""

from mainstay.engine.capacity.ports import Rates
from mainstay.engine.meters import Meters
from mainstay.engine.upstream_rates import UpstreamRates
from mainstay.model.catalogue import Limits
from tests.engine.capacity.words import USUAL, WALL


def test_the_rates_of_upstreams_are_such_rates() -> None:
    rates: Rates = UpstreamRates(Meters("a/0", 1))
    limits = Limits(requests_per_minute=1)
    assert rates.wait_seconds("alpha", limits, USUAL, WALL) == 0
    rates.count("alpha", USUAL, WALL)
    assert rates.wait_seconds("alpha", limits, USUAL, WALL) > 0
