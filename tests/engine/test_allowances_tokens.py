"""Tokens by the minute: who is let in, and what it is told."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.engine.allowances import Allowances
from mainstay.engine.purse import Purse
from mainstay.engine.quantities import INPUT_TOKENS
from mainstay.engine.windows import Span, number_at
from mainstay.model.call import Call, CallKind
from mainstay.model.fault import Fault
from mainstay.model.frame import Usage
from mainstay.model.identity import UNBOUNDED, Allowance, Identity
from mainstay.model.rates import Bucket, Told
from tests.engine.test_allowances import A_DOLLAR, TEAM, TEN_CENTS, WALL, admitted, alone, refused


def question(input_tokens: int, output_tokens: int | None = 10, kind: CallKind = CallKind.ANSWER) -> Call:
    return msgspec.structs.replace(
        TEN_CENTS, kind=kind, estimated_input_tokens=input_tokens, max_output_tokens=output_tokens
    )


INPUT = Allowance(input_tokens_per_minute=100)
OUTPUT = Allowance(output_tokens_per_minute=1_000)


def test_input_tokens_are_bounded_by_what_is_expected() -> None:
    allowances = alone()
    admitted(allowances.admit(TEAM, INPUT, WALL, question(60)))
    fault = refused(allowances.admit(TEAM, INPUT, WALL, question(41)))
    assert (fault.code, fault.status) == ("input_tokens_per_minute", 429)
    assert fault.message.startswith("tenant 'team' may use 100 input tokens per minute and has not enough left for")
    admitted(allowances.admit(TEAM, INPUT, WALL, question(40)))


def test_output_tokens_are_bounded_by_a_usual_answer() -> None:
    allowances = alone()
    admitted(allowances.admit(TEAM, OUTPUT, WALL, question(5, 64_000)))
    assert refused(allowances.admit(TEAM, OUTPUT, WALL, question(5, None))).code == "output_tokens_per_minute"
    admitted(allowances.admit(TEAM, OUTPUT, WALL, question(5, 400)))


def test_who_waits_as_told_is_let_in() -> None:
    allowances = alone()
    everything = Allowance(5, None, None, 100, 30)
    wall = WALL
    for _ in range(20):
        verdict = allowances.admit(TEAM, everything, wall, question(30))
        if isinstance(verdict, Fault):
            assert verdict.wait_seconds is not None
            wall += verdict.wait_seconds
            admitted(allowances.admit(TEAM, everything, wall, question(30)))


def test_a_request_larger_than_a_minute_has_its_turn_when_nothing_else_is_used() -> None:
    allowances = alone()
    admitted(allowances.admit(TEAM, INPUT, WALL, question(5_000)))
    refused(allowances.admit(TEAM, INPUT, WALL + 60, question(1)))
    admitted(allowances.admit(TEAM, INPUT, WALL + 120, question(5_000)))


def test_counting_tokens_and_listing_models_use_none() -> None:
    allowances = alone()
    admitted(allowances.admit(TEAM, INPUT, WALL, question(100)))
    for kind in (CallKind.COUNT_TOKENS, CallKind.MODELS):
        admitted(allowances.admit(TEAM, INPUT, WALL, question(100, kind=kind)))


def test_what_was_not_used_can_be_used_again() -> None:
    allowances = alone()
    for _ in range(11):
        purse = admitted(allowances.admit(TEAM, INPUT, WALL, question(90)))
        purse.used(Usage(input_tokens=90, cached_tokens=89), WALL)
        purse.close()
    assert refused(allowances.admit(TEAM, INPUT, WALL, question(90))).code == "input_tokens_per_minute"


def test_two_workers_share_tokens_and_what_is_given_back() -> None:
    one, other = Allowances("g/0", 1), Allowances("g/1", 1)
    purse = admitted(one.admit(TEAM, INPUT, WALL, question(100)))
    other.merge(one.take_news(), WALL)
    refused(other.admit(TEAM, INPUT, WALL, question(1)))
    purse.close()
    other.merge(one.take_news(), WALL)
    admitted(other.admit(TEAM, INPUT, WALL, question(100)))


def test_a_caller_is_told_how_its_limits_stand_also_when_it_is_refused() -> None:
    allowances = alone()
    bound = Allowance(requests_per_minute=1, usd_per_day=1.0)
    purse = admitted(allowances.admit(TEAM, bound, WALL, question(1)))
    assert purse.told(WALL) == allowances.told(TEAM, bound, WALL) == Told(Bucket(1, 0, WALL + 120))
    assert allowances.told(TEAM, A_DOLLAR, WALL) is None
    assert allowances.told(TEAM, UNBOUNDED, WALL) is None
    assert admitted(allowances.admit(TEAM, A_DOLLAR, WALL)).told(WALL) is None


def test_a_refusal_names_the_limit_that_opens_last() -> None:
    allowances = alone()
    mine = Identity("team", token="tk_1", name="ci", allowance=Allowance(input_tokens_per_minute=10))
    tenant = Allowance(requests_per_minute=1)
    admitted(allowances.admit(mine, tenant, WALL, question(10_000)))
    fault = refused(allowances.admit(mine, tenant, WALL + 1, question(1)))
    assert fault.message.startswith("token 'ci' may use 10 input tokens")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(0, 15), st.integers(1, 100), st.integers(0, 150)), max_size=80))
def test_what_is_let_in_never_exceeds_a_minute_by_more_than_its_estimates_were_wrong(
    arrivals: list[tuple[float, int, int]],
) -> None:
    allowances, wall = alone(), WALL
    expected: dict[int, int] = {}
    for pause, estimate, actual in arrivals:
        wall += pause
        verdict = allowances.admit(TEAM, INPUT, wall, question(estimate))
        if isinstance(verdict, Purse):
            verdict.used(Usage(input_tokens=actual), wall)
            verdict.close()
            minute = number_at(Span.MINUTE, wall)
            expected[minute] = expected.get(minute, 0) + actual
            account = allowances.meters.account("tenant:team", wall)
            assert account.used_around(INPUT_TOKENS, minute)[0] == expected[minute], "the truth, to the token"
    assert all(used <= 100 + 150 for used in expected.values())
