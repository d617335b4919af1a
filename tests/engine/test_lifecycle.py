"""What an ended attempt teaches: law 7, blame is explicit; gates, alerts, probes."""

import pytest

from mainstay.engine.board import Board, Key
from mainstay.engine.breaker import BreakerState
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect

TOY = ToyDialect()
ALPHA, BETA = candidate("alpha"), candidate("beta")


KEY = Key("alpha", "m", "")


@pytest.mark.parametrize(
    ("status", "moves"), [(500, True), (503, True), (529, True), (429, False), (400, False), (401, False), (404, False)]
)
def test_only_provider_faults_move_a_breaker(status: int, *, moves: bool) -> None:
    board = Board()
    for _ in range(6):
        Play(TOY, ALPHA, BETA, board=board, stream=False).answers(status)
    breaker = board.breakers().get(KEY)
    assert (breaker is not None and breaker.state is BreakerState.OPEN) is moves


def test_throttling_sets_a_gate_that_other_exchanges_see() -> None:
    board = Board()
    first = Play(TOY, ALPHA, BETA, board=board)
    first.expect_open("alpha")
    first.answers(429, headers=(("retry-after", "30"),))
    first.expect_open("beta")
    second = Play(TOY, ALPHA, BETA, board=board)
    second.expect_open("beta")
    second.expect_no_open()


def test_our_credentials_are_rotated_and_an_alert_is_raised() -> None:
    rich = candidate("alpha", keys=("main", "spare"))
    play = Play(TOY, rich, BETA)
    assert play.expect_open("alpha").headers == (("key", "secret-main"),)
    play.answers(401)
    assert play.expect_open("alpha").headers == (("key", "secret-spare"),)
    play.answers(402)
    play.expect_open("beta")
    play.says("text:ok", "finish:", "end:")
    assert [(alert.kind, alert.credential) for alert in play.alerts] == [("auth", "main"), ("billing", "spare")]


def test_a_probe_counts_only_when_its_stream_has_ended_well() -> None:
    board = Board()
    for _ in range(5):
        Play(TOY, ALPHA, BETA, board=board, stream=False).answers(500)
    later = 1000.0 + 15
    play = Play(TOY, ALPHA, BETA, board=board, now=later)
    play.expect_open("alpha")
    play.says("start:", "text:hello")
    assert board.breakers()[KEY].state is BreakerState.HALF_OPEN
    other = Play(TOY, ALPHA, BETA, board=board, now=later)
    other.expect_open("beta")
    play.sends("finish:", "end:")
    play.ends()
    assert board.breakers()[KEY].state is BreakerState.CLOSED
