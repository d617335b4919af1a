from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.admission.waiter import Waiter
from mainstay.model.catalogue import Priority
from mainstay.model.fault import Fault, FaultKind
from tests.engine.admission.places import BATCH, CRITICAL, INTERACTIVE, Vacancies, even, offers, waiter

PRIORITIES = (CRITICAL, INTERACTIVE, BATCH)


def room(capacity: Vacancies, size_max: int = 1_000) -> WaitingRoom:
    return WaitingRoom(capacity, size_max)


def entered(into: WaitingRoom, one: Waiter, *upstreams: str) -> Waiter:
    assert into.enter(one, offers(*upstreams), one.entered_at, even) is None
    return one


def refused(into: WaitingRoom, one: Waiter) -> Fault:
    fault = into.enter(one, offers(), one.entered_at, even)
    assert fault is not None
    return fault


def hand_out(into: WaitingRoom, capacity: Vacancies, times: int, upstream: str = "up") -> list[str]:
    """So many attempts end, one after the other; the priorities of those who were called."""
    start = len(capacity.log)
    for _ in range(times):
        capacity.free[upstream] += 1
        into.call(0.0, upstream)
    return [one.priority.value for one in capacity.log[start:]]


def test_critical_work_goes_first_then_interactive_then_batch() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    for priority in (BATCH, INTERACTIVE, CRITICAL):
        entered(here, waiter(priority))
    assert hand_out(here, capacity, 3) == ["critical", "interactive", "batch"]


@pytest.mark.parametrize(("priority", "order"), [(CRITICAL, [0, 1, 2]), (INTERACTIVE, [2, 1, 0]), (BATCH, [0, 1, 2])])
def test_the_oldest_goes_first_but_for_interactive_work_the_newest(priority: Priority, order: list[int]) -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    waiting = [entered(here, waiter(priority, float(at))) for at in range(3)]
    seen = []
    for _ in range(3):
        hand_out(here, capacity, 1)
        seen += [at for at, one in enumerate(waiting) if one.granted is not None and at not in seen]
    assert seen == order


def test_who_enters_again_keeps_its_turn() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    entered(here, waiter(BATCH, 5.0))
    back = entered(here, waiter(BATCH, 6.0, arrived_at=1.0))
    hand_out(here, capacity, 1)
    assert back.granted is not None


def test_whoever_is_called_has_its_room_before_the_bell_rings() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    one = entered(here, waiter())
    taken = []
    one.bell = lambda: taken.append(capacity.taken)
    capacity.free["up"] = 1
    here.call(1.0)
    assert taken == [1]
    assert one.granted is not None
    assert one.granted.key.upstream == "up"
    assert (here.size, here.awaits("up")) == (0, False)


def test_who_finds_room_when_it_enters_is_called_at_once() -> None:
    here = room(Vacancies(up=1))
    assert entered(here, waiter()).granted is not None


def test_who_enters_while_others_wait_does_not_overtake_them() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    first = entered(here, waiter(CRITICAL))
    capacity.free["up"] = 1
    last = entered(here, waiter(BATCH))
    assert first.granted is not None
    assert last.granted is None


def test_the_first_offer_with_room_is_taken() -> None:
    capacity = Vacancies(a=0, b=0)
    here = room(capacity)
    one = entered(here, waiter(), "a", "b")
    capacity.free["b"] = 1
    here.call(0.0)
    assert one.granted is not None
    assert one.granted.key.upstream == "b"


def test_a_line_that_there_is_no_room_for_holds_up_no_other() -> None:
    capacity = Vacancies(a=0, b=0)
    here = room(capacity)
    entered(here, waiter(CRITICAL), "a")
    other = entered(here, waiter(BATCH), "b")
    capacity.free["b"] = 1
    here.call(0.0)
    assert other.granted is not None


def test_where_one_upstream_became_freer_only_those_before_it_are_asked() -> None:
    capacity = Vacancies(a=0, b=0)
    here = room(capacity)
    entered(here, waiter(), "a")
    entered(here, waiter(), "b")
    capacity.asked = 0
    here.call(0.0, "a")
    assert capacity.asked == 1


def test_a_thousand_who_wait_for_the_same_cost_one_question() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    for at in range(800):
        entered(here, waiter(INTERACTIVE, float(at)))
    capacity.asked = 0
    here.call(0.0)
    assert capacity.asked == 1


def test_a_line_that_there_is_no_room_for_is_asked_once_however_many_others_are_called() -> None:
    capacity = Vacancies(a=0, b=0)
    here = room(capacity)
    for at in range(5):
        entered(here, waiter(CRITICAL, float(at)), "a")
        entered(here, waiter(BATCH, float(at)), "b")
    capacity.asked, capacity.free["b"] = 0, 5
    here.call(0.0)
    assert capacity.taken == 5
    assert capacity.asked == 1 + 5


def test_an_empty_room_asks_nobody() -> None:
    capacity = Vacancies(up=1)
    room(capacity).call(0.0)
    assert capacity.asked == 0


def test_who_was_called_and_leaves_gives_its_room_to_the_next() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    first, second = (entered(here, waiter(BATCH, float(at))) for at in range(2))
    hand_out(here, capacity, 1)
    assert second.granted is None
    here.leave(first, 1.0)
    assert (first.granted, capacity.released) == (None, 1)
    assert second.granted is not None


def test_who_uses_what_it_was_called_for_gives_nothing_back() -> None:
    capacity = Vacancies(up=1)
    here = room(capacity)
    one = entered(here, waiter())
    one.granted = None
    here.leave(one, 1.0)
    assert capacity.released == 0


def test_who_leaves_is_not_called() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    one = entered(here, waiter())
    here.leave(one, 1.0)
    here.leave(one, 1.0)
    assert hand_out(here, capacity, 1) == []
    assert here.size == 0


def test_patience_ends_with_an_honest_fault() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    for at in range(100):
        entered(here, waiter(BATCH, float(at)))
    one = entered(here, waiter(BATCH, 100.0))
    for tenth in range(200):
        capacity.free["up"] += tenth % 2
        here.call(100.0 + tenth / 10)
    fault = here.patience_over(one, 130.0, even)
    assert (fault.kind, fault.code) == (FaultKind.SHED, "queue_timeout")
    assert "30.0 s" in fault.message
    assert fault.wait_seconds is not None
    assert 1.0 <= fault.wait_seconds <= 20.0
    assert here.status().shed == {("batch", "queue_timeout"): 1}


def test_interactive_work_trickles_under_a_flood_of_critical_work() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    for at in range(500):
        entered(here, waiter(CRITICAL, float(at)))
    for at in range(100):
        entered(here, waiter(INTERACTIVE, float(at)))
        entered(here, waiter(BATCH, float(at)))
    called = Counter(hand_out(here, capacity, 400))
    assert called["interactive"] == pytest.approx(40, abs=2)
    assert called["batch"] == pytest.approx(20, abs=1)


@given(st.lists(st.sampled_from(PRIORITIES), max_size=200), st.integers(1, 120))
def test_batch_work_never_starves(comers: list[Priority], waiting: int) -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    for at in range(waiting):
        entered(here, waiter(BATCH, float(at)))
    for at in range(50):
        entered(here, waiter(CRITICAL, float(at)))
    for number, priority in enumerate(comers):
        entered(here, waiter(priority, float(number)))
        hand_out(here, capacity, 1)
        if not here.status().waiting["batch"]:
            return
    assert here.status().handed_out["batch"] >= (len(comers) - 1) // 20


def test_what_a_priority_could_not_use_is_not_made_up_to_it_in_a_burst() -> None:
    capacity = Vacancies(a=0, b=0)
    here = room(capacity)
    for at in range(300):
        entered(here, waiter(CRITICAL, float(at)), "a")
    for at in range(50):
        entered(here, waiter(BATCH, float(at)), "b")
    hand_out(here, capacity, 200, "a")
    for at in range(20):
        entered(here, waiter(CRITICAL, float(at)), "b")
    assert hand_out(here, capacity, 10, "b").count("batch") == 1


def test_a_flood_of_one_tenant_does_not_starve_another() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    for at in range(600):
        entered(here, waiter(INTERACTIVE, float(at), tenant="flood"))
    for at in range(20):
        entered(here, waiter(INTERACTIVE, float(at), tenant="quiet"))
    hand_out(here, capacity, 40)
    assert Counter(one.tenant for one in capacity.log)["quiet"] == pytest.approx(20, abs=1)


def test_a_full_room_refuses_who_is_no_more_urgent_than_those_who_wait() -> None:
    here = room(Vacancies(up=0), size_max=3)
    for at in range(3):
        entered(here, waiter(CRITICAL, float(at)))
    fault = refused(here, waiter(CRITICAL, 5.0))
    assert (fault.kind, fault.code) == (FaultKind.SHED, "queue_full")
    assert "critical" in fault.message
    assert here.size == 3


def test_who_is_more_urgent_expels_the_least_urgent_and_there_the_session_that_pressure_would() -> None:
    here = room(Vacancies(up=0), size_max=4)
    entered(here, waiter(INTERACTIVE, 0.0, cohort=100))
    high = entered(here, waiter(BATCH, 1.0, cohort=90))
    low = entered(here, waiter(BATCH, 2.0, cohort=5))
    entered(here, waiter(INTERACTIVE, 3.0))
    rung = []
    high.bell = lambda: rung.append(True)
    entered(here, waiter(INTERACTIVE, 4.0))
    assert rung == [True]
    assert high.expelled is not None
    assert (high.expelled.code, high.granted, low.expelled) == ("queue_full", None, None)
    entered(here, waiter(CRITICAL, 5.0))
    assert low.expelled is not None
    assert here.size == 4


def test_of_one_session_the_newest_makes_way_first() -> None:
    here = room(Vacancies(up=0), size_max=4)
    old, new = (entered(here, waiter(BATCH, float(at), cohort=7)) for at in (1, 2))
    for at in range(3):
        entered(here, waiter(CRITICAL, float(at)))
    assert (old.expelled, new.expelled is None) == (None, False)


@pytest.mark.parametrize(("priority", "places"), [(BATCH, 5), (INTERACTIVE, 9), (CRITICAL, 10)])
def test_no_priority_but_the_most_urgent_can_fill_the_room(priority: Priority, places: int) -> None:
    here = room(Vacancies(up=0), size_max=10)
    for at in range(places):
        entered(here, waiter(priority, float(at)))
    refused(here, waiter(priority, 20.0))


def test_a_tenant_that_fills_the_room_makes_way_for_others_of_the_same_priority() -> None:
    here = room(Vacancies(up=0), size_max=10)
    flood = [entered(here, waiter(BATCH, float(at), tenant="flood")) for at in range(5)]
    entered(here, waiter(BATCH, 6.0, tenant="quiet"))
    entered(here, waiter(BATCH, 7.0, tenant="quiet"))
    assert sum(one.expelled is not None for one in flood) == 2
    refused(here, waiter(BATCH, 8.0, tenant="quiet"))
    refused(here, waiter(BATCH, 8.0, tenant="flood"))


def test_pressure_hears_of_those_who_gave_up_and_of_those_who_made_way() -> None:
    here = room(Vacancies(up=0), size_max=3)
    old = entered(here, waiter(CRITICAL, 0.0))
    here.delays.look(2.0)
    here.patience_over(old, 3.0, even)
    entered(here, waiter(CRITICAL, 3.0))
    assert here.delays.look(5.0)["m"].grows
    entered(here, waiter(BATCH, 5.0, model="other"))
    entered(here, waiter(CRITICAL, 5.0))
    assert "other" not in here.delays.look(5.1)
    entered(here, waiter(CRITICAL, 5.2))
    assert "no place" in here.delays.look(5.3)["other"].reason


def test_a_room_without_places_refuses_everybody() -> None:
    here = room(Vacancies(up=0), size_max=0)
    for priority in PRIORITIES:
        refused(here, waiter(priority))


def test_it_says_when_somebody_begins_to_wait_and_is_asked_from_then_on() -> None:
    capacity = Vacancies(up=0)
    here = room(capacity)
    said: list[int] = []
    here.on_waiting = lambda: said.append(here.size)
    one = entered(here, waiter())
    entered(here, waiter())
    assert said == [1]
    capacity.free["up"] = 2
    here.call_due(1.0)
    assert one.granted is not None
    entered(here, waiter())
    assert said == [1, 1]


def test_newcomers_must_come_through_the_room_while_anybody_waits_for_the_same_upstream() -> None:
    here = room(Vacancies(a=0, b=0, c=0))
    one = entered(here, waiter(), "a", "b")
    assert [here.awaits(name) for name in "abc"] == [True, True, False]
    here.leave(one, 1.0)
    assert [here.awaits(name) for name in "abc"] == [False, False, False]
