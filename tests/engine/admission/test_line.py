from mainstay.engine.admission.line import Line, Share
from mainstay.engine.admission.waiter import Waiter
from tests.engine.admission.places import offers, waiter


def entered(line: Line, share: Share, at: float) -> Waiter:
    one = waiter(at=at, tenant=share.tenant)
    one.is_waiting = True
    line.add(share, (at, 0.0, int(at * 1000)), one)
    return one


def first_of(line: Line) -> Waiter | None:
    found = line.first()
    return None if found is None else found[2]


def gone(line: Line, one: Waiter) -> None:
    one.is_waiting = False
    line.gone(one)


def test_the_tenant_that_has_used_least_goes_first_and_there_the_order_counts() -> None:
    line, greedy, modest = Line(offers()), Share("greedy", 1.0, 5.0), Share("modest", 1.0, 1.0)
    entered(line, greedy, 0.0)
    late, early = entered(line, modest, 2.0), entered(line, modest, 1.0)
    assert first_of(line) is early
    gone(line, early)
    assert first_of(line) is late
    assert line.size == 2


def test_what_a_tenant_used_elsewhere_counts_here_too() -> None:
    line, one, other = Line(offers()), Share("one", 1.0, 0.0), Share("other", 1.0, 0.5)
    entered(line, one, 0.0)
    behind = entered(line, other, 1.0)
    one.used = 3.0
    assert first_of(line) is behind


def test_a_tenant_whose_waiters_have_gone_is_passed_over_and_may_come_back() -> None:
    line, one, other = Line(offers()), Share("one", 1.0, 0.0), Share("other", 1.0, 1.0)
    gone(line, entered(line, one, 0.0))
    behind = entered(line, other, 1.0)
    assert first_of(line) is behind
    again = entered(line, one, 2.0)
    assert first_of(line) is again


def test_it_knows_which_upstreams_it_stands_before() -> None:
    assert Line(offers("a", "b")).upstreams == {"a", "b"}
    assert Line(offers("a")).first() is None
