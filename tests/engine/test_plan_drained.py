"""The plan and orders to drain: who is drained comes behind everybody who may serve, and before nobody."""

import msgspec

from mainstay.engine.board import Board
from mainstay.engine.demand import USUAL_DEMAND
from mainstay.engine.history import History
from mainstay.engine.plan import Wait
from mainstay.engine.routing.routed import drained
from mainstay.model.fault import FaultKind
from tests.engine.play import candidate
from tests.engine.race import CountingCapacity
from tests.engine.story import Story, story

ALPHA, BETA = candidate("alpha"), candidate("beta")
OTHER = candidate("delta", "other-model", substitute=True)
LAST = drained(ALPHA)
ORDINARY = msgspec.structs.replace(USUAL_DEMAND, cohort=100)


def test_a_substitute_goes_before_somebody_who_is_drained() -> None:
    assert story(OTHER, LAST).next() == "delta"


def test_a_second_try_at_others_goes_before_somebody_who_is_drained() -> None:
    told = story(BETA, LAST)
    told.failed(BETA, FaultKind.OVERLOAD, rest_seconds=0.5)
    assert told.next() == "rest 0.5"


def test_a_suspect_goes_before_somebody_who_is_drained() -> None:
    told = story(BETA, LAST)
    told.suspected(BETA)
    assert told.next(ORDINARY) == "beta"


def test_where_all_others_are_broken_or_throttled_who_is_drained_serves() -> None:
    told = story(BETA, OTHER, LAST)
    told.breaker_opened(BETA)
    told.throttled(OTHER, 5.0)
    assert told.next() == "alpha"


def test_where_nobody_is_well_who_is_drained_is_no_better_than_others() -> None:
    told = story(BETA, LAST)
    told.breaker_opened(BETA)
    told.breaker_opened(LAST)
    assert told.next() == "beta"


def test_nobody_waits_for_room_while_somebody_who_is_drained_has_it() -> None:
    capacity = CountingCapacity()
    capacity.full.add("beta")
    told = Story((BETA, LAST), History(), Board(capacity))
    assert told.next() == "alpha"
    capacity.full.add("alpha")
    assert isinstance(told.step(), Wait)
