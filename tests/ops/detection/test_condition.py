import pytest

from mainstay.ops.detection.condition import CALM_SECONDS, RECOVERY_SECONDS, WELL_SECONDS, Condition
from mainstay.ops.detection.finding import Grade
from mainstay.ops.detection.verdict import Verdict
from tests.ops.detection.samples import NOW, feed, series


def verdict(
    grade: Grade, *, own: Grade | None = None, errors: bool = True, ratio: float = 1.0, **more: bool
) -> Verdict:
    return Verdict(
        grade=grade,
        own=grade if own is None else own,
        is_about_errors=errors and grade is not Grade.FINE,
        is_quiet=more.get("is_quiet", errors),
        is_heard=more.get("is_heard", False),
        is_held=more.get("is_held", False),
        ratio=ratio,
        evidence=(),
        reason="",
    )


FINE = verdict(Grade.FINE)
SUSPICIOUS = verdict(Grade.SUSPICIOUS)
CONCLUSIVE = verdict(Grade.CONCLUSIVE)


class Course:
    """A component and its condition, one second after the other."""

    def __init__(self) -> None:
        self.series = series()
        self.condition = Condition(self.series)
        self.now = NOW
        feed(self.series, NOW - 100, "." * 100)
        self.path: list[str] = []

    def go(self, seconds: float, outcome: str, what: Verdict, *, stops: bool = False) -> "Course":
        """So many seconds; `stops`: at most, until the state changes."""
        for _ in range(int(seconds)):
            if outcome:
                feed(self.series, self.now, outcome * 2, step=0.5)
            self.now += 1
            if self.condition.step(what, self.now):
                self.path.append(self.condition.state)
                if stops:
                    break
        return self

    @property
    def state(self) -> str:
        return self.condition.state


@pytest.fixture
def course() -> Course:
    return Course()


def test_proof_makes_ill_at_once_and_suspicion_suspected(course: Course) -> None:
    assert course.go(1, "x", SUSPICIOUS).state == "suspected"
    assert course.go(1, "x", CONCLUSIVE).state == "ill"
    assert course.condition.started_at == NOW
    assert not course.series.is_calm


def test_the_beginning_is_known_better_when_it_is_proven(course: Course) -> None:
    course.go(2, "x", SUSPICIOUS)
    course.condition.started_at = course.now
    assert course.go(20, "x", CONCLUSIVE).condition.started_at == NOW


def test_a_suspicion_passes_when_enough_was_served_for_a_minute(course: Course) -> None:
    course.go(2, "x", SUSPICIOUS)
    course.go(CALM_SECONDS - 5, ".", SUSPICIOUS)
    assert course.state == "suspected"
    # 0.5 % is usual, so some hundred in a row must be served.
    course.go(60, ".", SUSPICIOUS, stops=True)
    assert course.state == "well"
    assert course.series.is_calm
    assert course.series.recovery is None


def test_a_suspicion_of_which_nothing_more_is_heard_passes_within_an_hour(course: Course) -> None:
    course.go(2, "x", SUSPICIOUS).go(3_500, "", SUSPICIOUS)
    assert course.state == "suspected"
    assert course.go(200, "", SUSPICIOUS, stops=True).state == "well"
    assert course.series.fresh_from == course.condition.since


def test_a_suspicion_does_not_pass_while_others_say_so(course: Course) -> None:
    heard = verdict(Grade.SUSPICIOUS, own=Grade.FINE, errors=False, is_heard=True, is_quiet=True)
    assert course.go(1_000, ".", heard).state == "suspected"
    assert course.go(CALM_SECONDS + 1, ".", FINE).state == "well"


def test_recovery_takes_two_minutes_of_successes_and_five_more(course: Course) -> None:
    course.go(60, "x", CONCLUSIVE)
    ended = course.now
    course.go(RECOVERY_SECONDS - 2, ".", CONCLUSIVE)
    assert course.state == "ill"
    course.go(5, ".", CONCLUSIVE, stops=True)
    assert course.state == "recovering"
    assert ended <= course.series.fresh_from <= ended + 3
    course.go(WELL_SECONDS - 5, ".", FINE)
    assert course.state == "recovering"
    course.go(10, ".", FINE)
    assert course.path == ["ill", "recovering", "well"]


def test_failures_begin_the_two_minutes_anew(course: Course) -> None:
    course.go(60, "x", CONCLUSIVE).go(100, ".", CONCLUSIVE).go(3, "x", CONCLUSIVE).go(100, ".", CONCLUSIVE)
    assert course.state == "ill"
    assert course.go(30, ".", CONCLUSIVE, stops=True).state == "recovering"


def test_without_traffic_nothing_recovers_for_hours(course: Course) -> None:
    course.go(60, "x", CONCLUSIVE).go(21_000, "", FINE)
    assert course.state == "ill"
    assert course.go(700, "", FINE).state == "recovering"


def test_slowness_recovers_when_it_is_over_for_two_minutes(course: Course) -> None:
    slow = verdict(Grade.CONCLUSIVE, errors=False, ratio=0.0)
    course.go(60, ".", slow).go(RECOVERY_SECONDS - 2, ".", FINE)
    assert course.state == "ill"
    assert course.go(5, ".", FINE).state == "recovering"


def test_slowness_that_stays_becomes_usual(course: Course) -> None:
    slow = verdict(Grade.SUSPICIOUS, errors=False)
    course.go(21_590, "", slow)
    assert not course.series.is_calm
    course.go(20, "", slow)
    assert course.series.is_calm


def test_errors_never_become_usual(course: Course) -> None:
    assert not course.go(30_000, "", verdict(Grade.CONCLUSIVE, ratio=0.5, is_quiet=False)).series.is_calm


def test_what_comes_back_must_stay_well_for_longer_each_time(course: Course) -> None:
    holds = []
    for _ in range(3):
        course.go(60, "x", CONCLUSIVE)
        ended = course.now
        while course.state == "ill":
            course.go(1, ".", CONCLUSIVE)
        holds.append(course.now - ended)
    assert [round(hold / RECOVERY_SECONDS) for hold in holds] == [1, 2, 4]
    assert "well" not in course.path


def test_what_recovers_is_ill_again_at_a_suspicion_of_our_own(course: Course) -> None:
    course.go(10, "x", CONCLUSIVE).go(RECOVERY_SECONDS + 5, ".", FINE)
    assert course.go(1, "x", SUSPICIOUS).path == ["ill", "recovering", "ill"]


def test_a_relapse_soon_after_counts_and_later_does_not(course: Course) -> None:
    course.go(10, "x", CONCLUSIVE).go(500, ".", FINE)
    assert course.path[-1] == "well"
    course.go(10, "x", CONCLUSIVE).go(RECOVERY_SECONDS + 20, ".", FINE)
    assert course.state == "ill"
    course.go(900, ".", FINE)
    assert course.state == "well"
    course.go(7_300, ".", FINE)
    course.go(10, "x", CONCLUSIVE).go(RECOVERY_SECONDS + 20, ".", FINE)
    assert course.state == "recovering"


def test_it_is_not_over_while_others_contradict_what_is_recovering(course: Course) -> None:
    heard = verdict(Grade.SUSPICIOUS, own=Grade.FINE, errors=False, is_heard=True, is_quiet=True)
    course.go(60, "x", CONCLUSIVE).go(150, ".", heard)
    assert course.state == "recovering"
    assert course.go(1_000, ".", heard).state == "recovering"
    assert course.go(1, ".", FINE).state == "well"


def test_a_whole_whose_parts_are_ill_does_not_recover(course: Course) -> None:
    held = verdict(Grade.FINE, is_held=True)
    course.go(60, "x", CONCLUSIVE).go(500, ".", held)
    assert course.state == "ill"
    assert course.go(1, ".", FINE).state == "recovering"


def test_what_was_decided_before_a_restart_is_taken_over() -> None:
    condition = Condition(series())
    for state, at in (("suspected", 0.0), ("ill", 30.0), ("recovering", 600.0), ("ill", 700.0)):
        condition.restore(state, NOW + at, NOW + at, is_about_errors=True)  # type: ignore[arg-type]
    assert (condition.state, condition.since, condition.started_at) == ("ill", NOW + 700, NOW)
    assert not condition.series.is_calm
    feed(condition.series, NOW + 701, "." * 1_000)
    for second in range(150):
        condition.step(FINE, NOW + 1_701 + second)
    states = [condition.state]
    for second in range(150):
        condition.step(FINE, NOW + 1_851 + second)
    assert [*states, condition.state] == ["ill", "recovering"], "it has relapsed before"
    condition.restore("well", NOW + 3_000, NOW + 3_000, is_about_errors=True)
    assert condition.series.is_calm
