"""How capacity stands, for readiness and metrics."""

from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.capacity.standing import CapacityStanding, LineLimit, QuotaStanding, RampStanding, UpstreamLoad
from mainstay.model.catalogue import Limits
from mainstay.model.news import LoadNews
from tests.engine.capacity.words import BETA, KEY, OVERLOAD, SPARE, THROTTLE, WALL, Use, peers, told


def test_the_load_of_upstreams() -> None:
    capacity = Capacity(peers("a/1"))
    Use(capacity, Limits(concurrency=10)).fill(most=3)
    Use(capacity, key=BETA).fill(most=2)
    capacity.adopt_load("a/1", LoadNews("alpha", 4, WALL), 0.0)
    assert capacity.standing(0.0).upstreams == (
        UpstreamLoad("alpha", running=3, elsewhere=4, limit=10),
        UpstreamLoad("beta", running=2, elsewhere=0, limit=None),
    )


def test_what_was_learned_is_shown_once_for_all_credentials() -> None:
    use = Use(Capacity())
    use.fill(most=10)
    Use(use.capacity, key=SPARE).start()
    use.end(OVERLOAD)
    assert use.capacity.standing(1.0).limits == (LineLimit("alpha", "sonnet", running=10, limit=7),)


def test_ramps_and_quotas() -> None:
    use = Use(Capacity())
    for number in range(100):
        use.force(at=number / 20)
    use.capacity.outage(KEY, 5.0)
    use.capacity.recovered(KEY, 60.0)
    use.capacity.told(KEY, told(50), 60.0, WALL)
    standing = use.capacity.standing(60.0)
    assert standing.ramps == (RampStanding("alpha", "sonnet", "main", rate=2.0, goal=20.0),)
    assert standing.quotas == (QuotaStanding("alpha", "sonnet", "main", "requests", limit=100, remaining=50),)


def test_where_nothing_binds_nothing_is_shown() -> None:
    standing = Capacity().standing(0.0)
    assert standing == CapacityStanding((), (), (), (), ())


def test_a_learned_rate() -> None:
    use = Use(Capacity())
    for number in range(100):
        use.force(at=number / 20)
    use.end(THROTTLE, at=4.9)
    (rate,) = use.capacity.standing(5.0).rates
    assert (rate.upstream, rate.model, rate.credential) == KEY
    assert 10 < rate.rate < 20
