import json

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
    Done,
    Failed,
    Piece,
    Pinged,
    Refused,
    Said,
    Sealed,
    Stop,
    Stopped,
    Thought,
)
from mainstay.wire.openai_responses.piece_reader import ResponsePieces
from tests.wire.openai_responses.native import Native, golden
from tests.wire.streams import pieces_of

COUNTED = Usage(100, 7, 64, cache_write_tokens=8, reasoning_tokens=3)


def read(*data: bytes) -> list[Piece]:
    reader = ResponsePieces()
    pieces = [piece for one in data for piece in reader.feed(one)]
    return pieces + reader.close()


def event(name: str, **members: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **members})}\n\n".encode()


def fault(*data: bytes) -> FaultKind:
    last = read(*data)[-1]
    assert isinstance(last, Failed), last
    return last.fault.kind


def test_a_stream_of_text() -> None:
    assert read(golden("stream_text.sse")) == [
        Began("resp_a1", "gpt-resp_a1"),
        Said("Hello"),
        Said(", wörld 🌍"),
        Said("!\n\nSecond “paragraph”."),
        Stopped(Stop.END, "", COUNTED),
        Done(),
    ]


def test_a_stream_of_reasoning_and_tools() -> None:
    told = read(golden("stream_reasoning_tools.sse"))
    assert told[1:-2] == [
        Thought(),
        Thought("Two "),
        Thought("cities."),
        Sealed(Thinking("", "Two cities.", "gAAA")),
        Said("Let me look."),
        Calling(),
        Called(ToolCall("call_1", "weather", '{"city": "Paris"}')),
        Calling(),
        Called(ToolCall("call_2", "clock", "{}")),
    ]
    assert isinstance(told[-2], Stopped)
    assert told[-2].stop is Stop.TOOL


def test_a_refusal() -> None:
    assert read(golden("stream_refusal.sse"))[1:-1] == [
        Refused("I cannot "),
        Refused("help."),
        Stopped(Stop.REFUSAL, "", COUNTED),
    ]


def test_an_answer_at_its_limit() -> None:
    assert read(golden("stream_incomplete.sse"))[1:] == [Said("Hel"), Stopped(Stop.LENGTH, "", COUNTED), Done()]


@pytest.mark.parametrize("name", ["text", "reasoning_tools", "refusal", "failed", "written"])
def test_any_single_cut_gives_the_same_pieces(name: str) -> None:
    stream = golden(f"stream_{name}.sse").replace(b"\n", b"\r\n")
    if name == "written":
        stream = stream.replace(b"custom_tool_call", b"function_call").replace(b'"input":', b'"arguments":')
    whole = read(stream)
    assert len(whole) >= 3
    assert all(read(stream[:at], stream[at:]) == whole for at in range(0, len(stream), 3))


@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=30))
def test_any_cuts_give_the_same_pieces(cuts: list[int]) -> None:
    stream = golden("stream_reasoning_tools.sse")
    assert read(*pieces_of(stream, cuts)) == read(stream)


def test_parallel_calls_say_how_many_are_open() -> None:
    native = Native()
    stream = native.begin() + native.call("a")
    first = native.output[-1]
    stream += native.call("b") + native.done(arguments='{"b":1}')
    first |= {"status": "completed", "arguments": '{"a":1}'}
    stream += native.event("response.output_item.done", output_index=0, item=first) + native.end()
    assert read(stream)[1:5] == [
        Calling(),
        Calling(),
        Called(ToolCall("b", "weather", '{"b":1}'), 1),
        Called(ToolCall("a", "weather", '{"a":1}')),
    ]


def test_calls_that_share_an_id_or_have_none_get_one_each() -> None:
    native = Native()
    stream = native.begin() + native.called("{}", "a") + native.called("{}", "a") + native.called("{}", "")
    ids = [piece.call.id for piece in read(stream) if isinstance(piece, Called)]
    assert ids[:2] == ["a", "a_2"]
    assert ids[2].startswith("call_")


def test_arguments_may_come_with_an_event_of_their_own() -> None:
    native = Native()
    stream = native.begin() + native.call() + native.end_arguments('{"a":1}') + native.done()
    assert read(stream)[-1] == Called(ToolCall("call_1", "weather", '{"a":1}'))


def test_what_was_never_streamed_is_taken_from_the_whole_item() -> None:
    native = Native()
    words = [{"type": "output_text", "text": "Hi"}, {"type": "refusal", "refusal": "No"}]
    stream = native.begin() + native.added({"id": "rs", "type": "reasoning"}) + native.done(summary=[{"text": "Hm"}])
    stream += native.added({"id": "m", "type": "message"}) + native.done(content=words) + native.end()
    told = read(stream)[1:-2]
    assert told == [Thought(), Thought("Hm"), Sealed(Thinking("", "Hm")), Said("Hi"), Refused("No")]


def test_a_call_that_the_limit_cut_never_comes() -> None:
    native = Native()
    stream = native.begin() + native.call() + native.arguments('{"a')
    told = read(stream + native.done(status="incomplete", arguments='{"a') + native.incomplete())
    assert told[1:] == [Calling(), Stopped(Stop.LENGTH, "", COUNTED), Done()]


def test_keep_alives() -> None:
    assert read(b": ping\n\n", event("keepalive"), b"event: ping\ndata: {}\n\n") == [Pinged()] * 3


def test_events_that_say_nothing_new_are_passed_over() -> None:
    native = Native()
    assert read(native.begin(), event("response.queued"), event("response.new_thing", a=1)) == read(native.begin())


def test_a_stream_without_a_preamble_begins_with_its_first_event() -> None:
    native = Native()
    native.message()
    assert read(native.text("Hi")) == [Began(), Said("Hi")]
    assert read(event("response.completed", response={"id": "r", "model": "m"}))[0] == Began("r", "m")


def test_nothing_comes_after_the_end_or_a_failure() -> None:
    reader = ResponsePieces()
    reader.feed(golden("stream_text.sse"))
    assert reader.feed(golden("stream_text.sse")) + reader.close() == []


def test_a_stream_that_breaks_off_has_no_end() -> None:
    native = Native()
    told = read(native.begin(), native.message(), native.text("Hi"), native.text("more")[:-2])
    assert told[-1] == Said("Hi")


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (golden("stream_failed.sse"), FaultKind.SERVER),
        (golden("stream_quota_after_created.sse"), FaultKind.BILLING),
        (golden("stream_web_search.sse"), FaultKind.MALFORMED),
        (Native().begin() + Native().called("{oops"), FaultKind.MALFORMED),
        (Native().begin() + Native().end(), FaultKind.EMPTY),
        (Native().begin() + Native().call() + Native().end(), FaultKind.MALFORMED),
        (event("response.completed", response={"error": {"code": "slow_down"}}), FaultKind.OVERLOAD),
        (event("response.completed"), FaultKind.UNKNOWN),
        (b'data: {"error":{"message":"m","code":"rate_limit_exceeded"}}\n\n', FaultKind.THROTTLE),
        (b"event: error\ndata: oops\n\n", FaultKind.UNKNOWN),
        (b'{"error":{"message":"m","code":"insufficient_quota"}}', FaultKind.BILLING),
        (b'{"error":\n\n{"message":"m"}}', FaultKind.MALFORMED),
        (b"<html>\n\n</html>", FaultKind.MALFORMED),
        (b"data: " + b"x" * 9_000_000, FaultKind.MALFORMED),
    ],
)
def test_what_cannot_be_told_fails(sent: bytes, kind: FaultKind) -> None:
    assert fault(sent) is kind


@pytest.mark.parametrize(
    "bad",
    [
        b"data: {oops\n\n",
        b"event: response.output_text.delta\ndata: 7\n\n",
        event("response.output_item.done", item=7),
        b"event: x\n\n",
    ],
)
def test_one_bad_event_is_left_out_unless_it_stands_inside_a_call(bad: bytes) -> None:
    reader = ResponsePieces()
    native = Native()
    assert reader.feed(native.begin() + native.message() + native.text("a") + bad + native.text("b"))[-1] == Said("b")
    assert reader.dropped == 1
    open_call = Native()
    assert fault(open_call.begin() + open_call.call() + bad) is FaultKind.MALFORMED


def test_arguments_beyond_the_limit_fail() -> None:
    native = Native()
    stream = native.begin()
    for _ in range(3):
        stream += native.call() + native.end_arguments("x" * 3_500_000)
    assert fault(stream) is FaultKind.MALFORMED
