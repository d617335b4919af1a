"""What a record adds to the tallies."""

import pytest
from hypothesis import given

from mainstay.model.records import AlertRecord, Record
from mainstay.ops.tallies.adding import add
from mainstay.ops.tallies.tally import (
    CHARACTERS_MAX,
    KEYS_MAX,
    OTHERS,
    AttemptTally,
    ExchangeTally,
    SpanTallies,
    TenantTally,
    bucket_of,
)
from tests.ops.tallies.sample_records import RECORDS, attempt, exchange


def added(*records: Record) -> SpanTallies:
    tallies = SpanTallies()
    for record in records:
        add(tallies, record)
    return tallies


def test_an_attempt_counts_for_its_upstreams_model() -> None:
    served = attempt(
        first_content_seconds=0.5, total_seconds=2.5, input_tokens=10, output_tokens=40, cost_nanodollars=7
    )
    assert added(served, attempt(upstream="other")).attempts == {
        "claude-direct/claude-x": AttemptTally(
            attempts=1,
            served=1,
            first_content={bucket_of(0.5): 1},
            output_tokens=40,
            input_tokens=10,
            generated_tokens=40,
            generation_seconds=2.0,
            cost_nanodollars=7,
        ),
        "other/claude-x": AttemptTally(attempts=1, served=1),
    }


def test_an_attempt_is_served_or_blamed_or_says_nothing() -> None:
    tally = added(
        attempt(),
        attempt(outcome="failed", fault="overload", blame="provider"),
        attempt(outcome="continued", fault="cut", blame="provider"),
        attempt(outcome="continued", fault="deadline", blame="us"),
        attempt(outcome="left", fault="caller-left", blame="caller"),
        attempt(outcome="no-sample"),
    ).attempts["claude-direct/claude-x"]
    assert (tally.attempts, tally.served, tally.blamed, tally.no_sample) == (6, 1, 2, 3)
    assert tally.faults == {"overload": 1, "cut": 1, "deadline": 1, "caller-left": 1}


def test_a_fault_of_a_later_version_is_counted_without_its_name() -> None:
    assert added(attempt(outcome="failed", fault="prophecy")).attempts["claude-direct/claude-x"].faults == {OTHERS: 1}


def test_an_answer_that_came_all_at_once_says_nothing_of_the_pace() -> None:
    tally = added(
        attempt(first_content_seconds=2.0, total_seconds=2.05, output_tokens=500),
        attempt(first_content_seconds=1.0, total_seconds=3.0, output_tokens=100),
        attempt(first_content_seconds=1.0, total_seconds=9.0, output_tokens=100, outcome="failed"),
    ).attempts["claude-direct/claude-x"]
    assert (tally.generated_tokens, tally.generation_seconds, tally.output_tokens) == (100, 2.0, 700)


def test_an_exchange_counts_for_its_model_and_workload_and_for_its_tenant() -> None:
    answered = exchange(
        first_content_seconds=0.5,
        total_seconds=2.5,
        queued_seconds=0.25,
        input_tokens=10,
        output_tokens=40,
        cost_nanodollars=7,
        absorbed=("a: overload",),
        recovered=2,
    )
    tallies = added(answered)
    assert tallies.exchanges == {
        "big chat": ExchangeTally(
            exchanges=1,
            answered=1,
            rescued=1,
            recovered=1,
            queued_seconds=0.25,
            first_content={bucket_of(0.5): 1},
            total={bucket_of(2.5): 1},
            input_tokens=10,
            output_tokens=40,
            cost_nanodollars=7,
        )
    }
    assert tallies.tenants == {"blue": TenantTally(exchanges=1, rescued=1, cost_nanodollars=7)}


def test_exchanges_are_told_apart_by_how_they_ended() -> None:
    records = [
        exchange(),
        exchange(cache="hit"),
        exchange(degraded="claude-direct: breaker open"),
        exchange(outcome="failed", fault="overload", absorbed=("a: overload",), recovered=1),
        exchange(outcome="failed", fault="shed"),
        exchange(outcome="refused", fault="bad_request"),
        exchange(outcome="left", fault="caller-left"),
    ]
    tallies = added(*records)
    tally = tallies.exchanges["big chat"]
    assert (tally.exchanges, tally.answered, tally.failed, tally.refused, tally.left) == (7, 3, 2, 1, 1)
    assert (tally.shed, tally.rescued, tally.recovered, tally.cached) == (1, 1, 0, 1)
    assert sum(tally.total.values()) == 3
    assert tallies.tenants["blue"] == TenantTally(exchanges=7, failed=2, rescued=1)


def test_a_model_that_a_caller_made_up_is_no_key() -> None:
    assert list(added(exchange(outcome="refused", attempts=0, model_asked="made up")).exchanges) == [" chat"]
    assert list(added(exchange(outcome="refused", attempts=1)).exchanges) == ["big chat"]
    assert list(added(exchange(outcome="failed", attempts=0, fault="shed")).exchanges) == ["big chat"]


def test_other_records_are_let_pass() -> None:
    assert added(AlertRecord("al_1", 1.0, "billing", "a", "b", "c", "d")) == SpanTallies()


def test_a_key_is_never_longer_than_allowed() -> None:
    tallies = added(*(exchange(tenant="t" * 10_000) for _ in range(2)))
    assert tallies.tenants == {"t" * CHARACTERS_MAX: TenantTally(exchanges=2)}


@pytest.mark.parametrize("numbers", [range(KEYS_MAX + 50), range(KEYS_MAX + 49, -1, -1)], ids=["up", "down"])
def test_only_so_many_tenants_are_told_apart_and_none_is_lost(numbers: range) -> None:
    records = [exchange(tenant=f"t{number:04}", cost_nanodollars=number) for number in numbers]
    tallies = added(*records, *records)
    assert sorted(tallies.tenants) == [OTHERS, *(f"t{number:04}" for number in range(KEYS_MAX))]
    assert tallies.tenants["t0007"] == TenantTally(exchanges=2, cost_nanodollars=14)
    rest = sum(range(KEYS_MAX, KEYS_MAX + 50))
    assert tallies.tenants[OTHERS] == TenantTally(exchanges=100, cost_nanodollars=2 * rest)


@given(RECORDS)
def test_nothing_is_lost_and_nothing_counted_twice(records: list[Record]) -> None:
    tallies = added(*records)
    attempts, exchanges = tallies.attempts.values(), tallies.exchanges.values()
    asked = sum(one.exchanges for one in exchanges)
    assert sum(one.attempts for one in attempts) + asked == len(records)
    assert all(one.attempts == one.served + one.blamed + one.no_sample for one in attempts)
    assert all(one.exchanges == one.answered + one.failed + one.refused + one.left for one in exchanges)
    assert all(max(one.rescued, one.recovered, one.cached) <= one.answered for one in exchanges)
    assert all(one.shed <= one.failed for one in exchanges)
    assert sum(one.exchanges for one in tallies.tenants.values()) == asked
    costs = sum(one.cost_nanodollars for one in attempts) + sum(one.cost_nanodollars for one in exchanges)
    assert costs == sum(getattr(record, "cost_nanodollars", 0) or 0 for record in records)
