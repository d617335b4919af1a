"""The exchange as a whole: laws 8 to 11."""

from mainstay.engine.board import Board
from mainstay.model.catalogue import Workload
from mainstay.model.fault import FaultKind
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect

TOY = ToyDialect()
ALPHA, BETA = candidate("alpha"), candidate("beta")


def test_at_most_two_attempts_per_upstream() -> None:
    play = Play(TOY, ALPHA, stream=False)
    for _ in range(2):
        play.expect_open("alpha")
        play.answers(500)
        play.after(2)
    play.expect_no_open()
    assert play.reply is not None
    assert (play.reply.status, play.reply.body) == (500, b"words of the provider")


def test_a_retry_after_is_a_floor() -> None:
    play = Play(TOY, ALPHA)
    play.expect_open("alpha")
    play.answers(429, headers=(("retry-after", "4"),))
    play.after(4)
    play.expect_no_open()
    play.after(0.9)
    play.expect_open("alpha")


def test_a_retry_after_beyond_the_deadline_is_passed_on() -> None:
    play = Play(TOY, ALPHA, workload=Workload(deadline_seconds=60))
    play.expect_open("alpha")
    play.answers(429, headers=(("retry-after", "90"),))
    assert play.reply is not None
    assert play.reply.status == 429
    assert play.reply.body == b"words of the provider"


def test_the_retry_budget_binds_repetitions() -> None:
    board = Board()
    opened = 0
    for _ in range(50):
        play = Play(TOY, ALPHA, board=board, stream=False)
        while not play.over:
            if len(play.opened) > play._expected:
                play.expect_open("alpha")
                play.answers(500)
            else:
                play.after(2)
        opened += len(play.opened)
    assert opened <= 50 + 10 + 50 * 0.1


def test_a_single_candidate_with_an_open_breaker_is_still_tried() -> None:
    board = Board()
    for _ in range(5):
        Play(TOY, ALPHA, BETA, board=board, stream=False).answers(500)
    play = Play(TOY, ALPHA, board=board, stream=False)
    play.expect_open("alpha")
    play.answers(200)
    assert play.attempt_records[0].chosen == "last resort (breaker open)"
    assert play.exchange_record.outcome == "answered"


def test_nobody_of_the_callers_dialect_is_a_clear_fault() -> None:
    play = Play(TOY)
    assert play.reply is not None
    assert play.reply.status == 503
    assert play.result is not None
    assert play.result.kind is FaultKind.NO_CANDIDATE


def test_the_caller_learns_who_served_and_what_was_absorbed() -> None:
    play = Play(TOY, ALPHA, BETA, stream=False)
    play.expect_open("alpha")
    play.answers(529)
    play.expect_open("beta")
    play.answers(200)
    headers = dict(play.headers)
    assert headers["x-mainstay-id"] == "ex_1"
    assert headers["x-mainstay-upstream"] == "beta"
    assert headers["x-mainstay-attempts"] == "2"
    assert headers["x-mainstay-degraded"] == "alpha: overload"
    assert play.exchange_record.absorbed == ("alpha: overload",)
    assert [record.outcome for record in play.attempt_records] == ["failed", "served"]
