"""The retry budget: repetitions stay a small share of the work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.budget import TOKENS_MAX, TRICKLE_PER_SECOND, RetryBudget

steps = st.lists(st.tuples(st.floats(0.0, 30.0), st.sampled_from(["first", "repetition", "end"])), max_size=300)


def spent(count: int, budget: RetryBudget) -> RetryBudget:
    for _ in range(count):
        budget.started(0.0, repetition=True)
        budget.ended(repetition=True)
    return budget


def test_a_new_upstream_may_be_tried_again_ten_times() -> None:
    assert spent(9, RetryBudget()).allows(0.0)
    assert not spent(10, RetryBudget()).allows(0.0)


def test_at_25_percent_four_first_attempts_earn_one_repetition() -> None:
    budget = spent(10, RetryBudget(percent=25))
    for _ in range(3):
        budget.started(0.0, repetition=False)
        budget.ended(repetition=False)
    assert not budget.allows(0.0)
    budget.started(0.0, repetition=False)
    assert budget.allows(0.0)


def test_ten_seconds_earn_one_repetition() -> None:
    budget = spent(10, RetryBudget())
    assert not budget.allows(9.9)
    assert budget.allows(10.0)


def test_no_more_is_saved_than_the_bucket_holds() -> None:
    budget = spent(1, RetryBudget())
    budget.started(1_000_000.0, repetition=False)
    assert budget.tokens == TOKENS_MAX
    budget.started(2_000_000.0, repetition=False)
    assert budget.tokens == TOKENS_MAX


def test_one_repetition_at_a_time_is_always_allowed_and_no_more_where_little_runs() -> None:
    budget = RetryBudget(percent=10)
    budget.started(0.0, repetition=True)
    assert not budget.allows(0.0)
    budget.ended(repetition=True)
    assert budget.allows(0.0)


@pytest.mark.parametrize(("running", "allowed"), [(10, 1), (20, 2), (50, 5)])
def test_a_tenth_of_what_runs_may_be_repetitions(running: int, allowed: int) -> None:
    budget, repeating = RetryBudget(percent=10), 0
    for _ in range(running - allowed):
        budget.started(0.0, repetition=False)
    while budget.allows(0.0):
        budget.started(0.0, repetition=True)
        repeating += 1
    assert repeating == allowed


def test_time_that_runs_backwards_earns_nothing() -> None:
    budget = spent(10, RetryBudget(at=100.0))
    budget.started(100.0, repetition=False)
    budget.started(50.0, repetition=False)
    assert not budget.allows(100.0)


def test_an_end_too_many_does_not_make_debts() -> None:
    budget = RetryBudget()
    budget.ended(repetition=True)
    assert (budget.running, budget.repeating) == (0, 0)


@pytest.mark.parametrize(("processes", "tokens"), [(2, 5), (4, 2), (20, 1)])
def test_each_of_several_processes_has_a_share_of_the_bucket(processes: int, tokens: int) -> None:
    budget = RetryBudget()
    budget.divide(processes, 0.0)
    assert spent(tokens - 1, budget).allows(0.0)
    assert not spent(1, budget).allows(0.0)


def test_several_processes_earn_together_what_one_would() -> None:
    budget = RetryBudget()
    budget.divide(4, 0.0)
    spent(3, budget)
    assert not budget.allows(39.9)
    assert budget.allows(40.0)


def test_a_process_that_is_alone_again_has_all_of_it() -> None:
    budget = RetryBudget()
    budget.divide(4, 0.0)
    budget.divide(1, 0.0)
    assert budget.tokens == 2.5
    assert budget.allows(0.0)
    budget.started(1_000.0, repetition=False)
    assert budget.tokens == TOKENS_MAX


@given(steps=steps, percent=st.floats(0.0, 50.0))
def test_repetitions_stay_under_the_percentage_the_trickle_and_the_first_ten(
    steps: list[tuple[float, str]], percent: float
) -> None:
    budget, now, firsts, repetitions = RetryBudget(percent=percent), 0.0, 0, 0
    running: list[bool] = []
    for seconds, step in steps:
        now += seconds
        if step == "end" and running:
            budget.ended(repetition=running.pop())
        elif step == "first":
            budget.started(now, repetition=False)
            running.append(False)
            firsts += 1
        elif step == "repetition" and budget.allows(now):
            budget.started(now, repetition=True)
            running.append(True)
            repetitions += 1
            assert sum(running) <= max(1.0, len(running) * percent / 100 + 1)
    assert repetitions <= TOKENS_MAX + firsts * percent / 100 + now * TRICKLE_PER_SECOND + 1e-6
    assert (budget.running, budget.repeating) == (len(running), sum(running))
