import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.admission.priority_queue import SHARES_KEPT_MAX, PriorityQueue
from mainstay.engine.admission.waiter import Waiter
from tests.engine.admission.places import BATCH, INTERACTIVE, offers, waiter


def queue(*, newest_first: bool = False) -> PriorityQueue:
    return PriorityQueue(BATCH, newest_first=newest_first, share_of_room=1.0, trickle_percent=5)


def entered(into: PriorityQueue, at: float, *upstreams: str, tenant: str = "t", weight: float = 1.0) -> Waiter:
    one = waiter(BATCH, at, tenant=tenant, weight=weight)
    one.offers = offers(*upstreams)
    into.add(one)
    return one


def next_of(one: PriorityQueue, upstream: str = "") -> Waiter:
    return one.turns(upstream)[0][4]


def call(one: PriorityQueue, now: float = 0.0) -> Waiter:
    called = next_of(one)
    one.called(called, now)
    return called


@given(at=st.lists(st.floats(0, 100), min_size=1, max_size=30), newest_first=st.booleans())
def test_of_one_tenant_the_oldest_goes_first_or_the_newest(at: list[float], *, newest_first: bool) -> None:
    one = queue(newest_first=newest_first)
    for each in at:
        entered(one, each)
    assert [call(one).arrived_at for _ in at] == sorted(at, reverse=newest_first)
    assert (one.size, one.handed_out) == (0, len(at))


def test_the_order_holds_between_lines_too() -> None:
    one = queue()
    entered(one, 2.0, "a")
    entered(one, 1.0, "b")
    assert [call(one).arrived_at for _ in range(2)] == [1.0, 2.0]


def test_of_one_upstream_only_those_come_who_would_take_it() -> None:
    one = queue()
    entered(one, 1.0, "a")
    other = entered(one, 2.0, "b", "c")
    assert next_of(one, "c") is other
    assert [turn[4] for turn in one.turns("d")] == []


@given(st.lists(st.sampled_from([0.5, 1.0, 2.0, 4.0]), min_size=2, max_size=5))
def test_tenants_get_room_by_their_weight_however_many_wait(weights: list[float]) -> None:
    one = queue()
    for number, weight in enumerate(weights):
        for place in range(100 + 10 * number):
            entered(one, float(place), tenant=f"t{number}", weight=weight)
    called = [call(one).demand.tenant for _ in range(100)]
    for number, weight in enumerate(weights):
        fair = 100 * weight / sum(weights)
        assert called.count(f"t{number}") == pytest.approx(fair, abs=len(weights) + 1)


def test_who_comes_anew_does_not_make_up_for_the_time_before() -> None:
    one = queue()
    for place in range(100):
        entered(one, float(place), tenant="old")
    for _ in range(50):
        call(one)
    for place in range(100):
        entered(one, float(place), tenant="new")
    assert [call(one).demand.tenant for _ in range(20)].count("new") == pytest.approx(10, abs=1)


def test_who_comes_back_does_not_make_up_for_the_time_between() -> None:
    one = queue()
    entered(one, 0.0, tenant="back")
    for place in range(100):
        entered(one, 1.0 + place, tenant="stays")
    for _ in range(50):
        call(one)
    for place in range(40):
        entered(one, float(place), tenant="back")
    assert [call(one).demand.tenant for _ in range(20)].count("back") == pytest.approx(10, abs=1)


def test_who_comes_and_goes_gets_no_more_than_who_stays() -> None:
    one = queue()
    for place in range(200):
        entered(one, float(place), tenant="stays")
    got = 0
    for place in range(100):
        if not one.waiting_of("comes"):
            entered(one, float(place), tenant="comes", weight=0.25)
        got += call(one).demand.tenant == "comes"
    assert got == pytest.approx(20, abs=1)


def test_after_a_busy_time_everybody_begins_anew() -> None:
    one = queue()
    entered(one, 0.0, tenant="had", weight=0.01)
    call(one)
    entered(one, 1.0, tenant="had", weight=0.01)
    entered(one, 2.0, tenant="had not")
    assert call(one).demand.tenant == "had"


def test_tenants_that_do_not_wait_are_remembered_within_a_bound() -> None:
    one = queue()
    entered(one, 0.0, tenant="stays")
    for number in range(3 * SHARES_KEPT_MAX):
        one.gone(entered(one, 1.0 + number, tenant=f"t{number}"))
    assert len(one._shares) <= SHARES_KEPT_MAX + 2
    assert one.size == 1


def test_the_greediest_has_most_waiting_for_its_weight() -> None:
    one = queue()
    assert one.greediest() is None
    for place in range(4):
        entered(one, float(place), tenant="heavy", weight=4.0)
    entered(one, 0.0, tenant="light", weight=0.5)
    greediest = one.greediest()
    assert greediest is not None
    assert greediest.tenant == "light"
    assert (one.waiting_of("heavy"), one.waiting_of("light"), one.waiting_of("none")) == (4, 1, 0)


def test_workloads_and_candidates_make_lines_of_their_own() -> None:
    one = queue()
    for priority in (BATCH, INTERACTIVE):
        other = waiter(priority)
        other.offers = offers("a")
        one.add(other)
    entered(one, 0.0, "a", "b")
    assert len(one.turns("a")) == 3
    for turn in one.turns("a"):
        one.gone(turn[4])
    assert not one._lines
