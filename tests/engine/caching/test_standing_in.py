"""When an expired answer stands in, and what its caller is told."""

import pytest

from mainstay.engine.board import Board
from mainstay.model.catalogue import RecoveryMode, Timeouts, Workload
from mainstay.model.fault import Fault, FaultKind
from tests.engine.caching.answers import LINES, kept
from tests.engine.caching.slots import CachingPlay, KeptSlot, play_with
from tests.engine.play import candidate
from tests.engine.toy import ToyDialect

OLD_PLAIN = kept(b"old", stored_at=900.0)
OLD_STREAM = kept(stream=True, stored_at=900.0)


def plain(slot: KeptSlot, board: Board | None = None) -> CachingPlay:
    return play_with(slot)(ToyDialect(), candidate("alpha"), stream=False, board=board)


def broken_board() -> Board:
    """A board whose only candidate is known to fail."""
    board = Board()
    for _ in range(20):
        play = play_with(KeptSlot())(ToyDialect(), candidate("alpha"), stream=False, board=board)
        while not play.over:
            if len(play.opened) > play._expected:
                play.expect_open("alpha")
                play.answers(503)
            else:
                play.after(60.0)
        if any(not one.admits(1000.0) for one in board.breakers().values()):
            return board
    raise AssertionError("the breaker never opened")


def test_it_stands_in_when_all_tries_came_to_nothing() -> None:
    slot = KeptSlot(OLD_PLAIN)
    play = plain(slot)
    while not play.over:
        if len(play.opened) > play._expected:
            play.expect_open("alpha")
            play.answers(503)
        else:
            play.after(60.0)
    assert play.result is None
    assert play.reply is not None
    assert (play.reply.status, play.reply.body) == (200, b"old")
    headers = dict(play.headers)
    assert headers["x-mainstay-cache"] == "stale"
    assert int(headers["age"]) >= 100
    assert headers["x-mainstay-attempts"] == str(len(play.opened))
    assert headers["x-mainstay-degraded"].startswith("no provider answers (server): an answer of 1")
    record = play.exchange_record
    assert (record.cache, record.repeats, record.outcome) == ("stale", "ex_0", "answered")
    assert (record.upstream, record.model_served, record.attempts) == ("alpha", "m", len(play.opened))
    assert slot.taken == [], "what stood in is not kept as if it were new"


def test_it_stands_in_at_once_where_everybody_is_known_to_fail() -> None:
    play = plain(KeptSlot(OLD_PLAIN), broken_board())
    assert play.over
    assert play.opened == []
    assert play.reply is not None
    assert play.reply.body == b"old"


def test_without_an_old_answer_somebody_is_tried_all_the_same() -> None:
    play = plain(KeptSlot(), broken_board())
    assert not play.over


def test_a_wrong_request_gets_the_error_that_it_deserves() -> None:
    play = plain(KeptSlot(OLD_PLAIN))
    play.answers(400)
    assert play.status == 400


def test_who_leaves_gets_nothing() -> None:
    play = plain(KeptSlot(OLD_PLAIN))
    play.leaves()
    assert isinstance(play.result, Fault)
    assert play.result.kind is FaultKind.CALLER_LEFT
    assert play.reply is None


def test_a_stream_stands_in_for_a_stream() -> None:
    play = play_with(KeptSlot(OLD_STREAM))(ToyDialect(), candidate("alpha"), board=broken_board())
    assert play.finished
    assert play.heard == b"".join(LINES)
    assert dict(play.headers)["x-mainstay-cache"] == "stale"
    assert play.exchange_record.bytes_sent == len(play.heard)


def test_after_a_keep_alive_a_comment_tells_what_the_head_could_not() -> None:
    hasty = candidate("alpha", timeouts=Timeouts(first_byte_seconds=40.0, first_content_seconds=40.0))
    play = play_with(KeptSlot(OLD_STREAM))(ToyDialect(), hasty, workload=Workload(deadline_seconds=60.0))
    while not play.over:
        play.after(60.0)
    assert play.finished
    assert play.status == 200
    assert "x-mainstay-cache" not in dict(play.headers)
    assert b"x-mainstay-cache: stale; age: 1" in play.heard
    assert play.heard.endswith(b"".join(LINES))


def test_after_content_nothing_else_is_said() -> None:
    honest = Workload(recovery=RecoveryMode.ERROR)
    play = play_with(KeptSlot(OLD_STREAM))(ToyDialect(), candidate("alpha"), workload=honest)
    play.says("start:", "text:something else")
    play.breaks()
    assert play.finished
    assert b"something else" in play.heard
    assert b"hello" not in play.heard


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_answers_is_believed(*, stream: bool) -> None:
    slot = KeptSlot(OLD_STREAM if stream else OLD_PLAIN)
    play = play_with(slot)(ToyDialect(), candidate("alpha"), stream=stream)
    if stream:
        play.says("start:", "text:new", "finish:", "end:")
        play.ends()
    else:
        play.answers(200, b"text:new\nfinish:\nend:\n")
    assert len(slot.taken) == 1
    assert slot.taken[0].cache == ""
