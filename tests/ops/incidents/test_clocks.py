"""Clocks of communication."""

from mainstay.model.incident import Impact, IncidentStatus, Merged, Moved, Nagged, Noted, Posted, Scoped
from mainstay.model.settings import Clocks
from mainstay.ops.incidents.clocks import due, running
from mainstay.ops.incidents.state import IncidentState
from tests.ops.incidents.events import ILL, NOON, incident, opened

CLOCKS = Clocks(first_post_seconds=300.0, scope_seconds=900.0, update_seconds=1_800.0)


def when(state: IncidentState) -> list[tuple[str, float]]:
    return [(one.clock, one.due_at - NOON) for one in running(state, CLOCKS)]


def overdue(state: IncidentState, seconds: float) -> list[str]:
    return [one.clock for one in due(state, NOON + seconds, CLOCKS)]


def test_people_are_to_be_told_of_it_and_of_what_it_affects() -> None:
    assert when(incident((0, opened()))) == [("first-post", 300), ("scope", 900)]
    assert when(incident((0, opened(ILL)))) == [("first-post", 300)]
    assert when(incident((0, opened()), (60, Scoped((ILL,))))) == [("first-post", 300)]


def test_notes_and_silent_moves_tell_nobody_anything() -> None:
    state = incident((0, opened(ILL)), (1, Noted("x")), (2, Moved(IncidentStatus.IDENTIFIED)))
    assert when(state) == [("first-post", 300)]


def test_after_a_word_the_next_one_is_due() -> None:
    assert when(incident((0, opened(ILL, text="We look into it.")))) == [("next-update", 1_800)]
    state = incident((0, opened(ILL)), (100, Posted("x")), (200, Moved(IncidentStatus.IDENTIFIED, "y")))
    assert when(state) == [("next-update", 2_000)]


def test_nobody_is_owed_anything_by_what_is_over_private_or_not_felt() -> None:
    assert when(incident((0, opened()), (1, Moved(IncidentStatus.RESOLVED)))) == []
    assert when(incident((0, opened()), (1, Merged("INC-2")))) == []
    assert when(incident((0, opened(is_private=True)))) == []
    assert when(incident((0, opened(impact=Impact.NONE)))) == []


def test_reopening_starts_the_clocks_again() -> None:
    over = ((0, opened(text="x")), (9, Moved(IncidentStatus.RESOLVED, "y")))
    state = incident(*over, (5_000, Moved(IncidentStatus.INVESTIGATING)))
    assert when(state) == [("scope", 5_900), ("next-update", 6_800)]


def test_people_are_reminded_when_it_is_due_and_not_before() -> None:
    state = incident((0, opened()))
    assert overdue(state, 299.9) == []
    assert overdue(state, 300) == ["first-post"]
    assert overdue(state, 900) == ["first-post", "scope"]


def test_reminders_come_less_and_less_often() -> None:
    nags: list[tuple[float, Nagged]] = []
    for second in range(0, 3_600, 10):
        if overdue(incident((0, opened(ILL)), *nags), second):
            nags.append((second, Nagged("first-post", NOON + 300)))
    assert [second for second, _ in nags] == [300, 600, 1_200, 2_400]


def test_after_a_gap_people_are_reminded_once() -> None:
    state = incident((0, opened(ILL)), (90_000, Nagged("first-post", NOON + 300)))
    assert overdue(state, 90_299) == []
    assert overdue(state, 90_300) == ["first-post"]


def test_a_word_ends_reminders_and_the_next_clock_begins_anew() -> None:
    state = incident((0, opened(ILL)), (300, Nagged("first-post", NOON + 300)), (400, Posted("x")))
    assert [(one.clock, one.nagged, one.nag_at - NOON) for one in running(state, CLOCKS)] == [("next-update", 0, 2_200)]


def test_thousands_of_reminders_break_nothing() -> None:
    nags = [(float(n), Nagged("first-post", NOON + 300)) for n in range(300, 900)]
    assert running(incident((0, opened(ILL)), *nags), CLOCKS)[0].nagged == 600
