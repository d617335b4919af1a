import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.fault import FaultKind
from mainstay.model.frame import Frame, FrameKind, Usage
from mainstay.model.ports import FrameReader
from mainstay.wire.anthropic.stream import EventMeaning
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter
from tests.wire.streams import (
    ANTHROPIC_TEXT,
    ANTHROPIC_TOOLS,
    PING,
    block_delta,
    block_start,
    block_stop,
    event,
    kinds,
    message_end,
    message_start,
    pieces_of,
    read,
    text_delta,
    text_of,
    text_start,
    tool_delta,
    tool_start,
)

K = FrameKind


def reader() -> FrameReader:
    return StreamReader(EventMeaning(), SseSplitter())


def frames_of(*events: bytes) -> list[Frame]:
    return read(reader(), events)


def test_a_stream_of_text() -> None:
    frames = frames_of(*ANTHROPIC_TEXT)
    assert kinds(frames) == [
        K.PREAMBLE, K.PREAMBLE, K.PING, K.TEXT, K.TEXT, K.PING, K.TEXT, K.PREAMBLE, K.FINISH, K.END,
    ]  # fmt: skip
    assert text_of(frames) == "Hello, wörld 🌍!\n\nSecond paragraph."
    assert b"".join(frame.raw for frame in frames) == b"".join(ANTHROPIC_TEXT)
    assert not any(frame.holds for frame in frames)


def test_a_stream_of_thinking_and_tools() -> None:
    frames = frames_of(*ANTHROPIC_TOOLS)
    assert kinds(frames) == [
        K.PREAMBLE, K.WORKING, K.THINKING, K.WORKING, K.WORKING, K.PREAMBLE, K.TEXT, K.PREAMBLE,
        K.TOOL, K.TOOL, K.TOOL, K.PING, K.TOOL, K.TOOL, K.FINISH, K.END,
    ]  # fmt: skip
    assert [frame.holds for frame in frames] == [False] * 8 + [True] * 5 + [False] * 3
    assert frames[-2].stop_reason == "tool_use"


@pytest.mark.parametrize("stream", [b"".join(ANTHROPIC_TEXT), b"".join(ANTHROPIC_TOOLS).replace(b"\n", b"\r\n")])
def test_any_single_cut_gives_the_same_frames(stream: bytes) -> None:
    whole = frames_of(stream)
    assert len(whole) > 5
    assert all(frames_of(stream[:at], stream[at:]) == whole for at in range(len(stream)))


@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=30))
def test_any_cuts_give_the_same_frames(cuts: list[int]) -> None:
    stream = b"".join(ANTHROPIC_TOOLS)
    assert frames_of(*pieces_of(stream, cuts)) == frames_of(stream)


def test_usage_counts_the_cache_as_input_and_grows_to_the_end() -> None:
    frames = frames_of(message_start(), text_start(0), text_delta(0, "a"), block_stop(0), message_end(output_tokens=12))
    assert frames[0].usage == Usage(100, 1, 85, cache_write_tokens=5)
    assert frames[-2].usage == Usage(100, 12, 85, cache_write_tokens=5)


def test_of_usage_that_comes_again_only_what_is_repeated_is_overwritten() -> None:
    end = event("message_delta", delta={"stop_reason": "max_tokens"}, usage={"input_tokens": 7, "output_tokens": 2})
    assert frames_of(message_start(), end)[-1].usage == Usage(97, 2, 85, cache_write_tokens=5)


def test_several_message_deltas_finish_once() -> None:
    early = event("message_delta", delta={"stop_reason": None}, usage={"output_tokens": 1})
    stream = [message_start(), text_start(0), text_delta(0, "a"), early, message_end(), early]
    assert kinds(frames_of(*stream[:-1]))[3:] == [K.PREAMBLE, K.FINISH, K.END]
    finish, _, end = message_end().partition(b"event: message_stop")
    assert kinds(frames_of(*stream[:3], finish, early, b"event: message_stop" + end))[3:] == [K.FINISH, K.USAGE, K.END]


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (text_delta(0, ""), K.PREAMBLE),
        (block_delta(0, type="text_delta", text=None), K.PREAMBLE),
        (block_delta(0, type="citations_delta", citation={}), K.OPAQUE),
        (block_start(1, type="text", text="Hi"), K.TEXT),
        (block_start(1, type="redacted_thinking", data="x"), K.WORKING),
        (block_start(1, type="server_tool_use", id="s", name="web_search", input={}), K.OPAQUE),
        (block_start(1, type="web_search_tool_result", tool_use_id="s", content=[]), K.OPAQUE),
        (block_start(1, type="of_tomorrow"), K.OPAQUE),
        (event("of_tomorrow", index="x", delta=7), K.OPAQUE),
        (event("ping"), K.PING),
        (b'data: {"type": "ping"}\n\n', K.PING),
    ],
)
def test_the_kind_of_an_event(sent: bytes, kind: FrameKind) -> None:
    assert frames_of(message_start(), text_start(0), sent)[-1].kind is kind


def test_empty_thinking_is_work_and_filled_thinking_is_content() -> None:
    opening = [message_start(), block_start(0, type="thinking", thinking="")]
    empty = frames_of(*opening, block_delta(0, type="thinking_delta", thinking=""))
    filled = frames_of(*opening, block_delta(0, type="thinking_delta", thinking="Hm"))
    assert (empty[-1].kind, filled[-1].kind) == (K.WORKING, K.THINKING)


def test_the_arguments_of_a_server_tool_are_opaque_and_not_held() -> None:
    opening = [message_start(), block_start(0, type="server_tool_use", id="s", name="web_search", input={})]
    frames = frames_of(*opening, tool_delta(0, "{}"), block_stop(0))
    assert [(frame.kind, frame.holds) for frame in frames[1:]] == [(K.OPAQUE, False)] * 3


@pytest.mark.parametrize(
    "bad", [b"data:\n\n", b"event: ping\n\n", b"data: {oops\n\n", b'data: {"no": "type"}\n\n', b"data: 7\n\n"]
)
def test_one_bad_event_is_left_out_and_counted(bad: bytes) -> None:
    stream = reader()
    frames = read(stream, [message_start(), text_start(0), text_delta(0, "a"), bad, text_delta(0, "b"), message_end()])
    assert text_of(frames) == "ab"
    assert (stream.dropped, frames[-1].kind) == (1, K.END)


def test_a_bad_event_inside_a_tool_call_is_an_error() -> None:
    frames = frames_of(message_start(), tool_start(0), b"data: {oops\n\n", tool_delta(0, "{}"))
    assert kinds(frames) == [K.PREAMBLE, K.TOOL, K.ERROR]
    assert frames[-1].fault
    assert frames[-1].fault.kind is FaultKind.MALFORMED


def test_an_event_that_names_an_error() -> None:
    data = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    fault = frames_of(message_start(), b"event: error\ndata: " + data + b"\n\n")[-1].fault
    assert fault is not None
    assert (fault.kind, fault.status, fault.body) == (FaultKind.OVERLOAD, 200, data)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (event("error", error={"type": "brand_new_error", "message": "?"}), FaultKind.UNKNOWN),
        (event("error", error="odd"), FaultKind.UNKNOWN),
        (event("error", index="odd", error={"type": "api_error"}), FaultKind.SERVER),
        (b"event: error\ndata: no json\n\n", FaultKind.UNKNOWN),
    ],
)
def test_an_error_that_is_hard_to_read_is_still_an_error(raw: bytes, kind: FaultKind) -> None:
    last = frames_of(message_start(), raw)[-1]
    assert last.kind is K.ERROR
    assert last.fault
    assert last.fault.kind is kind


@pytest.mark.parametrize(
    "events",
    [
        [text_start(0)],
        [message_start(), text_delta(0, "lost its start")],
        [message_start(), text_start(0), tool_delta(1, "{}")],
        [message_start(), tool_start(0), tool_delta(0, "{"), message_end("tool_use")],
    ],
)
def test_a_stream_that_no_client_could_follow_is_malformed(events: list[bytes]) -> None:
    last = frames_of(*events)[-1]
    assert last.fault
    assert last.fault.kind is FaultKind.MALFORMED


@pytest.mark.parametrize("stop_reason", ["end_turn", "refusal", "max_tokens", "pause_turn"])
def test_whether_a_message_may_be_empty_is_for_the_engine_to_judge(stop_reason: str) -> None:
    frames = frames_of(message_start(), PING, message_end(stop_reason))
    assert kinds(frames) == [K.PREAMBLE, K.PING, K.FINISH, K.END]
    assert frames[2].stop_reason == stop_reason
