"""The plan and suspects: they are put behind others, and never left out."""

import msgspec

from mainstay.engine.demand import USUAL_DEMAND
from mainstay.engine.plan import first_try
from mainstay.model.fault import FaultKind
from tests.engine.play import candidate
from tests.engine.story import NOW, story

ALPHA, BETA, GAMMA = candidate("alpha"), candidate("beta"), candidate("gamma")
OTHER = candidate("delta", "other-model", substitute=True)
ORDINARY = msgspec.structs.replace(USUAL_DEMAND, cohort=100)
PROBING = msgspec.structs.replace(USUAL_DEMAND, cohort=5)


def test_a_suspect_gives_way_to_others_of_the_same_model_and_to_substitutes() -> None:
    told = story(ALPHA, BETA, OTHER)
    told.suspected(ALPHA)
    assert first_try(told.candidates, told.board, NOW, ORDINARY) is None
    assert told.next(ORDINARY) == "beta"
    told.suspected(BETA)
    assert told.next(ORDINARY) == "delta"


def test_one_session_in_ten_stays_with_a_suspect() -> None:
    told = story(ALPHA, BETA)
    told.suspected(ALPHA)
    assert told.next(PROBING) == "alpha"
    assert first_try(told.candidates, told.board, NOW, PROBING) is not None


def test_the_last_candidate_is_never_left_out() -> None:
    told = story(ALPHA)
    told.suspected(ALPHA)
    assert told.next(ORDINARY) == "alpha"


def test_among_suspects_the_order_of_preference_counts_each_time() -> None:
    told = story(ALPHA, BETA, GAMMA)
    told.suspected(ALPHA, BETA, GAMMA)
    assert {told.next(ORDINARY) for _ in range(10)} == {"alpha"}


def test_a_suspect_that_is_ready_goes_before_everybody_who_is_not() -> None:
    told = story(ALPHA, BETA, GAMMA)
    told.suspected(ALPHA)
    told.breaker_opened(BETA)
    told.throttled(GAMMA, 5)
    assert told.next(ORDINARY) == "alpha"


def test_a_suspect_that_failed_with_others_suspect_is_followed_by_them() -> None:
    told = story(ALPHA, BETA)
    told.suspected(ALPHA, BETA)
    told.failed(ALPHA, FaultKind.OVERLOAD, rest_seconds=3.0)
    assert told.next(ORDINARY) == "beta"
