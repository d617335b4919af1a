"""What becomes of frames: laws 1 and 2, hold-back and honest ends."""

import pytest

from mainstay.model.catalogue import RecoveryMode, Workload
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect

TOY = ToyDialect()
ALPHA, BETA = candidate("alpha"), candidate("beta")


def test_a_stream_without_its_terminal_marker_is_no_success() -> None:
    play = Play(TOY, ALPHA, workload=Workload(recovery=RecoveryMode.ERROR))
    play.expect_open("alpha")
    play.says("start:", "text:half an ans")
    play.ends()
    assert play.lines[-1] == "error:cut"
    assert play.finished
    assert play.exchange_record.outcome == "failed"


def test_an_error_event_inside_a_200_is_an_error() -> None:
    play = Play(TOY, ALPHA, workload=Workload(recovery=RecoveryMode.ERROR))
    play.expect_open("alpha")
    play.says("start:", "text:half", "error:overload")
    assert play.lines[-1] == "error:overload"
    assert play.attempt_records[0].fault == "overload"


def test_a_stream_without_a_stop_reason_is_no_success() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "end:")
    play.expect_open("beta")


def test_a_candidate_that_fails_before_content_leaves_no_trace() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:alpha", "working:", "ping:")
    assert play.status == 0
    play.breaks()
    play.expect_open("beta")
    play.says("start:beta", "text:hello", "finish:", "end:")
    assert play.lines == ["start:beta", "text:hello", "finish:", "end:"]
    assert ("x-mainstay-upstream", "beta") in play.headers
    assert ("x-mainstay-degraded", "alpha: cut") in play.headers


def test_bytes_pass_verbatim_from_the_first_content_on() -> None:
    play = Play(TOY, ALPHA)
    play.expect_open("alpha")
    play.says("start:", "working:", "ping:", "text:a", "ping:", "text:b", "finish:", "end:")
    play.ends()
    assert play.heard == b"start:\nworking:\nping:\ntext:a\nping:\ntext:b\nfinish:\nend:\n"


@pytest.mark.parametrize("cut_after", [1, 2])
def test_a_cut_inside_a_tool_call_never_reaches_the_caller(cut_after: int) -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says(*["start:", 'tool:{"city":', 'tool:"Par'][: cut_after + 1])
    play.breaks()
    play.expect_open("beta")
    play.says("start:", 'tool:{"city":"Paris"}', "tool-end:", "finish:tool_use", "end:")
    assert play.lines == ["start:", 'tool:{"city":"Paris"}', "tool-end:", "finish:tool_use", "end:"]


def test_a_workload_may_have_its_tool_calls_live() -> None:
    play = Play(TOY, ALPHA, workload=Workload(hold_tools=False))
    play.expect_open("alpha")
    play.says("start:", "tool:{")
    assert play.lines == ["start:", "tool:{"]


def test_a_buffered_answer_fails_over_at_any_point() -> None:
    play = Play(TOY, ALPHA, BETA, workload=Workload(recovery=RecoveryMode.BUFFER))
    play.expect_open("alpha")
    play.says("start:", "text:half of alpha's")
    play.breaks()
    play.expect_open("beta")
    play.says("start:", "text:all of beta's", "finish:")
    assert play.heard == b""
    play.sends("end:")
    assert play.text == "all of beta's"


def test_an_endless_tool_call_is_passed_on_live_beyond_the_bound() -> None:
    play = Play(TOY, ALPHA)
    play.expect_open("alpha")
    play.says("start:")
    for _ in range(5):
        play.sends("tool:" + "x" * 1_000_000)
    assert len(play.heard) > 4_000_000


def test_a_refusal_of_the_model_is_an_answer() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "finish:refusal", "end:")
    play.expect_no_open()
    assert play.result is None
    assert play.lines == ["start:", "finish:refusal", "end:"]


def test_an_empty_success_is_no_success() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "finish:stop", "end:")
    play.expect_open("beta")
