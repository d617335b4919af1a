"""Who may be hedged with, and who may not be hedged: each rule as a small story."""

from collections.abc import Callable

import msgspec
import pytest

from mainstay.engine.allowances import Allowances
from mainstay.engine.board import Board, Gate, Verdict
from mainstay.engine.breaker import CONSECUTIVE_FAILURES
from mainstay.engine.routing.routed import drained
from mainstay.model.call import CallKind
from mainstay.model.catalogue import Price, Retries
from mainstay.model.identity import Allowance, Identity
from tests.engine.gray.provider import Provider
from tests.engine.play import candidate
from tests.engine.race import ALPHA_KEY, BETA_KEY, PATIENCE_SECONDS, RacePlay, capacity_of, hedging, known_board, race

NEVER_HEDGED = msgspec.structs.replace(candidate("alpha"), retries=Retries(attempts_per_upstream=1))


def not_asked_for(_: Board) -> RacePlay:
    return race(NEVER_HEDGED, hedging("beta"))


def too_little_known(_: Board) -> RacePlay:
    return race(board=known_board(answers=80))


def no_budget(_: Board) -> RacePlay:
    return race(board=known_board(deposits=40))


def breaker_open(board: Board) -> RacePlay:
    for _ in range(CONSECUTIVE_FAILURES):
        board.ended(BETA_KEY, Verdict.BAD, 999.0, 0.5, started_at=999.0, repetition=False, reason="test")
    return race(board=board)


def throttled(board: Board) -> RacePlay:
    board.close_gate(BETA_KEY, Gate(2000.0, strict=True, reason="throttled"))
    return race(board=board)


def full(board: Board) -> RacePlay:
    capacity_of(board).full.add("beta")
    return race(board=board)


def suspect(board: Board) -> RacePlay:
    provider = Provider(board.watch, BETA_KEY)
    provider.now = 5000.0
    provider.answers(60, wait=30.0, input_tokens=0)
    return race(board=board, now=provider.now)


def only_a_substitute(board: Board) -> RacePlay:
    return race(hedging("alpha"), hedging("beta", substitute=True), board=board)


def the_same_upstream(board: Board) -> RacePlay:
    return race(hedging("alpha"), msgspec.structs.replace(hedging("alpha"), model="other"), board=board)


def only_one_who_is_drained(board: Board) -> RacePlay:
    return race(hedging("alpha"), drained(hedging("beta")), board=board)


def nothing_to_be_asked(board: Board) -> RacePlay:
    return race(board=board, mute={"beta": "cannot be told"})


def no_answer_wanted(_: Board) -> RacePlay:
    return race(stream=False, kind=CallKind.COUNT_TOKENS)


@pytest.mark.parametrize(
    "situation",
    [
        not_asked_for,
        too_little_known,
        no_budget,
        breaker_open,
        throttled,
        full,
        suspect,
        only_a_substitute,
        the_same_upstream,
        only_one_who_is_drained,
        nothing_to_be_asked,
        no_answer_wanted,
    ],
)
def test_nobody_is_hedged(situation: Callable[[Board], RacePlay]) -> None:
    play = situation(known_board())
    play.expect_open("alpha")
    play.after(20)
    play.expect_no_open()
    assert play.over is False


def test_whose_upstream_came_into_trouble_meanwhile_is_not_hedged() -> None:
    """A gate or an open breaker is no slowness: who is throttled would only be asked for more."""
    play = race()
    play.expect_open("alpha")
    play.board.close_gate(ALPHA_KEY, Gate(2000.0, strict=True, reason="throttled"))
    play.after(20)
    play.expect_no_open()


def test_who_cannot_be_hedged_with_is_passed_over() -> None:
    board = known_board()
    capacity_of(board).full.add("beta")
    play = race(hedging("alpha"), hedging("beta"), hedging("gamma"), board=board)
    play.expect_open("alpha")
    play.after(PATIENCE_SECONDS)
    play.expect_open("gamma")


def test_another_credential_will_do() -> None:
    board = known_board()
    two_keys = msgspec.structs.replace(hedging("beta"), upstream=candidate("beta", keys=("main", "spare")).upstream)
    main = ALPHA_KEY._replace(upstream="beta", credential="main")
    board.close_gate(main, Gate(5000.0, strict=True, reason="throttled"))
    play = race(hedging("alpha"), two_keys, board=board)
    play.expect_open("alpha")
    play.after(PATIENCE_SECONDS)
    assert play.expect_open("beta").headers == (("key", "secret-spare"),)


@pytest.mark.parametrize(("usd_per_day", "hedges"), [(1.0, 0), (2.0, 1)])
def test_a_hedge_that_the_tenant_may_not_afford_is_not_made(usd_per_day: float, hedges: int) -> None:
    price = Price(input=6_000_000, output=0, cached_input=0, cache_write=0)
    purse = Allowances("a", 1).admit(Identity("acme"), Allowance(usd_per_day=usd_per_day), 1000.0)
    two = hedging("alpha", price=price), hedging("beta", price=price)
    play = race(*two, purse=purse, input_tokens=100)
    play.expect_open("alpha")
    play.after(PATIENCE_SECONDS)
    assert len(play.opened) == 1 + hedges


def test_only_first_attempts_are_hedged() -> None:
    board = known_board()
    for _ in range(1000):
        board.hedges.of("beta").deposit(2.0, 0)
    play = race(hedging("alpha"), hedging("beta"), hedging("gamma"), board=board)
    play.expect_open("alpha")
    play.answers(503)
    play.expect_open("beta")
    play.after(20)
    play.expect_no_open()


def test_who_cannot_be_told_the_request_is_passed_over() -> None:
    board = known_board()
    for _ in range(1000):
        board.hedges.of("beta").deposit(2.0, 0)
    play = race(hedging("alpha"), hedging("beta"), hedging("gamma"), board=board, mute={"alpha": "cannot be told"})
    play.expect_open("beta")
    play.after(PATIENCE_SECONDS)
    play.expect_open("gamma")
