"""What other processes have under way."""

from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.capacity import elsewhere as module
from mainstay.engine.capacity.elsewhere import HEARD_SECONDS_MAX, Elsewhere
from mainstay.model.news import LoadNews

NEWS = st.builds(
    LoadNews,
    st.just("alpha"),
    st.integers(0, 50),
    st.floats(0, 100),
    st.integers(0, 5),
    st.sampled_from(["", "agents"]),
)


def load(running: int, at: float = 1.0, waiting: int = 0, workload: str = "") -> LoadNews:
    return LoadNews("alpha", running, at, waiting, workload)


def test_accounts_of_nodes_and_workloads_add_up() -> None:
    others = Elsewhere()
    for node, news in (("b", load(3)), ("c", load(4)), ("c", load(2, workload="agents"))):
        assert others.heard(node, news, 0.0)
    assert (others.running, others.running_by) == (9, {"agents": 2})
    assert others.running_of({"c"}) == 6


def test_the_later_account_counts_in_whichever_order_they_come() -> None:
    others = Elsewhere()
    others.heard("b", load(3, at=2.0), 0.0)
    assert not others.heard("b", load(9, at=1.0), 0.0)
    assert others.running == 3
    others.heard("b", load(0, at=3.0), 0.0)
    assert others.running == 0


def test_an_account_that_nobody_repeats_is_forgotten() -> None:
    others = Elsewhere()
    others.heard("b", load(3, waiting=1, workload="agents"), 0.0)
    others.sweep(HEARD_SECONDS_MAX)
    assert others.running == 3
    others.sweep(HEARD_SECONDS_MAX + 2.0)
    assert (others.running, others.running_by, others.waiting) == (0, {}, 0)


def test_accounts_are_bounded() -> None:
    others = Elsewhere()
    for number in range(module.ACCOUNTS_MAX):
        others.heard(f"n/{number}", load(1), 0.0)
    assert not others.heard("one too many", load(1), 0.0)
    assert others.heard("n/0", load(2), 0.0)
    assert others.running == module.ACCOUNTS_MAX + 1


@given(st.lists(st.tuples(st.sampled_from(["b", "c", "d"]), NEWS), max_size=30))
def test_order_makes_no_difference(heard: list[tuple[str, LoadNews]]) -> None:
    latest = {(node, news.workload): news for node, news in sorted(heard, key=lambda one: one[1].at)}
    unique = [(node, news) for (node, _), news in latest.items()]
    first, second = Elsewhere(), Elsewhere()
    for node, news in heard:
        first.heard(node, news, 0.0)
    for node, news in reversed(unique):
        second.heard(node, news, 0.0)
    if len({(node, news.workload, news.at) for node, news in heard}) == len(heard):
        assert (first.running, first.running_by, first.waiting) == (second.running, second.running_by, second.waiting)
