from mainstay.control.orders.refusal import Refusal


def test_force_helps_only_where_that_is_said() -> None:
    assert not Refusal("no").force_helps
    assert Refusal("it would leave nobody", force_helps=True).force_helps
