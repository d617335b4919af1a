"""Boards that tell each other what they know."""

from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.board import (
    KEYS_MAX,
    PROBE_LOOK_SECONDS,
    TOLD_BY_ANOTHER,
    TOLD_MAX,
    Board,
    Change,
    Gate,
    GateChange,
    Told,
    Verdict,
)
from mainstay.engine.breaker import CONSECUTIVE_FAILURES, OPEN_SECONDS_MIN, RAMP_SECONDS, Breaker, BreakerState
from mainstay.engine.hearsay import (
    CLOSED_TOLD_SECONDS,
    GRID_SECONDS,
    PEER_PROBE_SECONDS,
    breaker_rank,
    change_instant,
    gate_rank,
    on_grid,
)
from mainstay.engine.key import Key
from tests.engine.boards import ALPHA, BETA, broken_board, end, start

# Which account counts


def test_a_change_is_later_than_the_account_it_replaces() -> None:
    assert change_instant(5.00049, None) == 5.0
    assert change_instant(5.0, 4.0) == 5.0
    assert change_instant(5.0, 7.0) == on_grid(7.0 + GRID_SECONDS)
    assert change_instant(5.0, 5.0) > 5.0


def test_the_later_account_counts_and_among_equals_the_more_cautious() -> None:
    closed, half = Breaker(), Breaker(BreakerState.HALF_OPEN, until=1.0)
    opened, again = Breaker(BreakerState.OPEN, openings=1, until=9.0), Breaker(BreakerState.OPEN, openings=2, until=8.0)
    in_order = [(opened, 1.0), (closed, 2.0), (half, 2.0), (opened, 2.0), (again, 2.0)]
    ranks = [breaker_rank(breaker, at) for breaker, at in in_order]
    assert ranks == sorted(set(ranks))


def test_how_a_closed_breaker_fades_makes_no_other_account_of_it() -> None:
    assert breaker_rank(Breaker(openings=3, until=9.0), 2.0) == breaker_rank(Breaker(calls=7), 2.0)


def test_of_two_gates_the_later_one_counts_and_among_equals_the_strict_one() -> None:
    ranks = [gate_rank(1.0, "z", strict=True), gate_rank(2.0, "b", strict=False), gate_rank(2.0, "a", strict=True)]
    assert ranks == sorted(set(ranks))


# News for others


def hear(board: Board, told: Told, now: float) -> list[Change | None]:
    """The board hears what another one tells."""
    changes = []
    for one in told.breakers:
        breaker = Breaker(one.state, openings=one.openings, until=one.until, window_at=one.window_at)
        changes.append(board.adopt_breaker(one.key, breaker, one.changed_at, now))
    for gate in told.gates:
        board.adopt_gate(gate.key, gate.gate)
    return changes


def state(board: Board, key: Key = ALPHA) -> BreakerState:
    return board.breakers()[key].state


def test_traffic_that_changes_nothing_is_no_news() -> None:
    board = Board()
    for _ in range(CONSECUTIVE_FAILURES - 1):
        start(board)
        end(board, Verdict.BAD)
    assert board.take_news() == Told([], [])


def test_news_are_told_once_and_only_as_they_stand_now() -> None:
    board = broken_board()
    start(board, at=20.0)
    ((told,), gates) = board.take_news()
    assert (told.key, told.state, told.until, told.changed_at) == (ALPHA, BreakerState.HALF_OPEN, 20.0, 20.0)
    assert gates == []
    assert board.take_news() == Told([], [])


def test_a_gate_is_news_only_when_it_is_later() -> None:
    board = Board()
    late, early = Gate(30.0, strict=True, reason="throttled"), Gate(20.0, strict=True, reason="throttled")
    for gate in (late, early, late):
        board.close_gate(ALPHA, gate)
    assert board.take_news().gates == [GateChange(ALPHA, late)]
    board.close_gate(ALPHA, early)
    assert board.take_news().gates == []


def test_a_newcomer_is_told_what_is_open_or_was_closed_lately_and_which_gates_hold() -> None:
    board = broken_board()
    board.close_gate(BETA, Gate(30.0, strict=True, reason="throttled"))
    board.take_news()
    assert [one.key for one in board.everything(10.0).breakers] == [ALPHA]
    assert [one.key for one in board.everything(10.0).gates] == [BETA]
    assert board.everything(30.0).gates == []
    start(board, at=20.0)
    end(board, Verdict.GOOD, at=20.0)
    assert [one.state for one in board.everything(20.0).breakers] == [BreakerState.CLOSED]
    assert board.everything(20.1 + CLOSED_TOLD_SECONDS).breakers == []


# News of others


def test_a_breaker_that_opened_elsewhere_is_open_here_and_not_told_on() -> None:
    board = Board()
    assert hear(board, broken_board().take_news(), 1.0) == [Change(ALPHA, BreakerState.OPEN, TOLD_BY_ANOTHER)]
    assert board.standing(ALPHA, 1.0).ready_at == OPEN_SECONDS_MIN
    assert board.take_news() == Told([], [])
    assert [one.key for one in board.everything(1.0).breakers] == [ALPHA]


def test_the_same_account_twice_changes_nothing() -> None:
    board, news = Board(), broken_board().take_news()
    hear(board, news, 1.0)
    before = board.breakers()
    assert hear(board, news, 2.0) == [None]
    assert board.breakers() == before


def test_an_account_of_before_our_own_change_is_not_believed() -> None:
    board = broken_board(at=100.0)
    assert hear(board, broken_board(at=50.0).take_news(), 101.0) == [None]
    assert board.breakers()[ALPHA].until == 100.0 + OPEN_SECONDS_MIN


def test_what_is_heard_replaces_news_that_was_not_told_yet() -> None:
    board = broken_board(at=50.0)
    hear(board, broken_board(at=100.0).take_news(), 101.0)
    assert board.take_news() == Told([], [])


def test_while_a_probe_runs_elsewhere_nobody_probes_here() -> None:
    peer, board = broken_board(), Board()
    hear(board, peer.take_news(), 1.0)
    start(peer, at=20.0)
    hear(board, peer.take_news(), 20.0)
    assert not board.breakers()[ALPHA].admits(20.0 + PEER_PROBE_SECONDS - 0.1)
    assert board.standing(ALPHA, 21.0).ready_at == 21.0 + PROBE_LOOK_SECONDS
    assert start(board, at=21.0) is None
    assert state(board) is BreakerState.HALF_OPEN


def test_a_probe_elsewhere_is_believed_for_as_long_as_it_is_told() -> None:
    peer, board = broken_board(), Board()
    start(peer, at=20.0)
    for now in (20.0, 30.0, 40.0):
        hear(board, peer.everything(now), now)
    assert not board.breakers()[ALPHA].admits(40.0 + PEER_PROBE_SECONDS - 0.1)
    assert board.breakers()[ALPHA].admits(40.0 + PEER_PROBE_SECONDS)


def test_a_probe_elsewhere_is_told_by_nobody_but_its_own_process() -> None:
    peer, board = broken_board(), Board()
    start(peer, at=20.0)
    hear(board, peer.take_news(), 20.0)
    assert board.everything(20.0).breakers == []


def test_of_two_who_probe_at_the_same_moment_both_go_on_telling_so() -> None:
    boards = broken_board(), broken_board()
    for board in boards:
        start(board, at=20.0)
    news = [board.take_news() for board in boards]
    for board, told in zip(boards, reversed(news), strict=True):
        hear(board, told, 20.0)
        assert [one.state for one in board.everything(20.0).breakers] == [BreakerState.HALF_OPEN]


def test_who_takes_over_the_probe_of_a_silent_peer_tells_so() -> None:
    peer, board = broken_board(), Board()
    start(peer, at=20.0)
    hear(board, peer.take_news(), 20.0)
    late = 20.0 + PEER_PROBE_SECONDS
    assert start(board, at=late) is None
    (told,) = board.take_news().breakers
    assert (told.state, told.until) == (BreakerState.HALF_OPEN, late)


def test_an_attempt_of_ours_does_not_free_the_probe_of_a_peer() -> None:
    peer, board = broken_board(), Board()
    start(peer, at=20.0)
    hear(board, peer.take_news(), 20.0)
    end(board, Verdict.NO_SAMPLE, at=20.0)
    assert state(board) is BreakerState.HALF_OPEN


def test_a_good_probe_elsewhere_closes_ours_with_its_ramp() -> None:
    peer, board = broken_board(), broken_board()
    start(peer, at=20.0)
    end(peer, Verdict.GOOD, at=20.0)
    assert hear(board, peer.take_news(), 20.0) == [Change(ALPHA, BreakerState.CLOSED, TOLD_BY_ANOTHER)]
    assert board.standing(ALPHA, 20.0).share == pytest.approx(0.1)
    assert board.standing(ALPHA, 20.0 + RAMP_SECONDS).share == 1.0


def test_hearsay_is_no_evidence_of_our_own() -> None:
    board, peer = Board(), broken_board(at=10.0)
    for _ in range(CONSECUTIVE_FAILURES - 1):
        end(board, Verdict.BAD, at=19.0)
    start(peer, at=20.0)
    end(peer, Verdict.GOOD, at=20.0)
    assert hear(board, peer.take_news(), 20.0) == [None]
    assert state(board) is BreakerState.CLOSED
    assert end(board, Verdict.BAD, at=21.0) is not None, "what we have seen ourselves still counts"


def test_a_change_of_ours_outdoes_an_account_from_a_clock_ahead_of_ours() -> None:
    board, ahead = Board(), broken_board(at=50.0)
    hear(board, ahead.take_news(), 1.0)
    board.ended(ALPHA, Verdict.GOOD, 49.0, 0.5, started_at=50.0, repetition=False, reason="")
    ((told,), _) = board.take_news()
    assert told.changed_at > 50.0
    hear(ahead, Told([told], []), 51.0)
    assert state(ahead) is BreakerState.CLOSED


def test_what_others_tell_never_evicts_what_we_know() -> None:
    board = broken_board()
    board.close_gate(ALPHA, Gate(10.0, strict=True, reason="throttled"))
    for number in range(KEYS_MAX + 10):
        key = Key("made-up", f"model-{number}", "main")
        board.adopt_breaker(key, Breaker(BreakerState.OPEN, until=10.0), 1.0, 1.0)
        board.adopt_gate(key, Gate(10.0, strict=True, reason="made up"))
    assert len(board.breakers()) == KEYS_MAX
    assert len(board.gates(0.0)) == KEYS_MAX
    assert state(board) is BreakerState.OPEN
    assert board.standing(ALPHA, 0.0).reason == "throttled"
    assert len(board.everything(2.0).breakers) == TOLD_MAX
    assert len(board.everything(2.0).gates) == TOLD_MAX


# Boards that tell each other everything agree, whatever was lost, doubled or overtaken on the way

DEEDS = st.tuples(
    st.integers(0, 2), st.sampled_from(["break", "start", "good", "bad", "gate"]), st.floats(0.0, 9.0), st.booleans()
)


def do(board: Board, deed: str, now: float) -> None:
    if deed == "break":
        for _ in range(CONSECUTIVE_FAILURES):
            end(board, Verdict.BAD, at=now)
    elif deed == "start":
        start(board, at=now)
    elif deed == "gate":
        board.close_gate(ALPHA, Gate(now + 60.0, strict=True, reason="throttled"))
    else:
        end(board, Verdict.GOOD if deed == "good" else Verdict.BAD, at=now)


class Account(NamedTuple):
    """What boards must agree upon, to the millisecond. The details of a closed breaker fade by traffic, which each
    board sees for itself; one that never moved is nothing to tell."""

    state: BreakerState
    details: tuple[float, int] | None
    gate: tuple[float, bool, str] | None


def account(board: Board) -> Account:
    breaker, gate = board.breakers().get(ALPHA, Breaker()), board.gates(0.0).get(ALPHA)
    details = None if breaker.state is BreakerState.CLOSED else (on_grid(breaker.until), breaker.openings)
    ranked = None if gate is None else gate_rank(gate.until, gate.reason, strict=gate.strict)
    return Account(breaker.state, details, ranked)


@given(st.lists(DEEDS, max_size=25), st.randoms(use_true_random=False))
def test_boards_converge(deeds: list[tuple[int, str, float, bool]], chance: Random) -> None:
    boards = [Board() for _ in range(3)]
    mail: list[Told] = []
    now = 0.0
    for number, deed, seconds, is_simultaneous in deeds:
        now += 0.0 if is_simultaneous else seconds
        do(boards[number], deed, now)
        mail.append(boards[number].take_news())
        if mail and chance.random() < 0.5:
            hear(chance.choice(boards), chance.choice(mail), now)
    rounds = [board.everything(now) for board in boards] * 2
    chance.shuffle(rounds)
    for told in rounds:
        for board in boards:
            hear(board, told, now)
    assert len({account(board) for board in boards}) == 1
