"""Hedging: a second attempt races one that is slower than nearly always; exactly one of them answers."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.model.catalogue import Price, RecoveryMode, Retries, Workload
from mainstay.model.events import Breakage
from mainstay.model.records import AttemptRecord
from tests.engine.play import candidate
from tests.engine.race import (
    PATIENCE_SECONDS,
    RacePlay,
    capacity_of,
    hedging,
    known_board,
    race,
)

NEVER_HEDGED = msgspec.structs.replace(candidate("alpha"), retries=Retries(attempts_per_upstream=1))
AN_ANSWER = ("text:hello", "finish:", "end:")


def slow_start(**more: object) -> RacePlay:
    """Alpha has not answered within its p95, and beta was asked as well."""
    play = race(**more)  # type: ignore[arg-type]
    play.expect_open("alpha")
    play.after(PATIENCE_SECONDS)
    play.expect_open("beta")
    return play


def outcomes(play: RacePlay) -> list[tuple[str, str, str]]:
    return [(record.upstream, record.outcome, record.chosen) for record in play.attempt_records]


def test_who_is_as_soon_as_always_is_not_hedged() -> None:
    play = race()
    play.expect_open("alpha")
    play.after(1.9)
    play.expect_no_open()
    play.says(*AN_ANSWER)
    play.ends()
    assert play.text == "hello"
    assert play.exchange_record.attempts == 1


def test_the_second_attempt_begins_after_the_p95_of_the_first_ones_own_times() -> None:
    play = race()
    play.expect_open("alpha")
    play.after(1.8)
    play.expect_no_open()
    play.after(0.6)
    play.expect_open("beta")


def test_the_hedge_wins_and_the_first_attempt_is_cancelled() -> None:
    play = slow_start()
    play.attempt(2).says(*AN_ANSWER)
    assert play.cancelled == [1]
    assert (play.text, play.finished) == ("hello", True)
    play.ends()
    assert dict(play.headers)["x-mainstay-upstream"] == "beta"
    assert dict(play.headers)["x-mainstay-attempts"] == "2"
    assert dict(play.headers)["x-mainstay-degraded"] == "alpha: outrun"
    assert outcomes(play) == [("alpha", "no-sample", "first choice"), ("beta", "served", "hedge")]
    assert (play.exchange_record.outcome, play.exchange_record.upstream) == ("answered", "beta")
    assert (play.exchange_record.degraded, play.exchange_record.absorbed) == ("alpha: outrun", ("alpha: outrun",))


def test_the_first_attempt_wins_and_the_hedge_is_cancelled() -> None:
    play = slow_start()
    play.attempt(1).says(*AN_ANSWER)
    assert play.cancelled == [2]
    assert play.text == "hello"
    assert "x-mainstay-degraded" not in dict(play.headers)
    play.ends()
    assert outcomes(play) == [("beta", "no-sample", "hedge"), ("alpha", "served", "first choice")]
    assert play.exchange_record.attempts == 2


def test_a_header_wins_nothing_before_the_first_content() -> None:
    play = slow_start()
    play.attempt(1).says("start:")
    play.attempt(2).opens()
    play.attempt(2).sends("start:", "text:be")
    assert play.cancelled == [1]
    play.sends("text:ta", "finish:", "end:")
    assert play.lines == ["start:", "text:be", "text:ta", "finish:", "end:"]


def test_a_model_that_works_already_is_not_hedged() -> None:
    play = race()
    play.expect_open("alpha")
    play.says("start:", "working:")
    play.after(10)
    play.expect_no_open()
    play.sends(*AN_ANSWER)
    play.ends()
    assert play.text == "hello"


def test_who_has_answered_an_error_is_not_hedged_but_failed_over() -> None:
    play = race()
    play.expect_open("alpha")
    play.answers(529)
    play.expect_open("beta")
    play.says(*AN_ANSWER)
    play.ends()
    assert outcomes(play) == [("alpha", "failed", "first choice"), ("beta", "served", "after overload")]


@pytest.mark.parametrize("status", [429, 529, 503, 500])
def test_when_the_first_attempt_fails_the_hedge_goes_on_alone(status: int) -> None:
    play = slow_start()
    play.attempt(1).answers(status)
    play.expect_no_open()
    assert not play.over
    play.attempt(2).says(*AN_ANSWER)
    play.ends()
    assert (play.text, play.cancelled) == ("hello", [])
    assert play.exchange_record.attempts == 2


def test_when_the_hedge_fails_the_first_attempt_goes_on_alone() -> None:
    play = slow_start()
    play.attempt(2).breaks(Breakage.CLOSED_EARLY)
    play.after(5)
    play.expect_no_open()
    play.attempt(1).says(*AN_ANSWER)
    play.ends()
    assert (play.text, play.cancelled) == ("hello", [])
    assert dict(play.headers)["x-mainstay-upstream"] == "alpha"


def test_when_both_fail_the_exchange_goes_on_as_after_any_failure() -> None:
    gamma = hedging("gamma")
    play = slow_start_of_three(gamma)
    play.attempt(1).answers(503)
    play.attempt(2).answers(503)
    play.expect_open("gamma")
    play.says(*AN_ANSWER)
    play.ends()
    assert play.text == "hello"
    assert play.exchange_record.attempts == 3


def slow_start_of_three(gamma: object) -> RacePlay:
    play = race(hedging("alpha"), hedging("beta"), gamma)  # type: ignore[arg-type]
    play.expect_open("alpha")
    play.after(PATIENCE_SECONDS)
    play.expect_open("beta")
    return play


def test_only_two_attempts_race() -> None:
    play = slow_start_of_three(hedging("gamma"))
    play.after(20)
    play.expect_no_open()


def test_a_caller_who_leaves_cancels_both() -> None:
    play = slow_start()
    play.leaves()
    assert sorted(play.cancelled) == [1, 2]
    assert [outcome for _, outcome, _ in outcomes(play)] == ["left", "left"]
    assert play.exchange_record.outcome == "left"


def test_a_gateway_that_stops_cancels_both() -> None:
    play = slow_start()
    play.drains()
    assert sorted(play.cancelled) == [1, 2]
    assert play.exchange_record.fault == "drained"


def test_the_deadline_ends_both() -> None:
    play = slow_start(workload=Workload(deadline_seconds=10))
    play.after(10)
    assert play.over
    assert sorted(play.cancelled) == [1, 2]
    assert play.exchange_record.total_seconds <= 10


def test_a_stream_that_breaks_after_the_hedge_has_won_is_continued() -> None:
    play = slow_start_of_three(hedging("gamma"))
    play.attempt(2).says("text:Once upon a time there was a ")
    play.breaks()
    assert play.expect_open("gamma").body == b"continue|Once upon a time there was a "
    play.says("text:Once upon a time there was a fox", "finish:", "end:")
    play.ends()
    assert (play.text, play.finished) == ("Once upon a time there was a fox", True)
    assert play.exchange_record.absorbed == ("alpha: outrun", "beta: cut")


def test_a_caller_who_waits_long_hears_keep_alives_from_one_of_them_only() -> None:
    play = slow_start()
    play.after(16)
    assert play.lines == ["ping:"]
    assert play.cancelled == []
    play.attempt(2).says(*AN_ANSWER)
    play.ends()
    assert play.lines == ["ping:", "text:hello", "finish:", "end:"]


def test_of_plain_answers_the_first_whole_good_one_wins() -> None:
    play = slow_start(stream=False)
    play.attempt(2).answers(500)
    assert play.status == 0
    play.attempt(1).answers(200, b"first")
    assert play.reply is not None
    assert play.reply.body == b"first"


def test_a_hedge_that_answers_whole_wins() -> None:
    play = slow_start(stream=False)
    play.attempt(2).answers(200, b"second")
    assert play.reply is not None
    assert (play.reply.body, play.cancelled) == (b"second", [1])
    assert dict(play.headers)["x-mainstay-degraded"] == "alpha: outrun"


def test_a_plain_answer_that_has_begun_is_not_hedged() -> None:
    play = race(stream=False)
    play.expect_open("alpha")
    play.opens()
    play.after(60)
    play.expect_no_open()


def test_an_empty_answer_wins_nothing() -> None:
    play = slow_start(stream=False)
    play.attempt(2).answers(200, b"")
    play.attempt(1).answers(200, b"first")
    assert play.reply is not None
    assert play.reply.body == b"first"


def test_hedges_never_exceed_their_share_of_requests() -> None:
    board = known_board(deposits=0)
    hedges = 0
    for number in range(1, 301):
        play = race(board=board, now=5000.0 + 100 * number)
        play.expect_open("alpha")
        play.after(PATIENCE_SECONDS)
        hedges += len(play.opened) - 1
        assert hedges <= number * 0.02
        play.attempt(1).says(*AN_ANSWER)
        play.ends()
    assert hedges >= 3


def test_hedges_never_exceed_their_share_of_input_tokens() -> None:
    board = known_board(deposits=0)
    board.hedges.of("alpha").deposit(2.0, 1000)
    for _ in range(1000):
        board.hedges.of("alpha").deposit(2.0, 0)
    play = race(board=board, input_tokens=900)
    play.expect_open("alpha")
    play.after(20)
    play.expect_no_open()


def test_both_are_paid_for() -> None:
    price = Price(input=1000, output=5000, cached_input=100, cache_write=1000)
    two = hedging("alpha", price=price), hedging("beta", price=price)
    play = race(*two, input_tokens=100)
    play.expect_open("alpha")
    play.after(PATIENCE_SECONDS)
    play.expect_open("beta")
    play.attempt(2).says("usage:50,10", *AN_ANSWER)
    play.ends()
    loser, winner = play.attempt_records
    assert (loser.upstream, loser.usage_estimated, loser.cost_nanodollars) == ("alpha", True, 100 * 1000)
    assert winner.cost_nanodollars == 50 * 1000 + 10 * 5000
    assert play.exchange_record.cost_nanodollars == 100 * 1000 + 50 * 1000 + 10 * 5000


def test_health_is_told_once_per_attempt_and_the_loser_is_no_sample() -> None:
    board = known_board()
    play = slow_start(board=board)
    play.attempt(2).says(*AN_ANSWER)
    play.ends()
    assert board.breakers() == {}
    assert capacity_of(board).held == {"alpha": 0, "beta": 0}


# Any interleaving: each attempt follows a script of its own, and the scripts are shuffled into one another.

GOOD = ("start:", "text:{0}1 ", "ping:", "text:{0}2 ", "finish:", "end:")
SCRIPTS = st.sampled_from(
    [
        ("open", *GOOD, "over"),
        ("open", "working:", *GOOD, "over"),
        ("open", "start:", "break"),
        ("open", "start:", "error:overload"),
        ("open", "start:", "text:{0}1 ", "break"),
        ("open", "text:{0}1 ", "error:server"),
        ("open", "over"),
        ("break",),
        ("fail",),
        ("throttle",),
        (),
    ]
)


def play_step(play: RacePlay, number: int, step: str) -> None:
    who = play.attempt(number)
    match step:
        case "open":
            who.opens()
        case "over":
            who.ends()
        case "break":
            who.breaks()
        case "fail":
            who.answers(503)
        case "throttle":
            who.answers(429)
        case _:
            who.sends(step.format("ab"[number - 1]))


def act(play: RacePlay, scripts: dict[int, list[str]], order: list[int]) -> None:
    """Each turn belongs to an attempt, or to time (0)."""
    for turn in order:
        if play.over:
            return
        if turn == 0:
            play.after(1.0)
        elif turn <= len(play.opened) and turn not in play.cancelled and scripts[turn]:
            play_step(play, turn, scripts[turn].pop(0))


@settings(max_examples=400)
@given(first=SCRIPTS, second=SCRIPTS, order=st.lists(st.sampled_from([0, 0, 1, 2]), max_size=40))
def test_any_interleaving_gives_the_answer_of_one_attempt(
    first: tuple[str, ...], second: tuple[str, ...], order: list[int]
) -> None:
    board = known_board()
    play = race(board=board, workload=Workload(recovery=RecoveryMode.ERROR))
    act(play, {1: list(first), 2: list(second)}, order)
    if not play.over:
        play.leaves()
    assert play.text in {"", "a1 ", "a1 a2 ", "b1 ", "b1 b2 "}
    if play.exchange_record.outcome == "answered":
        assert play.text in {"a1 a2 ", "b1 b2 "}
        assert play.finished
    assert play.lines.count("start:") <= 1
    assert set(capacity_of(board).held.values()) == {0}
    assert sorted(record.number for record in play.attempt_records) == list(range(1, len(play.opened) + 1))
    told = [record for record in play.records if isinstance(record, AttemptRecord)]
    assert sum(record.outcome == "served" for record in told) <= 1


@settings(max_examples=200)
@given(
    first=st.sampled_from([("good",), ("fail",), ("throttle",), ("break",), ("empty",), ()]),
    second=st.sampled_from([("good",), ("fail",), ("throttle",), ("break",), ("empty",), ()]),
    order=st.lists(st.sampled_from([0, 0, 1, 2]), max_size=12),
)
def test_any_interleaving_gives_one_whole_answer(
    first: tuple[str, ...], second: tuple[str, ...], order: list[int]
) -> None:
    board = known_board(stream=False)
    play = race(board=board, stream=False)
    bodies = {1: b"from alpha", 2: b"from beta"}
    left = {1: list(first), 2: list(second)}
    for turn in order:
        if play.over:
            break
        if turn == 0:
            play.after(1.0)
        elif turn <= len(play.opened) and turn not in play.cancelled and left[turn]:
            step = left[turn].pop(0)
            if step in {"good", "empty"}:
                play.attempt(turn).answers(200, bodies[turn] if step == "good" else b"")
            else:
                play_step(play, turn, step)
    if not play.over:
        play.leaves()
    if play.exchange_record.outcome == "answered":
        assert play.reply is not None
        assert play.reply.body == bodies[1 if play.exchange_record.upstream == "alpha" else 2]
    assert set(capacity_of(board).held.values()) == {0}
    assert sorted(record.number for record in play.attempt_records) == list(range(1, len(play.opened) + 1))


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_of_two_faults_the_one_that_ends_the_exchange_is_reported(order: tuple[int, int]) -> None:
    play = slow_start_of_three(hedging("gamma"))
    for number in order:
        play.attempt(number).answers(503 if number == 1 else 400)
    play.expect_no_open()
    assert play.status == 400
