"""The health board: told once per attempt, asked before each."""

import pytest

from mainstay.engine.board import CLEAR, KEYS_MAX, PROBE_LOOK_SECONDS, Board, Change, Gate, Standing, Verdict
from mainstay.engine.breaker import CONSECUTIVE_FAILURES, OPEN_SECONDS_MIN, RAMP_SECONDS, BreakerState
from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.key import Key
from tests.engine.boards import ALPHA, BETA, broken_board, end, start
from tests.engine.capacity.words import peers

EVERY_MODEL = Key("alpha", "", "main")


# Breakers


def test_an_unknown_upstream_is_clear() -> None:
    assert Board().standing(ALPHA, 0.0) is CLEAR


def test_an_upstream_that_serves_well_stays_clear() -> None:
    board = Board()
    start(board)
    assert end(board, Verdict.GOOD) is None
    assert board.standing(ALPHA, 0.0) is CLEAR


def test_a_single_failure_costs_nobody_the_first_choice() -> None:
    board = Board()
    end(board, Verdict.BAD)
    assert board.standing(ALPHA, 0.0) is CLEAR


def test_provider_faults_open_the_breaker_of_this_key_alone() -> None:
    board = broken_board()
    assert board.standing(ALPHA, 1.0) == Standing(OPEN_SECONDS_MIN, "breaker open", last_resort=True, share=1.0)
    for other in (BETA, Key("alpha", "haiku", "main"), Key("alpha", "sonnet", "spare")):
        assert board.standing(other, 1.0) is CLEAR


def test_attempts_without_a_sample_move_no_breaker() -> None:
    board = Board()
    for _ in range(100):
        start(board)
        end(board, Verdict.NO_SAMPLE)
    assert board.standing(ALPHA, 0.0) is CLEAR


def test_each_change_of_a_breaker_is_told_once() -> None:
    board = Board()
    told = [end(board, Verdict.BAD) for _ in range(CONSECUTIVE_FAILURES + 1)]
    assert told == [None] * 4 + [Change(ALPHA, BreakerState.OPEN, "for the test"), None]
    later = OPEN_SECONDS_MIN
    assert start(board, at=later) == Change(ALPHA, BreakerState.HALF_OPEN, "open time is over")
    assert end(board, Verdict.GOOD, at=later) == Change(ALPHA, BreakerState.CLOSED, "for the test")


def test_while_a_probe_runs_others_look_again_soon() -> None:
    board = broken_board()
    start(board, at=20.0)
    standing = board.standing(ALPHA, 25.0)
    assert (standing.ready_at, standing.reason) == (25.0 + PROBE_LOOK_SECONDS, "breaker half-open")
    assert standing.last_resort


def test_a_probe_without_a_sample_may_be_repeated_at_once() -> None:
    board = broken_board()
    start(board, at=20.0)
    end(board, Verdict.NO_SAMPLE, at=20.0)
    assert board.standing(ALPHA, 20.0).ready_at <= 20.0


def test_an_attempt_from_before_the_trouble_does_not_free_the_probe() -> None:
    board = broken_board()
    start(board, at=20.0)
    board.ended(ALPHA, Verdict.NO_SAMPLE, 21.0, 0.5, started_at=0.0, repetition=False, reason="the caller left")
    assert board.breakers()[ALPHA].state is BreakerState.HALF_OPEN


def test_after_a_good_probe_the_share_ramps_up() -> None:
    board = broken_board()
    start(board, at=20.0)
    end(board, Verdict.GOOD, at=20.0)
    assert board.standing(ALPHA, 20.0).share == pytest.approx(0.1)
    assert board.standing(ALPHA, 20.0 + RAMP_SECONDS).share == 1.0


def test_breakers_are_given_as_a_copy() -> None:
    board = broken_board()
    board.breakers().clear()
    assert list(board.breakers()) == [ALPHA]


# Gates


def test_a_gate_holds_until_its_instant() -> None:
    board = Board()
    board.close_gate(ALPHA, Gate(30.0, strict=True, reason="throttled"))
    assert board.standing(ALPHA, 29.9) == Standing(30.0, "throttled", last_resort=False, share=1.0)
    assert board.standing(ALPHA, 30.0) is CLEAR
    assert board.standing(BETA, 0.0) is CLEAR


def test_a_lenient_gate_gives_way_to_a_last_resort() -> None:
    board = Board()
    board.close_gate(ALPHA, Gate(30.0, strict=False, reason="auth"))
    assert board.standing(ALPHA, 0.0).last_resort


def test_a_gate_without_a_model_holds_for_every_model_of_the_credential() -> None:
    board = Board()
    board.close_gate(EVERY_MODEL, Gate(30.0, strict=False, reason="billing"))
    assert board.standing(ALPHA, 0.0).reason == "billing"
    assert board.standing(Key("alpha", "haiku", "main"), 0.0).reason == "billing"
    assert board.standing(Key("alpha", "sonnet", "spare"), 0.0) is CLEAR


@pytest.mark.parametrize("untils", [(10.0, 30.0), (30.0, 10.0)])
def test_of_two_gates_the_later_one_counts(untils: tuple[float, float]) -> None:
    board = Board()
    for until in untils:
        board.close_gate(ALPHA, Gate(until, strict=True, reason="throttled"))
    assert board.standing(ALPHA, 0.0).ready_at == 30.0


def test_a_strict_gate_is_not_softened_by_a_lenient_one_that_lasts_longer() -> None:
    board = Board()
    board.close_gate(ALPHA, Gate(10.0, strict=True, reason="throttled"))
    board.close_gate(EVERY_MODEL, Gate(60.0, strict=False, reason="auth"))
    assert board.standing(ALPHA, 0.0) == Standing(10.0, "throttled", last_resort=False, share=1.0)
    assert board.standing(ALPHA, 10.0) == Standing(60.0, "auth", last_resort=True, share=1.0)


def test_a_gate_counts_before_an_open_breaker() -> None:
    board = broken_board()
    board.close_gate(ALPHA, Gate(5.0, strict=True, reason="throttled"))
    assert board.standing(ALPHA, 0.0).reason == "throttled"
    assert board.standing(ALPHA, 5.0).reason == "breaker open"


def test_only_closed_gates_are_listed() -> None:
    board = Board()
    short, long = Gate(10.0, strict=True, reason="throttled"), Gate(20.0, strict=True, reason="throttled")
    board.close_gate(ALPHA, short)
    board.close_gate(BETA, long)
    assert board.gates(15.0) == {BETA: long}
    assert board.gates(20.0) == {}


# Budgets


def test_an_unknown_upstream_may_be_tried_again() -> None:
    assert Board().may_repeat("alpha", 0.0)


def test_repetitions_use_up_the_budget_of_their_upstream_alone() -> None:
    board = Board()
    for _ in range(10):
        start(board, repetition=True)
        end(board, Verdict.GOOD, repetition=True)
    assert not board.may_repeat("alpha", 0.0)
    assert board.may_repeat("beta", 0.0)


def test_the_budget_is_shared_with_other_processes() -> None:
    board = Board(Capacity(peers("b/0", "c/0")))
    for _ in range(2):
        assert board.may_repeat("alpha", 0.0)
        start(board, repetition=True)
        end(board, Verdict.GOOD, repetition=True)
    start(board, repetition=False)
    assert board.may_repeat("alpha", 0.0)
    start(board, repetition=True)
    end(board, Verdict.GOOD, repetition=True)
    assert not board.may_repeat("alpha", 0.0)


def test_a_repetition_that_runs_bars_the_next_one_until_it_has_ended() -> None:
    board = Board()
    start(board, repetition=True)
    assert not board.may_repeat("alpha", 0.0)
    end(board, Verdict.NO_SAMPLE, repetition=True)
    assert board.may_repeat("alpha", 0.0)


# Bounds


def test_memory_is_bounded_even_for_made_up_models() -> None:
    board = Board()
    for number in range(KEYS_MAX + 10):
        key = Key("alpha", f"model-{number}", "main")
        end(board, Verdict.BAD, key)
        board.close_gate(key, Gate(10.0, strict=True, reason="throttled"))
    assert len(board.breakers()) <= KEYS_MAX
    assert len(board.gates(0.0)) <= KEYS_MAX
    assert board.standing(Key("alpha", f"model-{KEYS_MAX + 9}", "main"), 0.0).reason == "throttled"
