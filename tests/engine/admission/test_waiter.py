from mainstay.engine.admission.waiter import Waiter
from mainstay.engine.demand import USUAL_DEMAND


def test_its_turn_goes_by_when_its_caller_came_not_by_when_it_entered() -> None:
    assert Waiter(USUAL_DEMAND, 20.0, 50.0, "m", 5.0).arrived_at == 5.0
    assert Waiter(USUAL_DEMAND, 20.0, 50.0).arrived_at == 20.0


def test_its_bell_is_silent_until_it_gets_one() -> None:
    one = Waiter(USUAL_DEMAND, 0.0, 1.0)
    one.bell()
    assert (one.granted, one.expelled, one.is_waiting) == (None, None, False)
