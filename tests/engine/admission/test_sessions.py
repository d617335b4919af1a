import msgspec
import pytest

from mainstay.engine.admission import sessions
from mainstay.engine.admission.level import position_of
from mainstay.engine.admission.sessions import AWAY_SECONDS, MARGIN, SESSION_SECONDS, Sessions
from mainstay.engine.demand import COHORTS, Demand
from mainstay.model.catalogue import Priority
from tests.engine.admission.places import BATCH, INTERACTIVE, demand


def of(session: int, cohort: int = 60, priority: Priority = INTERACTIVE) -> Demand:
    return msgspec.structs.replace(demand(priority, cohort=cohort), session_hash=session)


def test_a_new_session_stands_where_its_cohort_stands() -> None:
    assert Sessions().position(of(1), 0.0) == position_of(of(1)) == COHORTS + 60


def test_who_was_let_in_stands_better_and_who_was_turned_away_worse() -> None:
    known = Sessions()
    known.judged(of(1), 0.0, is_let_in=True)
    known.judged(of(2), 0.0, is_let_in=False)
    assert known.position(of(1), 1.0) == COHORTS + 60 - MARGIN
    assert known.position(of(2), 1.0) == COHORTS + 60 + MARGIN
    assert known.position(of(3), 1.0) == COHORTS + 60


@pytest.mark.parametrize(("cohort", "is_let_in"), [(3, True), (COHORTS - 3, False)])
def test_but_never_as_another_priority(cohort: int, *, is_let_in: bool) -> None:
    known = Sessions()
    for priority in (INTERACTIVE, BATCH):
        one = of(1, cohort, priority)
        known.judged(one, 0.0, is_let_in=is_let_in)
        assert known.position(one, 1.0) // COHORTS == position_of(one) // COHORTS
        known.clear()


def test_the_turn_of_the_hour_moves_no_session_that_runs() -> None:
    known = Sessions()
    known.judged(of(1, cohort=60), 0.0, is_let_in=True)
    assert known.position(of(1, cohort=120), 1.0) == COHORTS + 60 - MARGIN


def test_who_is_let_in_after_all_stands_better_from_then_on() -> None:
    known = Sessions()
    known.judged(of(1), 0.0, is_let_in=False)
    known.judged(of(1), 1.0, is_let_in=True)
    assert known.position(of(1), 2.0) == COHORTS + 60 - MARGIN


def test_a_session_that_has_not_asked_for_long_is_a_new_one() -> None:
    known = Sessions()
    known.judged(of(1), 0.0, is_let_in=True)
    assert known.position(of(1), SESSION_SECONDS) < position_of(of(1))
    known.judged(of(1), SESSION_SECONDS, is_let_in=True)
    assert known.position(of(1), 2 * SESSION_SECONDS) < position_of(of(1))
    assert known.position(of(1), 2 * SESSION_SECONDS + 1.0) == position_of(of(1))


def test_who_asks_again_and_again_does_not_stay_away_for_ever() -> None:
    known = Sessions()
    for second in range(int(AWAY_SECONDS)):
        known.judged(of(1), float(second), is_let_in=False)
    assert known.position(of(1), AWAY_SECONDS) > position_of(of(1))
    assert known.position(of(1), AWAY_SECONDS + 1.0) == position_of(of(1))


def test_without_a_session_nothing_is_remembered() -> None:
    known = Sessions()
    known.judged(demand(), 0.0, is_let_in=True)
    assert known.position(demand(), 1.0) == position_of(demand())


def test_they_are_bounded_and_who_has_not_asked_for_the_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SESSIONS_MAX", 2)
    known = Sessions()
    for session in (1, 2, 1, 3):
        known.judged(of(session), 0.0, is_let_in=True)
    better = [known.position(of(session), 1.0) < position_of(of(session)) for session in (1, 2, 3)]
    assert better == [True, False, True]
