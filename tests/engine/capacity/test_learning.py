"""What the ends of attempts teach."""

import pytest

from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.capacity.learned import FORGET_SECONDS
from mainstay.model.fault import Fault, FaultKind
from tests.engine.capacity.words import KEY, OVERLOAD, SERVER, STALL, THROTTLE, WALL, Use, told

CONNECT_TIMEOUT = Fault(FaultKind.CONNECT, "no connection", code="connect-timeout")
REFUSED = Fault(FaultKind.CONNECT, "refused", code="refused")


def busy(count: int = 100) -> Use:
    use = Use(Capacity())
    assert use.fill(most=count) == count, "unlimited until the first sign"
    return use


@pytest.mark.parametrize("fault", [OVERLOAD, STALL])
def test_signs_of_overload_limit(fault: Fault) -> None:
    use = busy()
    changes = use.end(fault)
    assert changes == (CapacityChange("limit", "70", f"{fault.kind.value} with 100 attempts under way"),)
    assert use.reason() == "70 attempts at once are what it bears by its signs of overload"


@pytest.mark.parametrize("fault", [THROTTLE, SERVER, REFUSED, None])
def test_nothing_else_does(fault: Fault | None) -> None:
    use = busy()
    assert use.end(fault, at=0.0) == ()
    assert use.may_start()


def test_a_connection_that_is_not_accepted_in_time_is_such_a_sign() -> None:
    use = busy()
    assert use.end(CONNECT_TIMEOUT)
    assert not use.may_start()


@pytest.mark.parametrize("running", [1, 2])
def test_what_happens_to_one_or_two_says_nothing_about_how_many_are_borne(running: int) -> None:
    use = busy(running)
    assert use.end(OVERLOAD) == ()
    assert use.may_start()


def test_a_limit_that_is_no_longer_needed_is_forgotten_and_told() -> None:
    use = busy()
    use.end(OVERLOAD, at=1.0)
    assert use.may_start(at=1.0 + FORGET_SECONDS)
    (change,) = use.end(at=1.0 + FORGET_SECONDS)
    assert change == CapacityChange("limit", "none", "not needed for 300 s")


def test_an_outage_is_no_overload() -> None:
    use = busy()
    use.capacity.outage(KEY, 1.0)
    assert use.end(OVERLOAD) == ()
    use.capacity.recovered(KEY, 20.0)
    assert use.capacity.standing(20.0).limits == ()


def test_the_way_back_begins_slowly_and_ends_where_it_was() -> None:
    use = Use(Capacity())
    for number in range(200):
        use.force(at=number / 20)
    use.capacity.outage(KEY, 10.0)
    use.capacity.recovered(KEY, 30.0)
    (begun,) = use.end(at=30.0)
    assert begun == CapacityChange("ramp", "begin", "2 of 20 starts per second, doubling while attempts succeed")
    use.under_way.clear()
    now = 30.0
    changes: tuple[CapacityChange, ...] = ()
    while not changes:
        use.start(at=now)
        changes = use.end(at=now, started_at=now) if use.under_way else ()
        now += 0.1
    assert changes == (CapacityChange("ramp", "end", "20 starts per second, as before the outage"),)
    assert 36.0 < now < 42.0
    assert use.fill(at=now, most=500) == 500


def test_a_failure_on_the_way_back_halves() -> None:
    use = Use(Capacity())
    for number in range(1000):
        use.force(at=number / 100)
    use.capacity.outage(KEY, 10.0)
    use.capacity.recovered(KEY, 30.0)
    for now in (32.0, 34.0):
        use.end(at=now, started_at=now)
    use.end(SERVER, at=35.5, started_at=35.0)
    use.end(THROTTLE, at=37.0, started_at=37.0)
    (ramp,) = use.capacity.standing(37.0).ramps
    assert ramp.rate == pytest.approx(20, rel=0.02)


def test_a_quota_that_is_not_borne_out_is_told() -> None:
    use = Use(Capacity())
    changes: list[CapacityChange] = []
    for number in range(5):
        at = 10.0 * number
        use.force(at=at)
        changes += use.capacity.told(KEY, told(0), at, WALL)
        changes += use.end(at=at, started_at=at - 1.0)
    assert changes == [CapacityChange("quota", "disbelieved", "nothing is left, and yet requests are served")]


def test_a_throttle_bears_a_quota_out() -> None:
    use = Use(Capacity())
    for number in range(10):
        at = 10.0 * number
        use.force(at=at)
        use.capacity.told(KEY, told(0), at, WALL)
        assert use.end(THROTTLE if number % 2 else None, at=at, started_at=at - 1.0) == ()


def crowd() -> Use:
    """Twenty starts per second for ten seconds."""
    use = Use(Capacity())
    for number in range(200):
        use.force(at=number / 20)
    return use


def test_a_crowd_that_is_throttled_without_a_word_of_limits_is_let_in_more_slowly() -> None:
    use = crowd()
    (change,) = use.end(THROTTLE, at=9.9)
    assert change.what == "rate"
    assert float(change.state) == pytest.approx(14, abs=0.5)
    assert use.reason(at=9.9).startswith("throttled: ")
    assert use.may_start(at=10.0)


def test_a_few_that_are_throttled_need_their_gate_alone() -> None:
    use = Use(Capacity())
    for number in range(10):
        use.force(at=float(number))
    assert use.end(THROTTLE, at=9.9) == ()
    assert use.may_start(at=9.9)


def test_who_tells_his_limits_needs_no_guessing() -> None:
    use = crowd()
    use.capacity.told(KEY, told(100), 9.9, WALL)
    assert use.end(THROTTLE, at=9.9) == ()


def test_a_rate_that_binds_no_more_is_forgotten() -> None:
    use = crowd()
    use.end(THROTTLE, at=9.9)
    use.under_way.clear()
    now = 10.0
    changes: tuple[CapacityChange, ...] = ()
    while not changes:
        assert now < 1000.0
        now += 5.0
        use.force(at=now)
        changes = use.end(at=now)
    assert changes == (CapacityChange("rate", "none", "no longer throttled"),)
