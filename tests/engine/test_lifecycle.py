"""What an ended attempt teaches: law 7, blame is explicit; gates, alerts, probes."""

import pytest

from mainstay.engine.board import Board, Key
from mainstay.engine.breaker import BreakerState
from mainstay.engine.policy import ACCOUNT_GATE_SECONDS, GATE_SECONDS_DEFAULT, WAIT_SECONDS_MAX
from mainstay.model.http import Headers
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


def test_a_wait_that_nobody_can_mean_is_not_believed() -> None:
    board = Board()
    play = Play(TOY, ALPHA, BETA, board=board, dice=lambda: 0.0)
    play.answers(429, headers=(("retry-after", "1000000"),))
    assert board.gates(play.now)[KEY].until == play.now + WAIT_SECONDS_MAX


@pytest.mark.parametrize(("headers", "seconds"), [((), GATE_SECONDS_DEFAULT), ((("retry-after", "0"),), 0.001)])
def test_throttling_always_sets_a_gate(headers: Headers, seconds: float) -> None:
    board = Board()
    play = Play(TOY, ALPHA, BETA, board=board, dice=lambda: 0.0)
    play.answers(429, headers=headers)
    assert board.gates(play.now)[KEY].until == pytest.approx(play.now + seconds)


def test_account_trouble_of_a_credential_holds_for_every_model_until_somebody_acts() -> None:
    board = Board()
    play = Play(TOY, candidate("alpha", keys=("main",)), BETA, board=board)
    play.answers(401)
    gate = board.gates(play.now)[Key("alpha", "", "main")]
    assert gate.until == play.now + ACCOUNT_GATE_SECONDS
    assert not gate.strict


def test_a_passing_fault_rests_with_jitter_before_it_is_tried_again() -> None:
    play = Play(TOY, ALPHA, dice=lambda: 0.5)
    play.expect_open("alpha")
    play.answers(503)
    play.expect_no_open()
    assert play.until == play.now + 0.25


def test_each_change_of_a_breaker_is_a_record_of_its_own() -> None:
    board = Board()
    records = []
    for _ in range(5):
        play = Play(TOY, ALPHA, BETA, board=board, stream=False)
        play.answers(500)
        records += play.breaker_records
    probe = Play(TOY, ALPHA, BETA, board=board, stream=False, now=1015.0)
    probe.answers(200)
    records += probe.breaker_records
    assert [(record.state, record.reason) for record in records] == [
        ("open", "server"),
        ("half-open", "open time is over"),
        ("closed", "an attempt ended well"),
    ]
    assert len({record.id for record in probe.breaker_records}) == 2


def test_a_caller_who_leaves_frees_the_probe_and_only_the_probe() -> None:
    board = Board()
    early = Play(TOY, ALPHA, BETA, board=board)
    for _ in range(5):
        Play(TOY, ALPHA, BETA, board=board, stream=False).answers(500)
    probe = Play(TOY, ALPHA, BETA, board=board, now=1015.0)
    probe.expect_open("alpha")
    early.leaves()
    assert board.breakers()[KEY].state is BreakerState.HALF_OPEN
    probe.leaves()
    assert board.breakers()[KEY].state is BreakerState.OPEN
    assert board.breakers()[KEY].admits(1016.0)
