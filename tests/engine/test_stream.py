"""Streams and their clocks: laws 5 and 6, keep-alives, bounds."""

import pytest

from mainstay.engine.board import Board
from mainstay.model.catalogue import Timeouts
from mainstay.model.frame import Frame, FrameKind
from tests.engine.gray.listening import WatchThatListens
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect, ToyReader

TOY = ToyDialect()
ALPHA, BETA = candidate("alpha"), candidate("beta")


def test_keep_alives_go_out_while_a_tool_call_is_held() -> None:
    play = Play(TOY, ALPHA)
    play.expect_open("alpha")
    play.says("start:", "text:let me see", "tool:{")
    play.after(14)
    assert "ping:" not in play.lines
    play.after(2)
    assert play.lines[-1] == "ping:"
    play.sends("tool:}", "tool-end:", "finish:tool_use", "end:")
    assert play.lines[-5:] == ["tool:{", "tool:}", "tool-end:", "finish:tool_use", "end:"]


CLOCKS = Timeouts(first_byte_seconds=3, first_content_seconds=5, silence_seconds=7)


@pytest.mark.parametrize(
    ("said", "seconds", "code"),
    [
        (None, 3, "first byte"),
        (["start:"], 5, "first content"),
        (["start:", "ping:"], 5, "first content"),
        (["start:", "working:"], 7, "silence"),
    ],
    ids=["no header", "preamble only", "pings only", "works, then silence"],
)
def test_each_clock_moves_on_to_the_next_candidate(said: list[str] | None, seconds: float, code: str) -> None:
    play = Play(TOY, candidate("alpha", timeouts=CLOCKS), BETA)
    play.expect_open("alpha")
    if said is not None:
        play.says(*said)
    play.after(seconds - 0.1)
    play.expect_no_open()
    play.after(0.2)
    play.expect_open("beta")
    assert play.attempt_records[0].fault == "stall"
    assert play.attempt_records[0].fault_code == code


def test_silence_after_content_is_recovered_from() -> None:
    play = Play(TOY, candidate("alpha", timeouts=CLOCKS), BETA)
    play.expect_open("alpha")
    play.says("start:", "text:one two")
    play.after(7.1)
    play.expect_open("beta")
    play.says("text: three", "finish:", "end:")
    assert play.text == "one two three"


def test_silence_counts_from_the_last_byte_however_often_the_exchange_wakes() -> None:
    play = Play(TOY, candidate("alpha", timeouts=CLOCKS), BETA)
    play.expect_open("alpha")
    play.says("start:", "text:one")
    for _ in range(5):
        play.after(6)
        play.sends("text: more")
    play.after(6.9)
    play.expect_no_open()
    play.after(0.2)
    play.expect_open("beta")


def test_silence_may_be_allowed_for_a_shorter_time_than_the_first_byte() -> None:
    patient = Timeouts(first_byte_seconds=30, first_content_seconds=30, silence_seconds=5)
    play = Play(TOY, candidate("alpha", timeouts=patient), BETA)
    play.expect_open("alpha")
    play.opens(data=b"start:\ntext:one two\n")
    play.after(5.1)
    play.expect_open("beta")


def test_a_healthy_stream_that_only_pings_for_minutes_is_not_cut() -> None:
    play = Play(TOY, candidate("alpha", timeouts=CLOCKS), BETA)
    play.expect_open("alpha")
    play.says("start:", "working:")
    for _ in range(40):
        play.after(6)
        play.sends("ping:")
    play.sends("text:thought through", "finish:", "end:")
    play.expect_no_open()
    assert play.text == "thought through"


def test_the_last_candidate_may_take_its_time_before_the_first_content() -> None:
    play = Play(TOY, candidate("alpha", timeouts=CLOCKS))
    play.expect_open("alpha")
    play.says("start:")
    for _ in range(10):
        play.after(4)
        play.sends("ping:")
    play.sends("text:at last", "finish:", "end:")
    assert play.text == "at last"


@pytest.mark.parametrize("said", [None, ["start:"], ["start:", "text:a"]], ids=["before", "preamble", "after commit"])
def test_a_caller_who_leaves_cancels_the_upstream_at_once(said: list[str] | None) -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    if said is not None:
        play.says(*said)
    play.leaves()
    assert play.cancelled == [1]
    assert play.over
    assert play.exchange_record.outcome == "left"
    assert play.attempt_records[0].blame == "nobody"


def test_a_silent_upstream_is_not_tried_again() -> None:
    play = Play(TOY, candidate("alpha", timeouts=CLOCKS))
    play.expect_open("alpha")
    play.after(30)
    play.expect_no_open()
    assert play.reply is not None


def test_an_endless_error_body_is_cut_off() -> None:
    play = Play(TOY, ALPHA)
    play.expect_open("alpha")
    play.opens(status=400)
    play.sends("x" * 2_000_000)
    assert play.over
    assert play.cancelled == [1]


def test_a_plain_body_where_a_stream_was_asked_for_is_no_success() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.answers(200, b"<html>", headers=(("content-type", "text/html"),))
    play.expect_open("beta")


class Hesitant(ToyReader):
    """Tells the stop reason only when something follows it, or at the close."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[Frame] = []

    def feed(self, data: bytes) -> list[Frame]:
        frames = super().feed(data)
        waiting, self._waiting = self._waiting, []
        if frames and frames[-1].kind is FrameKind.FINISH:
            self._waiting = [frames.pop()]
        return waiting + frames

    def close(self) -> list[Frame]:
        waiting, self._waiting = self._waiting, []
        return waiting


class HesitantDialect(ToyDialect):
    """A toy whose streams are read hesitantly."""

    def frames(self) -> ToyReader:
        return Hesitant()


def test_a_stop_reason_that_waited_when_the_stream_broke_ends_the_answer() -> None:
    play = Play(HesitantDialect(), candidate("alpha"), candidate("beta"))
    play.expect_open("alpha")
    play.says("start:", "text:all of it", "finish:stop")
    assert "finish:stop" not in play.lines
    play.breaks()
    assert play.lines == ["start:", "text:all of it", "finish:stop", "end:"]
    play.expect_no_open()
    assert play.result is None


def test_a_gateway_that_stops_before_anything_was_said_answers_503_and_asks_nobody_else() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.opens()
    play.drains()
    play.expect_no_open()
    assert play.status == 503
    assert play.cancelled == [1]


def test_a_gateway_that_stops_says_so_in_the_stream_and_blames_nobody_else() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "text:Hello")
    play.drains()
    assert play.lines[-1] == "error:drained"
    assert play.finished
    (attempt,) = play.attempt_records
    assert (attempt.outcome, attempt.fault, attempt.blame) == ("continued", "drained", "us")
    assert play.breaker_records == []


def test_the_stop_reason_and_broken_tool_calls_are_noted() -> None:
    watch = WatchThatListens()
    board = Board()
    board.watch = watch
    for lines in (("text:ok", "finish:max_tokens", "end:"), ("tool-end:{}", "finish:tool_use", "end:")):
        play = Play(TOY, ALPHA, board=board)
        play.says(*lines)
        play.ends()
    play = Play(TOY, ALPHA, board=board)
    play.says("tool-end:oops?!", "finish:tool_use", "end:")
    play.ends()
    assert [(one.stop_reason, one.tools_broken) for one in watch.seen] == [
        ("max_tokens", False),
        ("tool_use", False),
        ("tool_use", True),
    ]


def test_a_continuation_has_a_stop_reason_of_its_own() -> None:
    watch = WatchThatListens()
    board = Board()
    board.watch = watch
    play = Play(TOY, ALPHA, BETA, board=board)
    play.says("text:Once upon a time there was a ")
    play.breaks()
    play.says("text:Once upon a time there was a fox", "finish:end_turn", "end:")
    play.ends()
    assert [one.stop_reason for one in watch.seen] == ["", "end_turn"]


def test_a_model_works_before_its_content_comes() -> None:
    watch = WatchThatListens()
    board = Board()
    board.watch = watch
    play = Play(TOY, ALPHA, board=board)
    play.after(1)
    play.says("start:", "working:")
    play.after(5)
    play.sends("text:ok", "finish:", "end:")
    play.ends()
    (seen,) = watch.seen
    assert (seen.working_at, seen.content_at) == (1001.0, 1006.0)
