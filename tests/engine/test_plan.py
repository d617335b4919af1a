"""The plan: who is tried next, and when. Each rank and each rule as a small story."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.board import Board
from mainstay.engine.key import Key
from mainstay.engine.plan import (
    ATTEMPTS_MAX,
    MARGIN_SECONDS,
    PATIENCE_SECONDS,
    SOON_SECONDS,
    Rest,
    Try,
    first_try,
    key_of,
)
from mainstay.model.catalogue import Candidate, Retries
from mainstay.model.fault import FaultKind
from tests.engine.play import candidate
from tests.engine.story import DEADLINE, NOW, story

ALPHA, BETA, GAMMA = candidate("alpha"), candidate("beta"), candidate("gamma")
OTHER = candidate("delta", "other-model", substitute=True)
TWO_KEYS = candidate("alpha", keys=("main", "spare"))


def with_retries(one: Candidate, attempts_per_upstream: int) -> Candidate:
    return msgspec.structs.replace(one, retries=Retries(attempts_per_upstream=attempts_per_upstream))


# The first try


def test_the_short_way_takes_a_healthy_first_choice() -> None:
    assert first_try((ALPHA, BETA), Board(), NOW) == Try(
        ALPHA, None, key_of(ALPHA, None), "first choice", repetition=False
    )


def test_the_short_way_takes_the_first_credential() -> None:
    first = first_try((TWO_KEYS,), Board(), NOW)
    assert first is not None
    assert first.key == Key("alpha", "m", "main")


def test_the_short_way_leaves_everything_else_to_the_plan() -> None:
    told = story(ALPHA, BETA)
    told.throttled(ALPHA, 5)
    assert first_try(told.candidates, told.board, NOW) is None


@given(chance=st.floats(0.0, 1.0, exclude_max=True))
def test_both_ways_agree_while_all_is_well(chance: float) -> None:
    told = story(TWO_KEYS, BETA)
    assert told.step(dice=lambda: chance) == first_try(told.candidates, told.board, NOW)


# FRESH


def test_untried_candidates_are_taken_in_their_order() -> None:
    told = story(ALPHA, BETA)
    assert told.next() == "alpha"
    told.failed(ALPHA, FaultKind.OVERLOAD)
    assert told.next() == "beta"


def test_a_fresh_candidate_goes_before_a_repetition() -> None:
    told = story(ALPHA, BETA)
    told.failed(ALPHA, FaultKind.SERVER, rest_seconds=0)
    assert told.next() == "beta"


def test_a_fresh_candidate_goes_before_a_substitute_that_is_preferred_to_it() -> None:
    assert story(OTHER, ALPHA).next() == "alpha"


# REPEAT


def test_a_passing_fault_is_tried_again_before_a_substitute() -> None:
    told = story(ALPHA, OTHER)
    told.failed(ALPHA, FaultKind.SERVER, rest_seconds=0)
    assert told.next() == "alpha"


def test_a_repetition_that_is_due_soon_is_waited_for() -> None:
    told = story(ALPHA, OTHER)
    told.failed(ALPHA, FaultKind.SERVER, rest_seconds=SOON_SECONDS)
    assert told.next() == "rest 2.0"


def test_a_repetition_that_is_not_due_soon_makes_room_for_a_substitute() -> None:
    told = story(ALPHA, OTHER)
    told.failed(ALPHA, FaultKind.SERVER, rest_seconds=SOON_SECONDS + 0.1)
    assert told.next() == "delta"


def test_a_repetition_is_due_by_its_own_fault_and_not_by_somebody_elses() -> None:
    told = story(ALPHA, BETA, OTHER)
    told.failed(ALPHA, FaultKind.OVERLOAD, rest_seconds=0)
    told.failed(BETA, FaultKind.SERVER, rest_seconds=0.5)
    assert told.next() == "rest 0.5"


# SUBSTITUTE


def test_an_overloaded_candidate_makes_room_for_a_substitute() -> None:
    told = story(ALPHA, OTHER)
    told.failed(ALPHA, FaultKind.OVERLOAD, rest_seconds=0)
    assert told.next() == "delta"


def test_a_substitute_is_not_repeated_before_another_substitute() -> None:
    told = story(OTHER, candidate("epsilon", "third-model", substitute=True))
    told.failed(OTHER, FaultKind.SERVER, rest_seconds=0)
    assert told.next() == "epsilon"


# AGAIN


def test_when_all_were_tried_the_one_that_is_due_first_is_tried_again() -> None:
    told = story(ALPHA, BETA)
    told.failed(ALPHA, FaultKind.OVERLOAD, rest_seconds=5)
    told.failed(BETA, FaultKind.OVERLOAD, rest_seconds=3)
    assert told.next() == "rest 3.0"
    told.history.rest(BETA, NOW)
    assert told.next() == "beta"


def test_a_ramping_candidate_gets_its_share_and_no_more() -> None:
    told = story(ALPHA, BETA)
    told.breaker_ramps(ALPHA)
    lucky, unlucky = told.step(dice=lambda: 0.05), told.step(dice=lambda: 0.5)
    assert isinstance(lucky, Try)
    assert isinstance(unlucky, Try)
    assert (lucky.candidate, unlucky.candidate) == (ALPHA, BETA)


def test_a_ramping_candidate_is_tried_when_nobody_else_is_left() -> None:
    told = story(ALPHA)
    told.breaker_ramps(ALPHA)
    assert told.next() == "alpha"


# LATER


def test_a_throttled_candidate_is_passed_over() -> None:
    told = story(ALPHA, BETA)
    told.throttled(ALPHA, 5)
    assert told.next() == "beta"


def test_when_all_are_throttled_the_nearest_gate_is_waited_for() -> None:
    told = story(ALPHA, BETA)
    told.throttled(ALPHA, 9)
    told.throttled(BETA, 4)
    assert told.next() == "rest 4.0"
    assert told.step() == Rest(NOW + 4, "throttled")


def test_a_gate_beyond_the_deadline_is_not_waited_for() -> None:
    told = story(ALPHA)
    told.throttled(ALPHA, 300)
    assert told.next() == "nobody"


def test_a_gate_is_never_jumped() -> None:
    told = story(ALPHA)
    told.failed(ALPHA, FaultKind.THROTTLE)
    told.throttled(ALPHA, 7)
    assert told.next() == "rest 7.0"


def test_another_credential_is_not_behind_the_same_gate() -> None:
    told = story(TWO_KEYS)
    told.throttled(TWO_KEYS, 7, credential="main")
    assert told.next() == "alpha/spare"


def test_a_gate_that_opens_soon_is_waited_for_before_a_last_resort() -> None:
    told = story(ALPHA, BETA)
    told.throttled(ALPHA, PATIENCE_SECONDS)
    told.breaker_opened(BETA)
    assert told.next() == f"rest {PATIENCE_SECONDS:.1f}"


def test_a_gate_that_opens_much_later_is_not_waited_for_while_a_last_resort_is_left() -> None:
    told = story(ALPHA, BETA)
    told.throttled(ALPHA, PATIENCE_SECONDS + 1)
    told.breaker_opened(BETA)
    assert told.next() == "beta"


# LAST_RESORT


def test_a_candidate_with_an_open_breaker_is_passed_over() -> None:
    told = story(ALPHA, OTHER)
    told.breaker_opened(ALPHA)
    assert told.next() == "delta"


def test_when_every_breaker_is_open_the_one_that_opens_to_us_first_is_tried() -> None:
    told = story(ALPHA, BETA)
    told.breaker_opened(ALPHA)
    told.breaker_opened(BETA, at=NOW - 3)
    assert told.next() == "beta"
    step = told.step()
    assert isinstance(step, Try)
    assert step.chosen == "last resort (breaker open)"


def test_a_refused_credential_is_tried_when_nobody_else_is_left() -> None:
    told = story(ALPHA)
    told.refused(ALPHA, 60)
    assert told.next() == "alpha"


def test_a_last_resort_is_taken_even_if_its_breaker_stays_open_beyond_the_deadline() -> None:
    told = story(ALPHA)
    told.breaker_opened(ALPHA)
    step = told.step(deadline=NOW + 1)
    assert isinstance(step, Try)


def test_a_last_resort_waits_for_its_own_backoff() -> None:
    told = story(ALPHA)
    told.failed(ALPHA, FaultKind.SERVER, rest_seconds=1.5)
    told.breaker_opened(ALPHA)
    assert told.next() == "rest 1.5"
    told.history.rest(ALPHA, NOW)
    assert told.next() == "alpha"


def test_of_two_last_resorts_the_untried_one_goes_before_the_one_that_rests() -> None:
    told = story(ALPHA, BETA)
    told.failed(ALPHA, FaultKind.SERVER, rest_seconds=1.5)
    told.breaker_opened(ALPHA, at=NOW - 5)
    told.breaker_opened(BETA)
    assert told.next() == "beta"


# Credentials


@pytest.mark.parametrize("kind", [FaultKind.AUTH, FaultKind.BILLING])
def test_account_trouble_rotates_to_the_next_credential_of_the_same_upstream(kind: FaultKind) -> None:
    told = story(TWO_KEYS, BETA)
    assert told.next() == "alpha/main"
    told.failed(TWO_KEYS, kind, credential="main")
    assert told.next() == "alpha/spare"
    step = told.step()
    assert isinstance(step, Try)
    assert not step.repetition


def test_after_the_last_credential_comes_the_next_candidate() -> None:
    told = story(TWO_KEYS, BETA)
    told.failed(TWO_KEYS, FaultKind.AUTH, credential="main")
    told.failed(TWO_KEYS, FaultKind.AUTH, credential="spare")
    assert told.next() == "beta"


def test_a_rotation_does_not_excuse_a_repetition_elsewhere() -> None:
    told = story(ALPHA, candidate("beta", keys=("main",)))
    told.failed(ALPHA, FaultKind.SERVER, rest_seconds=1.0)
    told.failed(told.candidates[1], FaultKind.AUTH, credential="main")
    assert told.next() == "rest 1.0"
    told.budget_is_spent("alpha")
    assert told.next() == "nobody"


# Never


@pytest.mark.parametrize("kind", [FaultKind.STALL, FaultKind.MODEL_GONE, FaultKind.UNALIGNED])
def test_what_cannot_get_better_is_not_tried_again(kind: FaultKind) -> None:
    told = story(TWO_KEYS)
    told.failed(TWO_KEYS, kind, credential="main")
    assert told.next() == "nobody"


def test_at_most_two_attempts_go_to_one_upstream_whatever_the_model() -> None:
    told = story(ALPHA, candidate("alpha", "other", substitute=True))
    told.failed(ALPHA, FaultKind.SERVER, rest_seconds=0)
    told.failed(told.candidates[1], FaultKind.SERVER, rest_seconds=0)
    assert told.next() == "nobody"


@pytest.mark.parametrize(("attempts", "answer"), [(1, "nobody"), (2, "alpha")])
def test_the_bound_per_upstream_is_the_users(attempts: int, answer: str) -> None:
    told = story(with_retries(ALPHA, attempts))
    told.failed(ALPHA, FaultKind.SERVER, rest_seconds=0)
    assert told.next() == answer


def test_an_exchange_makes_sixteen_attempts_at_most() -> None:
    told = story(*(candidate(f"upstream-{number}") for number in range(ATTEMPTS_MAX + 1)))
    for one in told.candidates[:ATTEMPTS_MAX]:
        assert told.next() == one.upstream.name
        told.failed(one, FaultKind.OVERLOAD)
    assert told.next() == "nobody"


def test_a_spent_budget_forbids_repetitions_only() -> None:
    told = story(ALPHA, BETA)
    told.failed(ALPHA, FaultKind.SERVER, rest_seconds=0)
    told.budget_is_spent("alpha")
    told.budget_is_spent("beta")
    assert told.next() == "beta"
    told.failed(BETA, FaultKind.SERVER, rest_seconds=0)
    assert told.next() == "nobody"


@pytest.mark.parametrize(("left", "answer"), [(MARGIN_SECONDS, None), (MARGIN_SECONDS * 2, Try)])
def test_no_attempt_begins_at_the_deadline(left: float, answer: type[Try] | None) -> None:
    step = story(ALPHA).step(deadline=NOW + left)
    assert (None if step is None else type(step)) is answer


# Why


def test_the_reason_is_kept_for_the_record() -> None:
    told = story(ALPHA, BETA, GAMMA)
    told.throttled(ALPHA, 5)
    step = told.step()
    assert isinstance(step, Try)
    assert step.chosen == "others not ready"
    told.failed(BETA, FaultKind.CUT)
    step = told.step()
    assert isinstance(step, Try)
    assert step.chosen == "after cut"


# Anything, in any combination

TROUBLES = [FaultKind.SERVER, FaultKind.OVERLOAD, FaultKind.THROTTLE, FaultKind.AUTH, FaultKind.STALL, None]


@given(
    troubles=st.lists(st.sampled_from(TROUBLES), min_size=1, max_size=4),
    opened=st.sets(st.integers(0, 3)),
    refused=st.sets(st.integers(0, 3)),
)
def test_somebody_is_tried_or_waited_for_as_long_as_anybody_may_help(
    troubles: list[FaultKind | None], opened: set[int], refused: set[int]
) -> None:
    told = story(*(candidate(f"upstream-{number}") for number in range(len(troubles))))
    for number, (one, kind) in enumerate(zip(told.candidates, troubles, strict=True)):
        if kind is not None:
            told.failed(one, kind, rest_seconds=1.0)
        if number in opened:
            told.breaker_opened(one)
        if number in refused:
            told.refused(one, 60.0)
    step = told.step()
    assert not isinstance(step, Rest) or NOW < step.until < DEADLINE
    helpless = {FaultKind.AUTH, FaultKind.STALL}
    assert (told.next() == "nobody") is all(kind in helpless for kind in troubles)
