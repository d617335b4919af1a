import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import Thinking, ToolCall
from mainstay.model.fault import FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import (
    Began,
    Called,
    Calling,
    Counted,
    Done,
    Failed,
    Piece,
    Pinged,
    Said,
    Sealed,
    Stop,
    Stopped,
    Thought,
)
from mainstay.wire.anthropic import piece_reader
from mainstay.wire.anthropic.piece_reader import MessagePieceReader
from tests.wire.anthropic.neutral import GOLDEN
from tests.wire.streams import (
    ANTHROPIC_TEXT,
    ANTHROPIC_TOOLS,
    PING,
    block_delta,
    block_start,
    block_stop,
    event,
    message_end,
    message_start,
    pieces_of,
    text_delta,
    text_start,
    tool_delta,
    tool_start,
)

BEGAN = Began("msg_1", "claude-demo", Usage(100, 1, 85, cache_write_tokens=5))


def read(*chunks: bytes) -> list[Piece]:
    reader = MessagePieceReader()
    return [piece for chunk in chunks for piece in reader.feed(chunk)] + reader.close()


def ended(stop: Stop, output_tokens: int = 12) -> list[Piece]:
    return [Stopped(stop, "", Usage(100, output_tokens, 85, cache_write_tokens=5)), Done()]


def failure(*chunks: bytes) -> Failed:
    last = read(*chunks)[-1]
    assert isinstance(last, Failed), last
    return last


def test_text() -> None:
    assert read(*ANTHROPIC_TEXT) == [
        BEGAN,
        Pinged(),
        Said("Hello"),
        Said(", wörld 🌍"),
        Pinged(),
        Said("!\n\nSecond paragraph."),
        *ended(Stop.END),
    ]


def test_thinking_and_tools() -> None:
    assert read(*ANTHROPIC_TOOLS) == [
        BEGAN,
        Thought(""),
        Thought("Which city?"),
        Sealed(Thinking("", "Which city?", "c2ln")),
        Said("Let me look."),
        Calling(),
        Pinged(),
        Called(ToolCall("toolu_1", "weather", '{"city": "Paris"}')),
        *ended(Stop.TOOL, 40),
    ]


def test_the_golden_stream_of_the_provider() -> None:
    assert read((GOLDEN / "stream_native.sse").read_bytes()) == [
        Began("msg_02", "claude-demo", Usage(100, 1, 85, cache_write_tokens=5)),
        Thought(""),
        Pinged(),
        Thought("Which "),
        Thought("city?"),
        Sealed(Thinking("", "Which city?", "c2ln")),
        Thought(""),
        Sealed(Thinking(seal="cmVk", hidden=True)),
        Said("Let me look."),
        Calling(),
        Called(ToolCall("toolu_01C", "weather", '{"city": "Paris"}')),
        Stopped(Stop.TOOL, "", Usage(100, 40, 85, cache_write_tokens=5, reasoning_tokens=8)),
        Done(),
    ]


@pytest.mark.parametrize("stream", [b"".join(ANTHROPIC_TOOLS), (GOLDEN / "stream_native.sse").read_bytes()])
@given(cuts=st.lists(st.integers(min_value=0, max_value=10_000), max_size=30))
def test_any_cuts_give_the_same_pieces(stream: bytes, cuts: list[int]) -> None:
    assert read(*pieces_of(stream, cuts)) == read(stream)


def test_a_byte_order_mark_changes_nothing() -> None:
    stream = b"".join(ANTHROPIC_TEXT)
    assert read(b"\xef\xbb\xbf" + stream) == read(stream)


def test_nothing_follows_the_end() -> None:
    reader = MessagePieceReader()
    reader.feed(b"".join(ANTHROPIC_TEXT))
    assert reader.feed(text_delta(0, "more")) == reader.close() == []


def test_a_cut_stream_just_ends() -> None:
    assert read(message_start(), text_start(0), text_delta(0, "Hel"), b"event: content_bl") == [BEGAN, Said("Hel")]


def test_thinking_that_nobody_sealed_is_not_kept() -> None:
    pieces = read(message_start(), block_start(0, type="thinking", thinking="So: "), block_stop(0))
    assert pieces == [BEGAN, Thought("So: ")]


def test_thinking_that_is_not_shown_keeps_its_seal() -> None:
    start = block_start(0, type="thinking", thinking="", signature="")
    empty, signed = (
        block_delta(0, type="thinking_delta", thinking=""),
        block_delta(0, type="signature_delta", signature="s"),
    )
    pieces = read(message_start(), start, empty, signed, block_stop(0))
    assert pieces == [BEGAN, Thought(""), Thought(""), Sealed(Thinking("", "", "s"))]


def test_parallel_calls_are_told_when_each_is_whole() -> None:
    pieces = read(
        message_start(),
        tool_start(0, "a"),
        tool_start(1, "b"),
        tool_delta(1, "{}"),
        block_stop(1),
        tool_delta(0, '{"n":1}'),
        block_stop(0),
        message_end("tool_use"),
    )
    assert pieces[1:5] == [
        Calling(),
        Calling(),
        Called(ToolCall("b", "weather", "{}"), open_calls=1),
        Called(ToolCall("a", "weather", '{"n":1}')),
    ]


def test_no_arguments_are_an_empty_object() -> None:
    assert read(message_start(), tool_start(0), tool_delta(0, ""), block_stop(0))[-1] == Called(
        ToolCall("toolu_1", "weather", "{}")
    )


def test_arguments_may_come_with_the_opening() -> None:
    start = block_start(0, type="tool_use", id="a", name="weather", input={"city": "Rome"})
    assert read(message_start(), start, block_stop(0))[-1] == Called(ToolCall("a", "weather", '{"city": "Rome"}'))


def test_ids_that_collide_or_are_missing_are_made_distinct() -> None:
    starts = (tool_start(0, "a"), tool_start(1, "a"), tool_start(2, ""))
    stops = tuple(block_stop(index) for index in range(3))
    calls = [piece.call.id for piece in read(message_start(), *starts, *stops) if isinstance(piece, Called)]
    assert calls[:2] == ["a", "a_2"]
    assert calls[2].startswith("toolu_")


def test_broken_arguments_fail() -> None:
    stream = (message_start(), tool_start(0), tool_delta(0, '{"city": '), block_stop(0))
    for more in (message_end("tool_use"), text_start(1), tool_start(1)):
        failed = failure(*stream, more)
        assert (failed.fault.kind, failed.fault.code) == (FaultKind.MALFORMED, "broken_tool_call")
    assert failure(message_start(), tool_start(0), tool_delta(0, "[]"), block_stop(0), message_end()).fault.code == (
        "broken_tool_call"
    )


@pytest.mark.parametrize(("word", "stop"), [("max_tokens", Stop.LENGTH), ("refusal", Stop.REFUSAL)])
def test_a_call_in_which_an_answer_was_cut_off_is_left_out(word: str, stop: Stop) -> None:
    stream = (message_start(), tool_start(0), tool_delta(0, '{"city": '), block_stop(0), message_end(word))
    assert read(*stream) == [BEGAN, Calling(), *ended(stop)]


def test_a_stop_sequence() -> None:
    delta = {"stop_reason": "stop_sequence", "stop_sequence": "END"}
    assert read(message_start(), event("message_delta", delta=delta))[-1] == Stopped(Stop.SEQUENCE, "END", None)


def test_usage_may_come_early_late_or_twice() -> None:
    early = event("message_delta", delta={}, usage={"output_tokens": 5})
    stop = event("message_delta", delta={"stop_reason": "end_turn"})
    late = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"input_tokens": 20, "output_tokens": 9})
    pieces = read(message_start(), early, stop, late, event("message_stop"))
    assert pieces == [
        BEGAN,
        Stopped(Stop.END, "", None),
        Counted(Usage(110, 9, 85, cache_write_tokens=5)),
        Done(),
    ]


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        ((message_start(), block_start(0, type="server_tool_use", id="s", name="web_search")), "block server_tool_use"),
        ((message_start(), text_start(0), block_delta(0, type="of_tomorrow")), "delta of_tomorrow"),
        ((message_start(), message_start()), "second message"),
        ((message_start(), tool_start(0), tool_start(0)), "inside itself"),
        ((message_start(), block_start(0, type="tool_use", id="a")), "names no tool"),
        ((message_start(), text_start(0), block_stop(0), event("message_stop")), "without a stop reason"),
        (
            (message_start(), event("content_block_start", index=0, content_block={"type": "text", "id": 7})),
            "wrong type",
        ),
        ((text_start(0),), "before the message"),
        ((message_start(), tool_start(0), b"data: {\n\n"), "malformed event"),
        ((b"<html>503</html>\n\n",), "no server-sent events"),
    ],
)
def test_what_cannot_be_told_fails(stream: tuple[bytes, ...], words: str) -> None:
    failed = failure(*stream, text_delta(0, "never"))
    assert failed.fault.kind is FaultKind.MALFORMED
    assert words in failed.fault.message


def test_an_error_of_the_provider_keeps_its_meaning() -> None:
    failed = failure(message_start(), event("error", error={"type": "overloaded_error", "message": "Busy"}))
    assert (failed.fault.kind, failed.fault.code) == (FaultKind.OVERLOAD, "overloaded_error")


def test_what_is_unknown_is_passed_over() -> None:
    unknown = (event("of_tomorrow", index="x"), event("of_tomorrow", usage=[]), block_stop(7), PING)
    assert read(message_start(), *unknown, message_end()) == [BEGAN, Pinged(), *ended(Stop.END)]


def test_a_malformed_event_is_counted() -> None:
    reader = MessagePieceReader()
    reader.feed(message_start() + b"data: {\n\n")
    assert reader.dropped == 1


def test_what_is_gathered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece_reader, "GATHERED_CHARACTERS_MAX", 10)
    filling = (message_start(), tool_start(0), tool_delta(0, "{" + " " * 9))
    assert read(*filling)[-1] == Calling()
    assert failure(*filling, tool_delta(0, "}")).fault.code == "too_large"
    thinking = (block_start(0, type="thinking"), block_delta(0, type="thinking_delta", thinking="a" * 11))
    assert failure(message_start(), *thinking).fault.code == "too_large"
