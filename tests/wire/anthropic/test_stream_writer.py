import json

import pytest
from hypothesis import given

from mainstay.model.conversation import ToolCall
from mainstay.model.frame import Frame, FrameKind, Usage
from mainstay.model.piece import Began, Called, Calling, Done, Piece, Said, Stop, Stopped
from mainstay.wire.anthropic.dialect import AnthropicDialect
from mainstay.wire.anthropic.piece_reader import MessagePieceReader
from mainstay.wire.anthropic.stream_writer import MessageStreamWriter
from tests.wire.anthropic import official
from tests.wire.anthropic.neutral import GOLDEN, HIDDEN, IDENTITY, PARIS, SEALED, scripts, stream_of
from tests.wire.streams import data_of, kinds, text_of

K = FrameKind


def native(stream: bytes) -> list[Frame]:
    """The frames that the dialect's own reader makes of a stream, which must be all of its bytes."""
    reader = AnthropicDialect().frames()
    frames = reader.feed(stream) + reader.close()
    assert reader.dropped == 0
    assert b"".join(frame.raw for frame in frames) == stream
    return frames


def joined(pieces: list[Piece]) -> list[Piece]:
    """The pieces with neighbouring text in one."""
    result: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Said) and result and isinstance(result[-1], Said):
            result[-1] = Said(result[-1].text + piece.text)
        else:
            result.append(piece)
    return result


def test_the_golden_stream_both_ways() -> None:
    golden = (GOLDEN / "stream.sse").read_bytes()
    script = MessagePieceReader().feed(golden)
    assert stream_of(script) == golden
    assert script == [
        Began("msg_01", "claude-demo", Usage(100, 1, 85, cache_write_tokens=5)),
        Said("I ask"),
        Said(' for "both": 🌍\n\n.'),
        Calling(),
        Called(PARIS),
        Calling(),
        Called(ToolCall("toolu_01B", "weather", "{}")),
        Stopped(Stop.TOOL, "", Usage(100, 40, 85, cache_write_tokens=5)),
        Done(),
    ]


@given(scripts())
def test_what_is_written_reads_back_the_same(script: list[Piece]) -> None:
    stream = stream_of(script)
    assert MessagePieceReader().feed(stream) == script
    frames = native(stream)
    assert text_of(frames) == "".join(piece.text for piece in script if isinstance(piece, Said))
    assert frames[-1].kind is K.END
    assert not {K.ERROR, K.OPAQUE} & set(kinds(frames))


@given(scripts())
def test_the_sdk_accumulates_what_was_written(script: list[Piece]) -> None:
    message = official.streamed(stream_of(script))
    pieces = joined([piece for piece in script if isinstance(piece, Said | Called)])
    told = [
        block.text if block.type == "text" else (block.id, block.name, block.input)
        for block in message.content
        if block.type in {"text", "tool_use"}
    ]
    assert told == [
        piece.text if isinstance(piece, Said) else (piece.call.id, piece.call.name, json.loads(piece.call.arguments))
        for piece in pieces
        if isinstance(piece, Said | Called)
    ]
    (stopped,) = (piece for piece in script if isinstance(piece, Stopped))
    assert message.stop_reason == MessageStreamWriter(IDENTITY).stop_word(stopped.stop)
    assert message.stop_sequence == (stopped.sequence or None)
    assert stopped.usage is not None
    assert message.usage.output_tokens == stopped.usage.output_tokens
    total = message.usage.input_tokens + (message.usage.cache_read_input_tokens or 0)
    assert total + (message.usage.cache_creation_input_tokens or 0) == stopped.usage.input_tokens


def test_each_further_text_is_one_event() -> None:
    writer = MessageStreamWriter(IDENTITY)
    writer.began(Began())
    assert kinds(native(writer.began(Began()) + writer.said("a")))[1:] == [K.PREAMBLE, K.TEXT]
    assert writer.said("b\n").count(b"\n\n") == 1
    assert writer.said("b").startswith(b"event: content_block_delta\ndata: ")


def test_nothing_is_said_of_other_makers_thinking() -> None:
    writer = MessageStreamWriter(IDENTITY)
    assert writer.thought("Hm.") + writer.sealed(SEALED) + writer.sealed(HIDDEN) == b""


def test_who_answers() -> None:
    (data,) = data_of(MessageStreamWriter(IDENTITY).began(Began("other-id", "other-model")))
    message = data["message"]
    assert isinstance(message, dict)
    assert (message["id"], message["model"]) == ("msg_01", "claude-demo")
    assert message["usage"]["input_tokens"] == 0


def test_a_refusal_is_text_with_a_stop_reason_of_its_own() -> None:
    writer = MessageStreamWriter(IDENTITY)
    stream = writer.began(Began()) + writer.refused("I cannot.") + writer.stopped(Stopped(Stop.END)) + writer.done()
    frames = native(stream)
    assert (text_of(frames), frames[-2].stop_reason) == ("I cannot.", "refusal")
    assert official.streamed(stream).stop_reason == "refusal"


def test_an_empty_answer_stays_valid() -> None:
    message = official.streamed(stream_of([Began(), Stopped(Stop.END), Done()]))
    assert (message.content, message.stop_reason) == ([], "end_turn")


def test_an_id_that_the_api_would_refuse_is_replaced() -> None:
    call = ToolCall("functions.weather:0", "weather", "{}")
    (block,) = official.streamed(stream_of([Began(), Called(call), Stopped(Stop.TOOL), Done()])).content
    assert block.type == "tool_use"
    assert block.id.startswith("toolu_")


@pytest.mark.parametrize("usage", [None, Usage(7, 2)])
def test_usage_that_comes_late_is_said_with_the_same_stop_reason(usage: Usage | None) -> None:
    writer = MessageStreamWriter(IDENTITY)
    stream = writer.began(Began()) + writer.said("a") + writer.stopped(Stopped(Stop.LENGTH, usage=usage))
    stream += writer.counted(Usage(100, 9, 80)) + writer.done()
    frames = native(stream)
    assert [frame.stop_reason for frame in frames if frame.kind is K.FINISH] == ["max_tokens", "max_tokens"]
    message = official.streamed(stream)
    assert (message.usage.input_tokens, message.usage.output_tokens, message.usage.cache_read_input_tokens) == (
        20,
        9,
        80,
    )


def test_usage_that_comes_early_waits_for_the_stop_reason() -> None:
    writer = MessageStreamWriter(IDENTITY)
    assert writer.counted(Usage(100, 9)) == b""
    assert native(writer.began(Began()) + writer.stopped(Stopped(Stop.END)))[-1].stop_reason == "end_turn"


@pytest.mark.parametrize("stop", list(Stop))
def test_every_stop_reason_has_a_word_that_the_sdk_knows(stop: Stop) -> None:
    word = MessageStreamWriter(IDENTITY).stop_word(stop)
    assert official.streamed(stream_of([Began(), Said("a"), Stopped(stop), Done()])).stop_reason == word
