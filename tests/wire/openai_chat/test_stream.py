import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.fault import FaultKind
from mainstay.model.frame import Frame, FrameKind, Usage
from mainstay.model.ports import FrameReader
from mainstay.wire.openai_chat.stream import ChunkMeaning
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter
from tests.wire.streams import (
    CHAT_TEXT,
    CHAT_TOOLS,
    DONE,
    call_chunk,
    chunk,
    kinds,
    pieces_of,
    read,
    role_chunk,
    text_of,
    usage_chunk,
)

K = FrameKind


def reader() -> FrameReader:
    return StreamReader(ChunkMeaning(), SseSplitter())


def frames_of(*events: bytes) -> list[Frame]:
    return read(reader(), events)


def choice(index: int, delta: dict[str, object], finish: str | None = None) -> dict[str, object]:
    return {"index": index, "delta": delta, "finish_reason": finish}


def test_a_stream_of_text() -> None:
    frames = frames_of(*CHAT_TEXT)
    assert kinds(frames) == [K.PREAMBLE, K.PREAMBLE, K.TEXT, K.PING, K.TEXT, K.TEXT, K.FINISH, K.USAGE, K.END]
    assert text_of(frames) == "Hello, wörld 🌍!\n\nSecond paragraph."
    assert b"".join(frame.raw for frame in frames) == b"".join(CHAT_TEXT)
    assert (frames[-3].stop_reason, frames[-2].usage) == ("stop", Usage(100, 12, 64))


def test_a_stream_of_reasoning_and_tools() -> None:
    frames = frames_of(*CHAT_TOOLS)
    assert kinds(frames) == [
        K.PREAMBLE, K.THINKING, K.TEXT, K.TOOL, K.TOOL, K.TOOL, K.PING, K.TOOL, K.FINISH, K.END,
    ]  # fmt: skip
    assert [frame.holds for frame in frames] == [False] * 3 + [True] * 5 + [False] * 2


@pytest.mark.parametrize("stream", [b"".join(CHAT_TEXT), b"".join(CHAT_TOOLS).replace(b"\n", b"\r\n")])
def test_any_single_cut_gives_the_same_frames(stream: bytes) -> None:
    whole = frames_of(stream)
    assert len(whole) > 5
    assert all(frames_of(stream[:at], stream[at:]) == whole for at in range(len(stream)))


@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=30))
def test_any_cuts_give_the_same_frames(cuts: list[int]) -> None:
    stream = b"".join(CHAT_TOOLS)
    assert frames_of(*pieces_of(stream, cuts)) == frames_of(stream)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (chunk({}), K.PREAMBLE),
        (chunk({"content": None}), K.PREAMBLE),
        (chunk({"tool_calls": [], "content": "a"}), K.TEXT),
        (chunk({"reasoning": "Hm"}), K.THINKING),
        (chunk({"reasoning_content": "", "content": ""}), K.PREAMBLE),
        (chunk({"reasoning_content": "Hm", "content": "a"}), K.TEXT),
        (chunk({"refusal": "I cannot"}), K.OPAQUE),
        (chunk({"audio": {"data": "x"}}), K.OPAQUE),
        (chunk({"audio": None, "function_call": None, "content": "a"}), K.TEXT),
        (chunk({"function_call": {"arguments": "{"}}), K.TOOL),
        (chunk({"content": [{"type": "thinking", "thinking": []}]}), K.OPAQUE),
        (chunk({"content": "a"}, usage={"completion_tokens": 1}), K.TEXT),
        (chunk(choices=[{"index": 0, "finish_reason": None}]), K.PREAMBLE),
        (chunk(choices=[]), K.PREAMBLE),
        (usage_chunk(), K.PREAMBLE),
        (b"event: ping\ndata: {}\n\n", K.PING),
        (b"event: message\n" + chunk({"content": "a"}), K.TEXT),
        (DONE, K.END),
        (b"data:[DONE]\r\n\r\n", K.END),
    ],
)
def test_the_kind_of_a_chunk(sent: bytes, kind: FrameKind) -> None:
    assert frames_of(role_chunk(), sent)[-1].kind is kind


def test_a_ping_event_becomes_a_comment_since_it_would_crash_the_sdk() -> None:
    assert frames_of(b"event: ping\ndata: {}\n\n")[0].raw == b": ping\n\n"


def test_usage_beside_text_is_told() -> None:
    assert frames_of(chunk({"content": "a"}, usage={"prompt_tokens": 7, "completion_tokens": 1}))[0].usage == Usage(
        7, 1
    )


@pytest.mark.parametrize(
    ("delta", "kind", "text"),
    [
        ({}, K.FINISH, ""),
        ({"content": "last"}, K.TEXT, "last"),
        ({"reasoning": "Hm"}, K.THINKING, ""),
        ({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}, K.TOOL, ""),
        ({"content": [{"type": "text"}]}, K.OPAQUE, ""),
    ],
)
def test_a_finish_reason_counts_beside_any_content(delta: dict[str, object], kind: FrameKind, text: str) -> None:
    frame = frames_of(role_chunk(), chunk(delta, "stop"))[-1]
    assert (frame.kind, frame.text, frame.stop_reason, frame.holds) == (kind, text, "stop", False)


def test_after_an_unknown_shape_with_a_finish_reason_nothing_is_held() -> None:
    frames = frames_of(call_chunk(0, "{}", "call_1"), chunk({"content": []}, "tool_calls"))
    assert [frame.holds for frame in frames] == [True, False]


def test_text_between_tool_calls_is_held_too() -> None:
    frames = frames_of(call_chunk(0, "{}", "call_1"), chunk({"content": "and"}), chunk(finish="tool_calls"))
    assert [(frame.kind, frame.holds) for frame in frames] == [(K.TOOL, True), (K.TEXT, True), (K.FINISH, False)]


def test_of_several_choices_the_last_to_end_finishes_the_stream() -> None:
    frames = frames_of(
        chunk(choices=[choice(0, {"role": "assistant"}), choice(1, {"role": "assistant"})]),
        chunk(choices=[choice(1, {"content": "b"})]),
        chunk(choices=[choice(1, {}, "stop")]),
        chunk(choices=[choice(0, {"content": "a"})]),
        chunk(choices=[choice(0, {}, "length")]),
        DONE,
    )
    assert kinds(frames) == [K.PREAMBLE, K.OPAQUE, K.PREAMBLE, K.TEXT, K.FINISH, K.END]
    assert [frame.stop_reason for frame in frames] == ["", "", "", "", "length", ""]


def test_of_several_choices_each_holds_its_own_calls() -> None:
    call: dict[str, object] = {"tool_calls": [{"index": 0, "id": "c", "function": {"arguments": "{}"}}]}
    frames = frames_of(
        chunk(choices=[choice(0, call), choice(1, {"content": "b"})]),
        chunk(choices=[choice(1, {}, "stop")]),
        chunk(choices=[choice(0, {}, "tool_calls")]),
    )
    assert [(frame.kind, frame.holds) for frame in frames] == [(K.TOOL, True), (K.PREAMBLE, True), (K.FINISH, False)]


@pytest.mark.parametrize(
    "bad", [b"data:\n\n", b"event: ping\n\n", b"data: {oops\n\n", b"data: 7\n\n", b'data: {"choices": 7}\n\n']
)
def test_one_bad_chunk_is_left_out_and_counted(bad: bytes) -> None:
    stream = reader()
    frames = read(
        stream, [role_chunk(), chunk({"content": "a"}), bad, chunk({"content": "b"}), chunk(finish="stop"), DONE]
    )
    assert text_of(frames) == "ab"
    assert (stream.dropped, frames[-1].kind) == (1, K.END)


def test_a_bad_chunk_inside_a_tool_call_is_an_error() -> None:
    frames = frames_of(call_chunk(0, "{", "call_1"), b"data: {oops\n\n", call_chunk(0, "}"))
    assert kinds(frames) == [K.TOOL, K.ERROR]
    assert frames[-1].fault
    assert frames[-1].fault.kind is FaultKind.MALFORMED


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"error": {"message": "m", "type": "server_error", "code": None}}, FaultKind.SERVER),
        ({"error": {"message": "m", "code": 502}, "choices": [choice(0, {}, "error")]}, FaultKind.SERVER),
        ({"error": {"code": "slow_down"}, "choices": "odd"}, FaultKind.OVERLOAD),
        ({"error": {"message": "?"}}, FaultKind.UNKNOWN),
        ({"error": ["odd"]}, FaultKind.UNKNOWN),
        ({"object": "error", "message": "m", "type": "internal_error", "code": 500}, FaultKind.SERVER),
        ({"choices": [choice(0, {}, "error")]}, FaultKind.UNKNOWN),
    ],
)
def test_an_error_inside_the_stream(data: dict[str, object], kind: FaultKind) -> None:
    frames = frames_of(role_chunk(), f"data: {json.dumps(data)}\n\n".encode(), DONE)
    assert kinds(frames) == [K.PREAMBLE, K.ERROR]
    assert frames[-1].fault
    assert (frames[-1].fault.kind, frames[-1].fault.status) == (kind, 200)


def test_an_error_event_of_any_shape_is_an_error() -> None:
    assert kinds(frames_of(role_chunk(), b'event: error\ndata: {"detail": "?"}\n\n')) == [K.PREAMBLE, K.ERROR]


def test_a_marker_inside_a_tool_call_leaves_it_open() -> None:
    assert frames_of(call_chunk(0, "{", "call_1"), DONE)[-1].holds
