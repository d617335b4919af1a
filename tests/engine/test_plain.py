"""Answers that come whole: law 4, nothing reaches the caller before it is complete and valid."""

from mainstay.engine.board import Board
from mainstay.model.catalogue import Workload
from tests.engine.gray.listening import WatchThatListens
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect

TOY = ToyDialect()
ALPHA, BETA = candidate("alpha"), candidate("beta")


def test_one_deadline_covers_attempts_and_waits() -> None:
    play = Play(TOY, ALPHA, stream=False, workload=Workload(deadline_seconds=20))
    play.expect_open("alpha")
    play.after(21)
    assert play.reply is not None
    assert play.reply.status == 504
    assert play.exchange_record.total_seconds == 20


def test_the_last_untried_candidate_keeps_a_share_of_the_deadline() -> None:
    play = Play(TOY, ALPHA, BETA, stream=False, workload=Workload(deadline_seconds=100))
    play.expect_open("alpha")
    play.after(69)
    play.expect_no_open()
    play.after(2)
    play.expect_open("beta")
    play.answers(200)
    assert play.reply is not None
    assert play.reply.status == 200


def test_other_caller_faults_stop_at_once_with_the_providers_own_body() -> None:
    play = Play(TOY, ALPHA, BETA, stream=False)
    play.expect_open("alpha")
    play.answers(400)
    play.expect_no_open()
    assert play.reply is not None
    assert (play.reply.status, play.reply.body) == (400, b"words of the provider")
    assert play.exchange_record.outcome == "refused"


def test_a_gateway_that_stops_answers_503_and_asks_nobody_else() -> None:
    play = Play(TOY, ALPHA, BETA, stream=False)
    play.expect_open("alpha")
    play.drains()
    play.expect_no_open()
    assert play.cancelled == [1]
    assert play.status == 503
    assert (play.exchange_record.outcome, play.exchange_record.fault) == ("failed", "drained")
    assert play.attempt_records[0].blame == "us"


def test_the_stop_reason_is_noted() -> None:
    watch = WatchThatListens()
    board = Board()
    board.watch = watch
    Play(TOY, ALPHA, stream=False, board=board, max_output_tokens=77).answers(200)
    (seen,) = watch.seen
    assert (seen.stop_reason, seen.tools_broken, seen.output_tokens_max) == ("stop", False, 77)
