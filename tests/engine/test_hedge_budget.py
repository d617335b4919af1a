"""The budget of hedges: never more than its share, of requests and of input tokens."""

from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.hedge_budget import REQUESTS_MAX, TOKENS_MAX, HedgeBudget, HedgeBudgets


def test_it_begins_empty() -> None:
    assert not HedgeBudget().allows(0)


def test_fifty_requests_pay_for_one_hedge_at_two_percent() -> None:
    budget = HedgeBudget()
    for _ in range(49):
        budget.deposit(2.0, 100)
    assert not budget.allows(100)
    budget.deposit(2.0, 150)
    assert budget.allows(100)
    budget.withdraw(100)
    assert not budget.allows(0)


def test_a_long_prompt_waits_for_the_tokens_of_many_short_ones() -> None:
    budget = HedgeBudget()
    for _ in range(100):
        budget.deposit(2.0, 1000)
    assert budget.allows(2000)
    assert not budget.allows(2100)


def test_a_quiet_time_saves_up_only_so_much() -> None:
    budget = HedgeBudget()
    for _ in range(100_000):
        budget.deposit(20.0, 10_000)
    spent = 0
    while budget.allows(100):
        budget.withdraw(100)
        spent += 1
    assert spent == REQUESTS_MAX
    for _ in range(1000):
        budget.deposit(20.0, 10_000_000)
    assert not budget.allows(int(TOKENS_MAX) + 1)


@given(st.lists(st.integers(0, 300_000), max_size=300), st.floats(0.1, 20.0))
def test_the_share_holds_however_requests_come(prompts: list[int], percent: float) -> None:
    budget = HedgeBudget()
    hedged: list[int] = []
    for number, tokens in enumerate(prompts, 1):
        budget.deposit(percent, tokens)
        if budget.allows(tokens):
            budget.withdraw(tokens)
            hedged.append(tokens)
        assert len(hedged) <= number * percent / 100 + 1e-6
        assert sum(hedged) <= sum(prompts[:number]) * percent / 100 + 1e-3


def test_each_upstream_has_its_own() -> None:
    budgets = HedgeBudgets()
    budgets.of("alpha").deposit(100.0, 10)
    assert budgets.of("alpha").allows(10)
    assert not budgets.of("beta").allows(10)
