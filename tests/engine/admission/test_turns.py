from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.admission.turns import GONE_KEPT_MAX, Turns
from mainstay.engine.admission.waiter import Waiter
from tests.engine.admission.places import waiter


def added(turns: Turns, *at: float) -> list[Waiter]:
    made = []
    for number, one in enumerate(at):
        new = waiter(at=one)
        new.is_waiting = True
        turns.add((one, 0.0, number), new)
        made.append(new)
    return made


def gone(turns: Turns, one: Waiter) -> None:
    one.is_waiting = False
    turns.gone()


def test_the_smallest_order_comes_first() -> None:
    turns = Turns()
    late, early = added(turns, 5.0, 2.0)
    assert turns.first() == ((2.0, 0.0, 1), early)
    gone(turns, early)
    assert turns.first() == ((5.0, 0.0, 0), late)
    gone(turns, late)
    assert turns.first() is None
    assert turns.size == 0


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), st.data())
def test_whoever_waits_comes_in_order_and_whoever_has_gone_never_does(at: list[float], data: st.DataObject) -> None:
    turns = Turns()
    made = added(turns, *at)
    for one in data.draw(st.lists(st.sampled_from(made), unique_by=id)):
        gone(turns, one)
    expected = sorted((one.entered_at, number) for number, one in enumerate(made) if one.is_waiting)
    seen = []
    while (first := turns.first()) is not None:
        seen.append((first[0][0], first[0][2]))
        gone(turns, first[1])
    assert seen == expected


def test_those_who_have_gone_do_not_pile_up_behind_one_who_stays() -> None:
    turns = Turns()
    added(turns, 0.0)
    for at in range(1, 1_000):
        gone(turns, *added(turns, float(at)))
    assert len(turns._heap) <= 2 * turns.size + GONE_KEPT_MAX
    assert turns.size == 1
