"""Gray failures: who answers slowly or badly is suspect, with evidence, and is so no more when it is well again."""

import pytest

from mainstay.engine.gray.watch import KEYS_MAX, PROBE_COHORTS, Watch
from mainstay.engine.key import Key
from mainstay.model.fault import FaultKind
from tests.engine.gray.provider import ALPHA, Provider, seen

FIRST = 60


def test_nobody_is_suspect_before_something_is_known() -> None:
    provider = Provider()
    assert provider.answers(49, wait=30.0) == []
    assert not provider.is_avoided()


def test_a_provider_that_is_as_always_is_not_suspect() -> None:
    provider = Provider()
    provider.is_usual(1000)
    assert not provider.is_avoided()
    assert provider.watch.standing(provider.now) == ()


def test_slow_first_content_makes_suspect_with_evidence() -> None:
    provider = Provider()
    provider.is_usual()
    (change,) = provider.answers(60, wait=4.2)[:1]
    assert change.what == "suspect"
    assert change.state == "begun: slow first content"
    assert change.reason.startswith("p50 4.2 s over ")
    assert "requests; usual 1.0 s (p95 1.1 s)" in change.reason
    assert provider.is_avoided()


def test_twenty_slow_answers_are_enough_where_traffic_is_thin_and_fewer_are_not() -> None:
    provider = Provider(every=40.0)
    provider.is_usual()
    assert provider.answers(9, wait=10.0) == []
    assert not provider.is_avoided()
    assert provider.answers(11, wait=10.0) != []


def test_a_few_slow_answers_among_many_change_nothing() -> None:
    provider = Provider()
    provider.is_usual()
    assert provider.answers_in_turn(300, lambda number: {"wait": 9.0 if number % 3 == 0 else 1.0}) == []


def test_twice_as_slow_is_not_yet_suspect() -> None:
    provider = Provider()
    provider.is_usual()
    assert provider.answers(200, wait=2.0) == []


def test_what_is_slow_by_milliseconds_only_is_not_suspect() -> None:
    provider = Provider()
    assert provider.answers(200, wait=0.01) == []
    assert provider.answers(200, wait=0.2) == []


def test_a_wide_spread_is_usual_where_it_always_was_so() -> None:
    provider = Provider()
    often_slow = lambda number: {"wait": 9.0 if number % 5 in {0, 1} else 1.0}  # noqa: E731 - a habit in a line
    assert provider.answers_in_turn(400, often_slow) == []
    assert provider.answers_in_turn(19, lambda number: {"wait": 9.0 if number % 2 else 1.0}) == []


def test_long_prompts_are_compared_with_long_prompts() -> None:
    provider = Provider()
    provider.answers_in_turn(400, lambda number: {"wait": 8.0, "input_tokens": 50_000} if number % 2 else {"wait": 1.0})
    assert provider.answers(200, wait=8.0, input_tokens=50_000) == []
    assert provider.answers(60, wait=8.0, input_tokens=500) != []


def test_slow_output_makes_suspect() -> None:
    provider = Provider()
    provider.is_usual()
    (change,) = provider.answers(100, tokens_per_second=10.0)[:1]
    assert change.state == "begun: slow output"
    assert change.reason == f"p50 10 tokens/s over {change.reason.split()[4]} requests; usual 50 tokens/s"


def test_plain_answers_are_judged_by_their_speed_and_not_by_their_length() -> None:
    provider = Provider()
    assert provider.answers(200, stream=False) == []
    assert provider.answers(200, stream=False, tokens=5000) == []
    assert provider.answers(100, stream=False, tokens=100, wait=20.0) != []


def test_output_that_is_fast_enough_is_never_slow() -> None:
    provider = Provider()
    assert provider.answers(200, tokens_per_second=2000.0) == []
    assert provider.answers(200, tokens_per_second=120.0) == []


@pytest.mark.parametrize(
    ("how", "name"),
    [
        ({"fault": FaultKind.CUT}, "answers cut short"),
        ({"stop": "max_tokens"}, "answers cut short"),
        ({"stop": "length", "allowed": 4096}, "answers cut short"),
        ({"fault": FaultKind.EMPTY}, "empty answers"),
        ({"tools_broken": True}, "broken tool calls"),
        ({"fault": FaultKind.MALFORMED, "code": "broken_tool_call"}, "broken tool calls"),
        ({"stop": "refusal"}, "refusals"),
        ({"stop": "content_filter"}, "refusals"),
    ],
)
def test_a_jump_of_bad_answers_makes_suspect(how: dict[str, str | bool | FaultKind], name: str) -> None:
    provider = Provider()
    provider.is_usual()
    changes = provider.answers_in_turn(120, lambda number: how if number % 3 == 0 else {})
    assert changes[0].state == f"begun: {name}"
    assert " of " in changes[0].reason
    assert changes[0].reason.endswith("answers; usual 0%")


@pytest.mark.parametrize("stop", ["refusal", "max_tokens"])
def test_what_was_always_frequent_is_no_jump(stop: str) -> None:
    provider = Provider()
    often = lambda number: {"stop": stop} if number % 2 else {}  # noqa: E731 - a habit in a line
    assert provider.answers_in_turn(600, often) == []


def test_an_answer_as_long_as_the_caller_allows_is_not_cut_short() -> None:
    provider = Provider()
    provider.is_usual()
    assert provider.answers(200, stop="max_tokens", allowed=100) == []


def test_callers_who_leave_before_anything_came_tell_of_slowness() -> None:
    provider = Provider()
    provider.is_usual()
    changes = provider.answers(120, fault=FaultKind.CALLER_LEFT, works=False, wait=10.0)
    assert changes[0].state == "begun: slow first content"


def test_callers_who_leave_in_the_middle_tell_when_it_began() -> None:
    provider = Provider()
    provider.is_usual(60)
    provider.answers(100, fault=FaultKind.CALLER_LEFT)
    assert provider.watch.patience(ALPHA, 500, is_stream=True) == pytest.approx(1.0, rel=0.1)
    assert provider.answers(120, fault=FaultKind.CALLER_LEFT, wait=10.0) != []


def test_callers_who_leave_soon_push_nothing_out() -> None:
    provider = Provider()
    provider.is_usual()
    for _ in range(600):
        provider.watch.saw(ALPHA, seen(provider.now, wait=0.5, fault=FaultKind.CALLER_LEFT, works=False))
    for _ in range(100):
        provider.watch.saw(ALPHA, seen(provider.now, wait=10.0))
    provider.now += 12.0
    assert provider.is_avoided()


def test_what_is_cut_before_it_began_does_not_make_beginnings_shorter() -> None:
    provider = Provider()
    early = {"fault": FaultKind.CUT, "works": False, "wait": 0.01}
    provider.answers_in_turn(600, lambda number: early if number % 2 else {})
    assert provider.watch.patience(ALPHA, 500, is_stream=True) == pytest.approx(1.0, rel=0.1)
    assert "usual 1.0 s (p95 1.1 s)" in provider.answers(60, wait=5.0)[0].reason


def test_a_window_covers_a_minute_however_many_requests_there_are() -> None:
    """A hiccup of a few seconds is none of a minute."""
    watch, at = Watch(), 1000.0

    def busy(seconds: float, wait: float) -> int:
        nonlocal at
        changes = 0
        for _ in range(int(seconds * 50)):
            at += 0.02
            changes += len(watch.saw(ALPHA, seen(at - wait - 2.0, wait=wait)))
        return changes

    assert busy(150.0, 1.0) == 0
    assert busy(15.0, 10.0) == 0
    assert busy(60.0, 10.0) == 1


def test_callers_who_leave_soon_tell_nothing() -> None:
    provider = Provider()
    provider.is_usual()
    assert provider.answers(200, fault=FaultKind.CALLER_LEFT, works=False, wait=0.5) == []
    assert provider.watch.patience(ALPHA, 500, is_stream=True) == pytest.approx(1.0, rel=0.1)


@pytest.mark.parametrize("kind", [FaultKind.SERVER, FaultKind.CONNECT, FaultKind.OVERLOAD, FaultKind.THROTTLE])
def test_what_the_breaker_sees_is_not_judged_twice(kind: FaultKind) -> None:
    provider = Provider()
    provider.is_usual()
    assert provider.answers(200, fault=kind, works=False, wait=20.0) == []
    assert not provider.is_avoided()


def test_counts_of_tokens_and_lists_of_models_are_not_judged() -> None:
    provider = Provider()
    provider.is_usual()
    assert provider.answers(200, is_answer=False, wait=20.0) == []


def test_one_session_in_ten_stays_with_a_suspect() -> None:
    provider = Provider()
    provider.is_usual()
    provider.answers(60, wait=5.0)
    stay = [cohort for cohort in range(128) if not provider.is_avoided(cohort)]
    assert stay == list(range(PROBE_COHORTS))


def test_a_suspicion_of_one_key_is_none_of_another() -> None:
    watch = Watch()
    provider = Provider(watch)
    provider.is_usual()
    provider.answers(60, wait=5.0)
    assert not watch.is_suspect(Key("alpha", "sonnet", "spare"), 100, provider.now)


def test_a_suspect_is_over_it_when_its_probes_are_well() -> None:
    provider = Provider()
    provider.is_usual()
    provider.answers(60, wait=5.0)
    (change,) = provider.answers(60, wait=1.0)
    assert (change.what, change.state) == ("suspect", "over")
    assert change.reason.startswith("p50 1.0 s over ")
    assert not provider.is_avoided()


def test_almost_well_is_not_well_enough() -> None:
    provider = Provider()
    provider.is_usual()
    provider.answers(60, wait=5.0)
    assert provider.answers(200, wait=2.0) == []
    assert provider.is_avoided()


def test_bad_samples_of_a_suspect_never_become_usual() -> None:
    provider = Provider()
    provider.is_usual()
    assert len(provider.answers(3000, wait=5.0)) == 1
    assert provider.is_avoided()
    (row,) = provider.watch.standing(provider.now)
    assert row.usual == "1.0 s (p95 1.1 s)"


def test_a_suspicion_without_probes_runs_out_after_half_a_minute() -> None:
    provider = Provider()
    provider.is_usual()
    while not provider.is_avoided():
        provider.answers(1, wait=5.0)
    provider.now += 29.0
    assert provider.is_avoided()
    provider.now += 2.0
    assert not provider.is_avoided()
    assert provider.watch.standing(provider.now) == ()
    (change,) = provider.answers(1)
    assert (change.state, change.reason) == ("over", "too few answers to prove it any more")


def test_a_suspicion_that_comes_back_lasts_longer_and_longer_up_to_ten_minutes() -> None:
    provider = Provider(every=2.0)
    provider.is_usual()
    lasted = []
    for _ in range(7):
        while not provider.is_avoided():
            provider.answers(1, wait=5.0)
        (row,) = provider.watch.standing(provider.now)
        lasted.append(round(row.since_seconds + row.until_seconds))
        provider.now += row.until_seconds + 1.0
        provider.answers(1)
    assert lasted == [30, 60, 120, 240, 480, 600, 600]


def test_after_a_proven_recovery_the_next_suspicion_is_short_again() -> None:
    provider = Provider(every=2.0)
    provider.becomes_suspect(3000.0)
    provider.now += 31.0
    provider.answers(1)
    provider.answers(30, wait=5.0)
    (row,) = provider.watch.standing(provider.now)
    assert row.since_seconds + row.until_seconds >= 60.0
    provider.answers(60)
    assert not provider.is_avoided()
    while not provider.is_avoided():
        provider.answers(1, wait=5.0)
    (row,) = provider.watch.standing(provider.now)
    assert row.since_seconds + row.until_seconds == 30.0


@pytest.mark.parametrize(("probes", "goes_on"), [(2, False), (3, True)])
def test_two_bad_probes_do_not_prolong_a_suspicion(probes: int, *, goes_on: bool) -> None:
    provider = Provider()
    provider.becomes_suspect(3000.0)
    provider.answers(probes, wait=5.0)
    provider.now = 3031.0
    assert provider.is_avoided() is goes_on


def test_while_probes_are_bad_a_suspicion_goes_on_without_an_end() -> None:
    provider = Provider()
    provider.is_usual()
    changes = provider.answers(1000, wait=5.0)
    assert [change.state for change in changes] == ["begun: slow first content"]
    (row,) = provider.watch.standing(provider.now)
    assert row.since_seconds > 900
    assert 0 < row.until_seconds <= 600


def test_an_old_baseline_is_forgotten() -> None:
    provider = Provider()
    provider.is_usual()
    provider.now += 100_000.0
    assert provider.answers(60, wait=5.0) == []
    assert not provider.is_avoided()


def test_the_standing_shows_the_evidence() -> None:
    provider = Provider()
    provider.is_usual()
    provider.answers(60, wait=4.0)
    (row,) = provider.watch.standing(provider.now)
    assert (row.key, row.what) == (ALPHA, "slow first content")
    assert row.recent.startswith("p50 4.0 s over ")
    assert row.usual.startswith("1.0 s (p95 ")
    assert provider.watch.reason("alpha", "sonnet", provider.now) == "suspect: slow first content"
    assert provider.watch.reason("beta", "sonnet", provider.now) == ""


def test_without_suspects_there_is_no_reason() -> None:
    assert Watch().reason("alpha", "sonnet", 0.0) == ""


def test_patience_is_the_p95_and_needs_a_hundred_answers() -> None:
    provider = Provider()
    provider.is_usual(99)
    assert provider.watch.patience(ALPHA, 500, is_stream=True) is None
    provider.is_usual(300)
    assert provider.watch.patience(ALPHA, 500, is_stream=True) == pytest.approx(1.0, rel=0.1)
    assert provider.watch.patience(ALPHA, 50_000, is_stream=True) is None
    assert provider.watch.patience(ALPHA, 500, is_stream=False) is None
    assert provider.watch.patience(Key("beta", "sonnet", ""), 500, is_stream=True) is None


def test_attempts_that_were_outrun_keep_patience_from_shrinking() -> None:
    """The slowest answers are those that a hedge outruns. Were they not counted, ever more would be hedged."""
    provider = Provider()
    often_slow = lambda number: {"wait": 4.0 if number % 10 == 0 else 1.0}  # noqa: E731 - a habit in a line
    provider.answers_in_turn(300, often_slow)
    before = provider.watch.patience(ALPHA, 500, is_stream=True)
    outrun: dict[str, object] = {"fault": FaultKind.OUTRUN, "works": False, "wait": 4.5}
    provider.answers_in_turn(1000, lambda number: outrun if number % 10 == 0 else {"wait": 1.0})
    after = provider.watch.patience(ALPHA, 500, is_stream=True)
    assert before is not None
    assert after is not None
    assert after >= before * 0.95


def test_the_number_of_keys_is_bounded() -> None:
    watch = Watch()
    first = Provider(watch)
    first.is_usual()
    first.answers(60, wait=5.0)
    for number in range(KEYS_MAX):
        watch.saw(Key(f"upstream {number}", "m", ""), seen(first.now))
    assert not first.is_avoided()
    assert watch.standing(first.now) == ()
