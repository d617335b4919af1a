"""A place: what binds it, and its way through an outage."""

from mainstay.engine.capacity.learned import LearnedLimit
from mainstay.engine.capacity.place import CHANGES_MAX, GOAL_UNKNOWN, Line, Place
from mainstay.engine.capacity.pool import Pool
from mainstay.engine.capacity.quota import Quota
from mainstay.model.catalogue import Limits
from tests.engine.capacity.words import KEY


def place(starts_per_second: int = 0) -> Place:
    """One that has started so many attempts in each of the last ten seconds."""
    made = Place(KEY, Pool("alpha"), Line(), 0.0)
    for number in range(10 * starts_per_second):
        made.rate.count(number / starts_per_second)
    return made


def test_what_has_no_limits_is_free() -> None:
    one = place()
    assert one.is_free
    for limits in (Limits(concurrency=5), Limits(requests_per_minute=5), Limits(reserved=(("a", 0.5),))):
        one.bind(limits)
        assert not one.is_free
    one.bind(Limits())
    assert one.is_free
    one.quota = Quota()
    one.look()
    assert not one.is_free


def test_its_pool_knows_of_the_limits_that_are_shared() -> None:
    one = place()
    one.bind(Limits(requests_per_minute=5))
    assert one.pool.limits is None
    limits = Limits(concurrency=5)
    one.bind(limits)
    assert one.pool.limits is limits


def test_after_an_outage_it_returns_by_a_ramp_to_the_rate_that_it_had() -> None:
    one = place(starts_per_second=50)
    one.outage(9.9)
    assert one.is_free, "while it is down its breaker holds, not its ramp"
    ramp = one.recovered(60.0)
    assert ramp is not None
    assert 45 < ramp.goal < 55
    assert not one.is_free


def test_a_relapse_does_not_make_less_of_what_was_known() -> None:
    one = place(starts_per_second=50)
    one.outage(9.9)
    first = one.recovered(60.0)
    one.outage(65.0)
    one.outage(66.0)
    second = one.recovered(80.0)
    assert first is not None
    assert second is not None
    assert second.goal == first.goal
    assert second.rate < second.goal


def test_who_had_hardly_any_attempts_may_be_waited_for_by_a_herd() -> None:
    one = place(starts_per_second=1)
    one.outage(9.9)
    ramp = one.recovered(60.0)
    assert ramp is not None
    assert ramp.goal == GOAL_UNKNOWN


def test_without_an_outage_there_is_no_return() -> None:
    one = place(starts_per_second=50)
    assert one.recovered(0.0) is None
    assert one.is_free


def test_an_outage_takes_back_what_it_seemed_to_teach() -> None:
    one = place()
    one.line.learned = LearnedLimit(101, 9.0)
    one.line.learned.overloaded(3, 9.5, refused=True)
    one.outage(9.9)
    assert one.line.learned.places == 70


def test_changes_are_taken_once_and_bounded() -> None:
    one = place()
    for number in range(CHANGES_MAX + 5):
        one.add_change("limit", str(number), "test")
    assert len(one.take_changes()) == CHANGES_MAX
    assert one.take_changes() == ()


def test_what_is_remembered_of_it() -> None:
    one = place(starts_per_second=50)
    assert (one.is_idle, one.is_untroubled) == (True, True)
    one.outage(9.9)
    assert (one.is_idle, one.is_untroubled) == (True, False)
    one.recovered(60.0)
    one.line.running = 1
    assert (one.is_idle, one.is_untroubled) == (False, False)
