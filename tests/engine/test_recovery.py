"""Recovery after commit: law 3, rung by rung."""

import pytest

from mainstay.model.catalogue import Workload
from mainstay.model.events import Breakage
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect

TOY = ToyDialect()
ALPHA, BETA = candidate("alpha"), candidate("beta")


def test_a_lost_terminal_marker_after_the_stop_reason_is_added() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "text:whole", "finish:stop")
    play.ends()
    play.expect_no_open()
    assert play.lines[-1] == "end:"
    assert play.result is None


def test_recovery_finishes_by_synthesis_when_every_tool_call_is_complete() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "text:look", "tool:{}", "tool-end:")
    play.breaks()
    play.expect_no_open()
    assert play.lines[-2:] == ["finish:tool_use", "end:"]
    assert play.result is None
    assert play.exchange_record.recovered == 1


def test_a_delivered_tool_call_is_never_regenerated() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "tool:{}", "tool-end:", "tool:{half")
    play.breaks()
    play.expect_no_open()
    assert play.lines[-1] == "error:cut"


@pytest.mark.parametrize(
    "continuation",
    [" over the lazy dog.", "brown fox jumps over the lazy dog.", "The quick brown fox jumps over the lazy dog."],
    ids=["goes on exactly", "repeats the tail", "starts again"],
)
def test_text_is_continued_by_another_candidate_without_a_seam(continuation: str) -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "text:The quick brown", "text: fox jumps")
    play.breaks()
    opened = play.expect_open("beta")
    assert opened.body == b"continue|The quick brown fox jumps"
    play.opens()
    for character in continuation:
        play.sends(f"text:{character}")
    play.sends("finish:", "end:")
    assert play.text == "The quick brown fox jumps over the lazy dog."
    assert play.result is None
    assert b"mainstay: begun by alpha, continued by beta; attempts 2; exchange ex_1" in play.heard


def test_a_continuation_that_does_not_join_ends_in_the_honest_error() -> None:
    play = Play(TOY, ALPHA, BETA, workload=Workload())
    play.expect_open("alpha")
    play.says("start:", "text:The quick brown fox jumps")
    play.breaks()
    play.expect_open("beta")
    play.says("text:The quick brown cat sleeps all day long", "finish:", "end:")
    play.after(10)
    play.expect_open("alpha")
    play.says("text:Sure, here is another answer", "finish:", "end:")
    assert play.text == "The quick brown fox jumps"
    assert play.lines[-1] == "error:cut"


def test_a_continuation_may_break_and_be_continued_again() -> None:
    play = Play(TOY, ALPHA, BETA, candidate("gamma"))
    play.expect_open("alpha")
    play.says("start:", "text:one two three")
    play.breaks()
    play.expect_open("beta")
    play.says("text: four five")
    play.breaks()
    opened = play.expect_open("gamma")
    assert opened.body == b"continue|one two three four five"
    play.says("text: six", "finish:", "end:")
    play.ends()
    assert play.text == "one two three four five six"
    assert play.exchange_record.recovered == 2


def test_a_broken_tool_call_is_regenerated_behind_the_text_but_never_replaced_by_prose() -> None:
    play = Play(TOY, ALPHA, BETA, candidate("gamma"))
    play.expect_open("alpha")
    play.says("start:", "text:Let me look that up.", "tool:{half")
    play.breaks()
    play.expect_open("beta")
    play.says("text: It is sunny there.", "finish:", "end:")
    assert play.text == "Let me look that up."
    play.expect_open("gamma")
    play.says("tool:{whole}", "tool-end:", "finish:tool_use", "end:")
    assert play.lines == [
        "start:",
        "text:Let me look that up.",
        "tool:{whole}",
        "tool-end:",
        "finish:tool_use",
        "end:",
    ]


def test_structured_output_is_never_continued() -> None:
    play = Play(TOY, ALPHA, BETA, must_not_continue=True)
    play.expect_open("alpha")
    play.says("start:", 'text:{"a":')
    play.breaks()
    play.expect_no_open()
    assert play.lines[-1] == "error:cut"


def test_visible_reasoning_is_never_continued() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "think:hm")
    play.breaks()
    play.expect_no_open()
    assert play.lines[-1] == "error:cut"


def test_a_substitute_continues_only_where_the_workload_says_so() -> None:
    other = candidate("beta", "other", substitute=True)
    shy = Play(TOY, ALPHA, other)
    shy.expect_open("alpha")
    shy.says("text:one two three")
    shy.breaks()
    shy.after(1)
    shy.expect_open("alpha")
    shy.breaks(Breakage.REFUSED)
    shy.after(60)
    shy.expect_no_open()
    assert shy.lines[-1] == "error:cut"

    bold = Play(TOY, ALPHA, other, workload=Workload(continue_substitutes=True))
    bold.expect_open("alpha")
    bold.says("text:one two three")
    bold.breaks()
    bold.after(1)
    bold.expect_open("alpha")
    bold.breaks(Breakage.REFUSED)
    bold.expect_open("beta")
    bold.says("text: four", "finish:", "end:")
    assert bold.text == "one two three four"


def test_a_gateway_that_stops_recovers_nothing() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "text:The quick brown")
    play.drains()
    play.expect_no_open()
    assert play.lines[-1] == "error:drained"
    assert play.exchange_record.recovered == 0


def test_a_gateway_that_stops_ends_a_continuation_too() -> None:
    play = Play(TOY, ALPHA, BETA)
    play.expect_open("alpha")
    play.says("start:", "text:The quick brown")
    play.breaks()
    play.expect_open("beta")
    play.opens()
    play.drains()
    play.expect_no_open()
    assert play.lines[-1] == "error:drained"


def test_a_gateway_that_stops_ends_the_rest_before_a_continuation() -> None:
    play = Play(TOY, ALPHA)
    play.expect_open("alpha")
    play.says("start:", "text:The quick brown")
    play.breaks()
    play.drains()
    play.expect_no_open()
    assert play.exchange_record.fault == "drained"
