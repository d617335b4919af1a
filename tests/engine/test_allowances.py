"""Allowances: who is let in, what they may spend, and how far wrong it can go while nodes cannot hear each other."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.engine import allowances as allowances_module
from mainstay.engine import meters as meters_module
from mainstay.engine.account import BLIND_SHARE
from mainstay.engine.allowances import Allowances
from mainstay.engine.purse import Purse
from mainstay.engine.windows import Span, number_at
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Price
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.identity import LOCAL, UNBOUNDED, Allowance, Identity
from tests.engine.play import candidate

WALL = 1_772_448_540.0
"""2026-03-02 10:49:00 UTC."""
DAY = 86_400.0
DOLLAR = 10**9
ALPHA = candidate("alpha", price=Price(0, DOLLAR // 100, 0, 0))
"""A cent for each token of output."""
FREE = candidate("free")
TEN_CENTS = Call("toy", CallKind.ANSWER, "/", "m", stream=True, headers=(), body=b"", max_output_tokens=10)
TEAM = Identity("team", token="tk_1", name="ci")
A_DOLLAR = Allowance(usd_per_day=1.0)


def alone() -> Allowances:
    return Allowances("a", 1)


def admitted(verdict: Purse | Fault | None) -> Purse:
    assert isinstance(verdict, Purse), verdict
    return verdict


def refused(verdict: Purse | Fault | None) -> Fault:
    assert isinstance(verdict, Fault), verdict
    return verdict


def pay(
    allowances: Allowances,
    cost: int,
    *,
    identity: Identity = TEAM,
    allowance: Allowance = A_DOLLAR,
    wall: float = WALL,
) -> Fault | None:
    """One exchange with one attempt that costs this much; the fault where it is refused."""
    verdict = allowances.admit(identity, allowance, wall)
    if isinstance(verdict, Fault):
        return verdict
    purse = admitted(verdict)
    fault = purse.refusal(ALPHA, TEN_CENTS, wall)
    if fault is None:
        purse.reserve(1, ALPHA, TEN_CENTS, wall)
        purse.settle(1, cost)
    return fault


def spent(allowances: Allowances, *, wall: float = WALL, subject: str = "tenant:team") -> int:
    return allowances.meters.account(subject, wall).spent[Span.DAY].total(number_at(Span.DAY, wall))


# Who is let in


def test_nobody_is_bounded_who_has_no_bound() -> None:
    allowances = alone()
    assert allowances.admit(LOCAL, UNBOUNDED, WALL) is None
    assert allowances.admit(TEAM, Allowance(), WALL) is None
    assert allowances.meters._accounts == {}


def test_requests_alone_bound_no_money() -> None:
    allowances = alone()
    bound = Allowance(requests_per_minute=2)
    for _ in range(2):
        purse = admitted(allowances.admit(TEAM, bound, WALL))
        assert purse.refusal(ALPHA, TEN_CENTS, WALL) is None
        assert not purse.reserve(1, FREE, TEN_CENTS, WALL)
    fault = refused(allowances.admit(TEAM, bound, WALL))
    assert (fault.kind, fault.status, fault.code) == (FaultKind.ALLOWANCE, 429, "requests_per_minute")
    assert fault.message.startswith("tenant 'team' may send 2 requests per minute")
    assert fault.wait_seconds == pytest.approx(60.001)


def test_a_refused_request_is_not_counted() -> None:
    allowances = alone()
    bound = Allowance(requests_per_minute=1)
    admitted(allowances.admit(TEAM, bound, WALL))
    for second in range(60):
        refused(allowances.admit(TEAM, bound, WALL + second))
    admitted(allowances.admit(TEAM, bound, WALL + 60.1))


def test_tenants_and_tokens_are_bounded_each_for_itself() -> None:
    allowances = alone()
    one = Identity("team", token="tk_1", name="ci", allowance=Allowance(requests_per_minute=1))
    other = Identity("team", token="tk_2", allowance=Allowance(requests_per_minute=2))
    tenant = Allowance(requests_per_minute=3)
    admitted(allowances.admit(one, tenant, WALL))
    assert refused(allowances.admit(one, tenant, WALL)).message.startswith("token 'ci' may send 1 request")
    admitted(allowances.admit(other, tenant, WALL))
    admitted(allowances.admit(other, tenant, WALL))
    assert refused(allowances.admit(other, tenant, WALL)).message.startswith("tenant 'team' may send 3")
    admitted(allowances.admit(Identity("rival", token="tk_3"), tenant, WALL))


def test_the_day_the_month_and_the_token_are_bounded_together() -> None:
    allowances = alone()
    mine = Identity("team", token="tk_1", name="ci", allowance=Allowance(usd_per_day=0.5))
    tenant = Allowance(usd_per_day=10.0, usd_per_month=0.7)
    assert pay(allowances, DOLLAR // 2, identity=mine, allowance=tenant) is None
    fault = pay(allowances, 1, identity=mine, allowance=tenant)
    assert fault is not None
    assert fault.message.startswith("token 'ci' has used its allowance of $0.5 per day")
    assert pay(allowances, DOLLAR // 5, allowance=tenant) is None
    fault = pay(allowances, 1, allowance=tenant)
    assert fault is not None
    assert (fault.code, fault.wait_seconds) == ("usd_per_month", None)


def test_the_next_day_and_the_next_month_begin_anew() -> None:
    allowances = alone()
    assert pay(allowances, DOLLAR) is None
    assert pay(allowances, 1) is not None
    assert pay(allowances, DOLLAR, wall=WALL + DAY) is None
    monthly = Allowance(usd_per_month=1.0)
    end_of_march, april = 1_775_001_599.0, 1_775_001_600.0
    assert refused(allowances.admit(TEAM, monthly, end_of_march)).message.endswith(
        "per month. Wait until 2026-04-01 00:00 UTC, or ask the operator of this gateway for a larger one."
    )
    admitted(allowances.admit(TEAM, monthly, april))


def test_an_allowance_that_is_changed_counts_at_once() -> None:
    allowances = alone()
    assert pay(allowances, DOLLAR) is None
    assert pay(allowances, 1) is not None
    assert pay(allowances, 1, allowance=Allowance(usd_per_day=2.0)) is None


def test_an_account_that_was_forgotten_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters_module, "SUBJECTS_MAX", 1)
    monkeypatch.setattr(allowances_module, "SUBJECTS_MAX", 2)
    allowances = alone()
    for name in ("team", "rival", "third", "team"):
        assert pay(allowances, DOLLAR, identity=Identity(name)) is None
        assert pay(allowances, 1, identity=Identity(name)) is not None
    assert len(allowances._terms) <= 2
    assert len(allowances.meters._accounts) == 1


def test_an_exchange_that_is_taken_up_again_is_neither_counted_nor_refused() -> None:
    allowances = alone()
    bound = Allowance(requests_per_minute=1, usd_per_day=1.0)
    assert pay(allowances, 2 * DOLLAR, allowance=bound) is None
    purse = allowances.purse(TEAM, bound, WALL)
    assert purse is not None
    purse.reserve(1, ALPHA, TEN_CENTS, WALL)
    purse.settle(1, 5)
    assert spent(allowances) == 2 * DOLLAR + 5
    assert allowances.purse(TEAM, UNBOUNDED, WALL) is None


def test_models_without_a_price_are_told_of_once_each_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowances_module, "MODELS_MAX", 2)
    allowances = alone()
    purse = admitted(allowances.admit(TEAM, A_DOLLAR, WALL))
    names = ["x", "x", "y", "y", "z"]
    assert [purse.reserve(1, candidate(name), TEN_CENTS, WALL) for name in names] == [True, False, True, False, False]
    assert allowances.unbounded_attempts == 5


# Clocks that are set


@pytest.mark.parametrize("jump", [-30 * DAY, -DAY, -3_600.0, 3_600.0, DAY, 30 * DAY])
def test_a_clock_that_is_set_and_set_right_again_opens_nothing(jump: float) -> None:
    allowances = alone()
    assert pay(allowances, DOLLAR) is None
    for number in range(5):
        pay(allowances, DOLLAR, wall=WALL + jump + number)
        assert pay(allowances, 1, wall=WALL + number) is not None
    assert spent(allowances) <= 2 * DOLLAR


@pytest.mark.parametrize("jump", [-DAY, DAY, 365 * DAY])
def test_a_clock_that_was_wrong_locks_nobody_for_ever(jump: float) -> None:
    allowances = alone()
    assert pay(allowances, DOLLAR, wall=WALL + jump) is None
    assert pay(allowances, DOLLAR, wall=WALL + 2 * DAY) is None
    assert pay(allowances, DOLLAR, wall=WALL + 3 * DAY) is None


# How far wrong it can go


def test_two_workers_do_not_both_spend_the_last_dollar() -> None:
    one, other = Allowances("g/0", 1), Allowances("g/1", 1)
    one.heard(["g/1"], WALL)
    other.heard(["g/0"], WALL)
    assert pay(one, DOLLAR - DOLLAR // 20) is None
    other.merge(one.take_news(), WALL)
    last = admitted(one.admit(TEAM, A_DOLLAR, WALL))
    assert last.refusal(ALPHA, TEN_CENTS, WALL) is None
    last.reserve(1, ALPHA, TEN_CENTS, WALL)
    other.merge(one.take_news(), WALL)
    assert pay(other, 1) is not None


@settings(max_examples=80)
@given(st.integers(0, 10**9), st.integers(1, 6))
def test_one_gateway_overdraws_by_no_more_than_its_exchanges_under_way(seed: int, most: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    allowances = alone()
    running: list[Purse] = []
    for _ in range(200):
        if running and (len(running) >= most or dice.random() < 0.4):
            running.pop(dice.randrange(len(running))).settle(1, dice.randint(0, DOLLAR // 10))
            continue
        verdict = allowances.admit(TEAM, A_DOLLAR, WALL)
        if isinstance(verdict, Purse) and verdict.refusal(ALPHA, TEN_CENTS, WALL) is None:
            verdict.reserve(1, ALPHA, TEN_CENTS, WALL)
            running.append(verdict)
    # Within the estimates only the exchange that may always use the remainder can go beyond it.
    assert spent(allowances) <= DOLLAR + DOLLAR // 10


@settings(max_examples=80)
@given(st.integers(0, 10**9), st.integers(2, 8), st.integers(0, DOLLAR))
def test_nodes_that_cannot_hear_each_other_overdraw_by_a_hundredth_and_what_is_under_way(
    seed: int, count: int, before: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    nodes = [Allowances(f"n{number}", 1) for number in range(count)]
    names = {f"n{number}" for number in range(count)}
    for node in nodes:
        node.heard(names, WALL)
    pay(nodes[0], before)
    for node in nodes[1:]:
        node.merge(nodes[0].everything(), WALL)
    for node in nodes:
        node.heard((), WALL + 2)
    for _ in range(100 * count):
        pay(dice.choice(nodes), dice.randint(0, DOLLAR // 10), wall=WALL + 3)
    total = before + sum(spent(node) - before for node in nodes)
    assert total <= max(before, DOLLAR * (1 + BLIND_SHARE)) + count * DOLLAR // 10
    if before < DOLLAR:
        assert all(spent(node) > before for node in nodes), "nobody's share is nothing"


def test_together_again_they_know_everything_and_go_on() -> None:
    one, other = Allowances("g/0", 1), Allowances("g/1", 1)
    for node, peer in ((one, "g/1"), (other, "g/0")):
        node.heard([peer], WALL)
        node.heard((), WALL + 2)
        while pay(node, DOLLAR // 20) is None:
            pass
    assert spent(one) <= DOLLAR // 2 + DOLLAR // 10
    one.merge(other.everything(), WALL)
    other.merge(one.everything(), WALL)
    assert spent(one) == spent(other)
    one.heard(["g/1"], WALL + 4)
    assert not one.peers.careful


def test_what_a_dead_worker_spent_stays_spent() -> None:
    one, other = Allowances("g/0", 1), Allowances("g/1", 1)
    one.heard(["g/1"], WALL)
    pay(other, DOLLAR)
    one.merge(other.take_news(), WALL)
    one.peers.part("g/1")
    assert pay(one, 1) is not None


def test_who_leaves_says_goodbye() -> None:
    one, other = Allowances("g/0", 1), Allowances("g/1", 1)
    one.heard(["g/1"], WALL)
    other.leave()
    one.merge(other.take_news(), WALL)
    one.heard((), WALL + 3)
    assert not one.peers.careful


# What is remembered of a caller


@pytest.mark.parametrize("bound", [Allowance(usd_per_day=1.0), Allowance(usd_per_month=1.0)])
def test_a_caller_who_is_known_is_refused_with_the_last_nanodollar(bound: Allowance) -> None:
    allowances = alone()
    assert pay(allowances, DOLLAR - 1, allowance=bound) is None
    assert pay(allowances, 1, allowance=bound) is None
    assert refused(allowances.admit(TEAM, bound, WALL)).kind is FaultKind.ALLOWANCE


def test_a_caller_who_is_known_has_a_share_only_as_soon_as_others_are_silent() -> None:
    allowances, bound = alone(), Allowance(requests_per_minute=10)
    allowances.heard(["g/1"], WALL)
    for _ in range(5):
        admitted(allowances.admit(TEAM, bound, WALL))
    allowances.heard((), WALL + 2)
    refused(allowances.admit(TEAM, bound, WALL + 2))


def test_callers_who_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowances_module, "SUBJECTS_MAX", 2)
    allowances = alone()
    for number in range(5):
        admitted(allowances.admit(Identity("team", token=f"tk_{number}"), A_DOLLAR, WALL))
    assert len(allowances._bindings) <= 2
