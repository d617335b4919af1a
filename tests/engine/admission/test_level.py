import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.admission.level import POSITIONS, Level, position_of
from mainstay.engine.demand import COHORTS
from tests.engine.admission.places import BATCH, CRITICAL, INTERACTIVE, demand

INTERACTIVE_FLOOR, BATCH_FLOOR = COHORTS, 2 * COHORTS


def counted(*arrivals: tuple[int, int]) -> Level:
    """A level that has seen so many requests at each of these positions."""
    level = Level()
    for position, times in arrivals:
        for _ in range(times):
            level.admits(position)
    return level


def even(times: int = 10) -> Level:
    return counted(*((position, times) for position in range(POSITIONS)))


def share_of(level: Level) -> float:
    return level.position / POSITIONS


@pytest.mark.parametrize(
    ("priority", "cohort", "position"), [(CRITICAL, 127, 127), (INTERACTIVE, 0, 128), (BATCH, 127, POSITIONS - 1)]
)
def test_positions_run_from_the_most_urgent_to_the_least(priority: object, cohort: int, position: int) -> None:
    made = {one: demand(one, cohort=cohort) for one in (CRITICAL, INTERACTIVE, BATCH)}
    assert position_of(made[priority]) == position  # type: ignore[index]


def test_it_goes_down_to_what_may_be_let_in_and_up_by_a_hundredth() -> None:
    level = even()
    level.lower_to(0.95 * level.per_second, 0)
    assert share_of(level) == pytest.approx(0.95, abs=1 / POSITIONS)
    level.rise()
    assert share_of(level) == pytest.approx(0.96, abs=1 / POSITIONS)
    level.lower_to(2 * level.per_second, 0)
    assert share_of(level) == pytest.approx(0.96, abs=1 / POSITIONS)


def test_it_goes_up_to_what_may_be_let_in() -> None:
    level = even()
    level.lower_to(0.5 * level.per_second, 0)
    level.rise_to(1.4 * level.per_second)
    assert share_of(level) == pytest.approx(0.7, abs=2 / POSITIONS)
    level.rise_to(0.5 * level.per_second)
    assert share_of(level) == pytest.approx(0.7, abs=2 / POSITIONS)


def test_it_never_goes_down_by_more_than_half_at_once() -> None:
    level = even()
    level.lower_to(0.0, 0)
    assert share_of(level) == pytest.approx(0.5, abs=1 / POSITIONS)


def test_requests_per_second_are_those_of_the_last_seconds() -> None:
    level = Level()
    for _ in range(30):
        for _ in range(50):
            level.admits(200)
        level.forget()
    for _ in range(50):
        level.admits(200)
    assert level.per_second == pytest.approx(50.0, rel=0.02)


def test_a_bound_of_its_own_counts_instead_of_the_position() -> None:
    level = Level()
    level.position = 200
    assert level.admits(210, 190)
    assert not level.admits(190, 210)
    assert level.per_second == 1.0


def test_cohorts_that_ask_for_nothing_cost_no_step() -> None:
    level = counted((300, 10), (140, 100))
    level.lower_to(105, 0)
    assert level.position == 300
    level.lower_to(95, 0)
    assert level.position == 140


@given(st.lists(st.tuples(st.integers(0, POSITIONS - 1), st.integers(1, 50)), max_size=20), st.integers(1, 400))
def test_critical_work_is_let_in_however_often_the_level_goes_down(arrivals: list[tuple[int, int]], steps: int) -> None:
    level = counted(*arrivals)
    for _ in range(steps):
        level.lower_to(0.0, 0)
    assert level.position >= COHORTS
    assert all(level.admits(position) for position in range(COHORTS))


def test_a_floor_is_kept() -> None:
    level = even()
    for _ in range(200):
        level.lower_to(0.0, BATCH_FLOOR)
    assert level.position == BATCH_FLOOR


def test_without_requests_nothing_is_known_and_the_level_stays() -> None:
    level = Level()
    level.lower_to(0.0, 0)
    assert level.position == POSITIONS


def test_a_step_up_stops_at_the_ceiling() -> None:
    level = even()
    for _ in range(200):
        level.lower_to(0.0, 0)
    for _ in range(400):
        level.rise(BATCH_FLOOR)
    assert level.position == BATCH_FLOOR
    level.rise(INTERACTIVE_FLOOR)
    assert level.position == BATCH_FLOOR


@given(st.integers(INTERACTIVE_FLOOR, POSITIONS))
def test_under_a_constant_level_a_session_is_served_always_or_never(position: int) -> None:
    level = Level()
    level.position = position
    for cohort in range(COHORTS):
        said = {level.admits(position_of(demand(INTERACTIVE, cohort=cohort))) for _ in range(5)}
        assert said == {INTERACTIVE_FLOOR + cohort < position}


def test_counts_fade() -> None:
    level = counted((300, 100))
    for _ in range(60):
        level.forget()
    level.lower_to(0.0, 0)
    assert level.position == POSITIONS


def test_who_stands_far_above_the_level_must_wait_for_more_steps() -> None:
    level = even()
    for _ in range(20):
        level.lower_to(0.0, 0)
    level.forget()
    steps = [level.steps_to(position) for position in (level.position, level.position + 20, POSITIONS - 1)]
    assert steps == sorted(steps)
    assert steps[1] > 10 * steps[0]
    assert steps[1] == pytest.approx(2_100 / level.position, rel=0.3)


def test_where_nothing_is_known_of_the_way_up_each_position_is_a_step() -> None:
    level = Level()
    level.position = 300
    assert level.steps_to(309) == 10.0
