from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.demand import COHORT_SECONDS, COHORTS, OUTPUT_TOKENS_GUESS, RANKS, cohort_of, demand_of
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Priority, Workload

WALL = 1_772_448_540.0


def call(session: str = "", max_output_tokens: int | None = None) -> Call:
    return Call(
        "toy",
        CallKind.ANSWER,
        "/ask",
        "m",
        stream=False,
        headers=(),
        body=b"",
        max_output_tokens=max_output_tokens,
        estimated_input_tokens=70,
        session=session,
    )


def test_a_demand_is_what_call_and_workload_say() -> None:
    one = demand_of(call("s", 100), Workload("w", Priority.BATCH), "acme", 2.0, "ex_1", WALL)
    assert (one.workload, one.priority, one.tenant, one.weight) == ("w", Priority.BATCH, "acme", 2.0)
    assert (one.input_tokens, one.output_tokens, one.has_session) == (70, 100, True)
    assert one.cohort == cohort_of("acme/s", WALL)


def test_an_answer_without_a_bound_or_with_a_large_one_is_taken_for_a_usual_one() -> None:
    for limit in (None, 0, 100_000):
        assert demand_of(call("", limit), Workload(), "t", 1.0, "ex_1").output_tokens == OUTPUT_TOKENS_GUESS


def test_without_a_session_each_request_is_a_cohort_of_its_own() -> None:
    cohorts = {demand_of(call(), Workload(), "t", 1.0, f"ex_{number}", WALL).cohort for number in range(1_000)}
    assert len(cohorts) > COHORTS * 0.9


@given(st.text(min_size=1), st.floats(0, 4e9))
def test_a_cohort_is_one_of_128_and_always_the_same(session: str, wall: float) -> None:
    assert 0 <= cohort_of(session, wall) < COHORTS
    assert cohort_of(session, wall) == cohort_of(session, wall)


def test_sessions_spread_over_all_cohorts() -> None:
    found = [cohort_of(f"session {number}", WALL) for number in range(COHORTS * 100)]
    counts = [found.count(cohort) for cohort in range(COHORTS)]
    assert min(counts) > 50
    assert max(counts) < 200


def test_a_session_changes_its_cohort_once_an_hour_and_not_together_with_the_others() -> None:
    changes: list[int] = []
    for number in range(200):
        cohorts = [cohort_of(f"session {number}", WALL + minute * 60) for minute in range(60)]
        moved = [minute for minute in range(1, 60) if cohorts[minute] != cohorts[minute - 1]]
        assert len(moved) <= 1
        changes += moved
    assert len(changes) > 150
    assert max(changes.count(minute) for minute in range(60)) < 20


def test_whoever_was_unlucky_is_not_always() -> None:
    later = [cohort_of("session", WALL + hour * COHORT_SECONDS) for hour in range(48)]
    assert min(later) < COHORTS / 4
    assert max(later) > COHORTS * 3 / 4


def test_the_share_point_of_a_session_follows_its_cohort() -> None:
    one = demand_of(call("s"), Workload(), "t", 1.0, "ex_1", WALL)
    assert one.share_point == one.cohort / COHORTS


def test_critical_work_comes_before_interactive_and_that_before_batch() -> None:
    assert sorted(Priority, key=RANKS.__getitem__) == [Priority.CRITICAL, Priority.INTERACTIVE, Priority.BATCH]
