"""Counters that only grow: whatever is heard, in whatever order, the largest account of each counts."""

from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.counters import WINDOWS_MAX, Counters

ACCOUNTS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "b", "c"]), st.integers(0, 1_000)), max_size=30)


def test_what_nodes_use_adds_up() -> None:
    counters = Counters()
    counters.add(1, "a", 5)
    counters.add(1, "a", 2)
    counters.learn(1, "b", 10)
    counters.add(2, "a", 100)
    assert (counters.total(1), counters.of(1, "a"), counters.of(1, "b"), counters.total(2)) == (17, 7, 10, 100)
    assert (counters.total(9), counters.of(9, "a"), counters.of(1, "z")) == (0, 0, 0)


def test_an_older_account_is_no_news() -> None:
    counters = Counters()
    assert counters.learn(1, "b", 10)
    assert not counters.learn(1, "b", 10)
    assert not counters.learn(1, "b", 3)
    assert not counters.learn(1, "c", 0)
    assert counters.total(1) == 10


@given(ACCOUNTS, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(accounts: list[tuple[int, str, int]], dice: object) -> None:
    shuffled = accounts * 2
    dice.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis gives a Random
    one, other = Counters(), Counters()
    for account in accounts:
        one.learn(*account)
    for account in shuffled:
        other.learn(*account)
    assert sorted(one.rows()) == sorted(other.rows())
    for window in range(4):
        largest = {node: used for _, node, used in sorted(row for row in accounts if row[0] == window)}
        assert one.total(window) == other.total(window) == sum(largest.values())


def test_windows_are_bounded_and_the_farthest_goes_first() -> None:
    counters = Counters()
    for window in (10, 11, 9_999, 12, 13):
        counters.add(window, "a", 1)
    assert [counters.total(window) for window in (10, 11, 12, 13, 9_999)] == [1, 1, 1, 1, 0]
    assert len({window for window, _, _ in counters.rows()}) == WINDOWS_MAX


def test_a_clock_that_ran_ahead_and_is_right_again_finds_its_counters() -> None:
    counters = Counters()
    counters.add(10, "a", 7)
    counters.add(40, "a", 1)
    assert counters.total(10) == 7


def test_as_time_goes_on_the_oldest_go() -> None:
    counters = Counters()
    for window in (1, 100, 101, 102, 103):
        counters.add(window, "a", 1)
    assert [counters.total(window) for window in (1, 100, 103)] == [0, 1, 1]


def test_a_window_and_the_one_before_it_are_read_together() -> None:
    counters = Counters()
    counters.add(6, "a", 2)
    counters.add(7, "b", 3)
    assert (counters.around(7), counters.around(8), counters.around(9)) == ((3, 2), (0, 3), (0, 0))
