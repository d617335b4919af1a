import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.fault import FaultKind
from mainstay.model.frame import Frame, FrameKind, Usage
from mainstay.wire.openai_responses.stream import EventMeaning
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter
from tests.wire.openai_responses.native import Native, frames_of, golden, response
from tests.wire.streams import kinds, pieces_of, read, text_of

K = FrameKind
STREAMS = ("text", "reasoning_tools", "incomplete", "refusal", "web_search")


def event(name: str, **members: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **members})}\n\n".encode()


def last(*events: bytes) -> Frame:
    return frames_of(*events)[-1]


def test_a_stream_of_text() -> None:
    stream = golden("stream_text.sse")
    frames = frames_of(stream)
    assert kinds(frames) == [*[K.PREAMBLE] * 4, *[K.TEXT] * 3, *[K.PREAMBLE] * 3, K.END]
    assert text_of(frames) == "Hello, wörld 🌍!\n\nSecond “paragraph”."
    assert b"".join(frame.raw for frame in frames) == stream
    assert frames[-1].stop_reason == "completed"
    assert frames[-1].usage == Usage(100, 7, 64, cache_write_tokens=8, reasoning_tokens=3)


def test_a_stream_of_reasoning_and_tools() -> None:
    frames = frames_of(golden("stream_reasoning_tools.sse"))
    told = [frame.kind for frame in frames]
    assert told[2:10] == [K.WORKING, K.WORKING, K.THINKING, K.THINKING, K.WORKING, K.WORKING, K.WORKING, K.PREAMBLE]
    calls = [frame for frame in frames if frame.kind is K.TOOL]
    # added, two deltas, arguments done, item done; twice.
    assert [frame.holds for frame in calls] == [*[True] * 4, False, *[True] * 4, False]
    assert not frames[-1].holds


def test_parallel_calls_hold_until_the_last_is_done() -> None:
    native = Native()
    stream = [native.begin(), native.call("a")]
    first = dict(native.output[-1])
    stream += [native.call("b"), native.done(arguments="{}")]
    stream.append(native.event("response.output_item.done", output_index=0, item=first))
    assert [frame.holds for frame in frames_of(*stream)] == [False, False, True, True, True, False]


def test_free_text_of_a_custom_tool_is_a_tool_call() -> None:
    native = Native()
    stream = [native.added({"type": "custom_tool_call", "id": "ctc_1", "name": "p", "input": ""})]
    stream.append(native.event("response.custom_tool_call_input.delta", item_id="ctc_1", output_index=0, delta="x"))
    stream.append(native.done(input="x"))
    assert [(frame.kind, frame.holds) for frame in frames_of(*stream)] == [
        (K.TOOL, True),
        (K.TOOL, True),
        (K.TOOL, False),
    ]


def test_tools_of_the_provider_are_opaque_and_annotations_are_not() -> None:
    frames = frames_of(golden("stream_web_search.sse"))
    assert kinds(frames)[2:5] == [K.OPAQUE] * 3
    assert kinds(frames).count(K.OPAQUE) == 3


def test_a_refusal_is_opaque() -> None:
    assert kinds(frames_of(golden("stream_refusal.sse"))).count(K.OPAQUE) == 3


def test_an_incomplete_response_ends_with_its_reason() -> None:
    end = frames_of(golden("stream_incomplete.sse"))[-1]
    assert (end.kind, end.stop_reason) == (K.END, "max_output_tokens")
    assert last(event("response.incomplete", response={})).stop_reason == "incomplete"


@pytest.mark.parametrize("name", STREAMS)
def test_any_single_cut_gives_the_same_frames(name: str) -> None:
    stream = golden(f"stream_{name}.sse").replace(b"\n", b"\r\n")
    whole = frames_of(stream)
    assert len(whole) > 5
    assert all(frames_of(stream[:at], stream[at:]) == whole for at in range(len(stream)))


@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=30))
def test_any_cuts_give_the_same_frames(cuts: list[int]) -> None:
    stream = golden("stream_reasoning_tools.sse")
    assert frames_of(*pieces_of(stream, cuts)) == frames_of(stream)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (event("response.queued", response={}), K.PREAMBLE),
        (event("response.output_text.delta", delta=""), K.PREAMBLE),
        (b'data: {"type":"response.output_text.delta","delta":"a"}\n\n', K.TEXT),
        (b'event: response.output_text.delta\ndata: {"delta":"a"}\n\n', K.TEXT),
        (event("response.reasoning_text.delta", delta="a"), K.THINKING),
        (event("response.reasoning_summary_text.delta", delta=""), K.WORKING),
        (event("response.reasoning_summary_part.done"), K.WORKING),
        (event("response.reasoning.anything"), K.WORKING),
        (event("response.output_item.added", output_index=0, item={"type": "mcp_call"}), K.OPAQUE),
        (event("response.output_item.added", output_index=0), K.OPAQUE),
        (event("response.image_generation_call.partial_image", partial_image_b64="x"), K.OPAQUE),
        (event("response.audio.delta", delta="x"), K.OPAQUE),
        (event("something.new", delta={"a": 1}), K.OPAQUE),
        (event("keepalive", sequence_number=3), K.PING),
        (b"event: ping\ndata: {}\n\n", K.PING),
        (b": note\n\n", K.PING),
        (event("response.completed", response={"error": None}), K.END),
        (b'event: response.completed\ndata: {"response":{}}\n\n', K.END),
    ],
)
def test_the_kind_of_an_event(sent: bytes, kind: FrameKind) -> None:
    assert last(sent).kind is kind


def test_a_ping_event_becomes_a_comment() -> None:
    assert last(b"event: ping\ndata: {}\n\n").raw == b": ping\n\n"


def test_an_event_under_a_wrong_name_is_read_by_its_type() -> None:
    wrong = b'event: response.output_text.delta\ndata: {"type":"response.refusal.delta","delta":"No"}\n\n'
    assert last(wrong).kind is K.OPAQUE


@pytest.mark.parametrize(
    "bad",
    [
        b"data:\n\n",
        b"data: {oops\n\n",
        b"data: [DONE]\n\n",
        b"data: {}\n\n",
        b"event: response.output_text.delta\ndata: 7\n\n",
        event("response.reasoning_text.delta", delta=7),
        event("response.completed"),
    ],
)
def test_one_bad_event_is_left_out_and_counted(bad: bytes) -> None:
    native = Native()
    stream = StreamReader(EventMeaning(), SseSplitter())
    frames = read(stream, [native.begin(), native.message(), native.text("a"), bad, native.text("b"), native.end()])
    assert text_of(frames) == "ab"
    assert (stream.dropped, frames[-1].kind) == (1, K.END)


def test_a_bad_event_inside_a_tool_call_is_an_error() -> None:
    native = Native()
    frames = frames_of(native.begin(), native.call(), b"data: {oops\n\n", native.arguments("{}"))
    assert frames[-1].kind is K.ERROR
    assert frames[-1].fault
    assert frames[-1].fault.kind is FaultKind.MALFORMED


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (golden("stream_failed.sse"), FaultKind.SERVER),
        (golden("stream_quota_after_created.sse"), FaultKind.BILLING),
        (event("error", code="slow_down", message="m"), FaultKind.OVERLOAD),
        (event("error", message="m"), FaultKind.UNKNOWN),
        (event("error", error={"type": "server_error", "message": "m"}), FaultKind.SERVER),
        (b'data: {"error":{"message":"m","code":"rate_limit_exceeded"}}\n\n', FaultKind.THROTTLE),
        (b'data: {"error":{"message":"m","code":503},"type":7}\n\n', FaultKind.SERVER),
        (event("response.failed", response=response("r", "failed")), FaultKind.UNKNOWN),
        (event("response.completed", response={"error": {"code": "server_error"}}), FaultKind.SERVER),
    ],
)
def test_an_error_inside_the_stream(sent: bytes, kind: FaultKind) -> None:
    frame = last(sent)
    assert frame.kind is K.ERROR
    assert frame.fault
    assert (frame.fault.kind, frame.fault.status) == (kind, 200)


def test_nothing_follows_a_failure() -> None:
    native = Native()
    assert last(golden("stream_failed.sse"), native.begin()).kind is K.ERROR


def test_a_body_that_is_no_stream_is_told_for_what_it_is() -> None:
    error = last(b'{"error":{"message":"m","code":"insufficient_quota"}}')
    assert error.fault
    assert error.fault.kind is FaultKind.BILLING
