"""Recorded streams in miniature: what providers really send, and helpers to feed them in pieces."""

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise

from mainstay.model.frame import Frame, FrameKind
from mainstay.model.ports import FrameReader


def event(name: str, **members: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **members}, ensure_ascii=False)}\n\n".encode()


def message_start(message_id: str = "msg_1", model: str = "claude-demo") -> bytes:
    usage = {"input_tokens": 10, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 85, "output_tokens": 1}
    message = {"id": message_id, "type": "message", "role": "assistant", "content": [], "model": model}
    return event("message_start", message={**message, "stop_reason": None, "stop_sequence": None, "usage": usage})


def block_start(index: int, **block: object) -> bytes:
    return event("content_block_start", index=index, content_block=block)


def block_delta(index: int, **delta: object) -> bytes:
    return event("content_block_delta", index=index, delta=delta)


def block_stop(index: int) -> bytes:
    return event("content_block_stop", index=index)


def text_start(index: int) -> bytes:
    return block_start(index, type="text", text="")


def text_delta(index: int, text: str) -> bytes:
    return block_delta(index, type="text_delta", text=text)


def tool_start(index: int, tool_id: str = "toolu_1") -> bytes:
    return block_start(index, type="tool_use", id=tool_id, name="weather", input={})


def tool_delta(index: int, arguments: str) -> bytes:
    return block_delta(index, type="input_json_delta", partial_json=arguments)


def message_end(stop_reason: str = "end_turn", output_tokens: int = 12) -> bytes:
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return event("message_delta", delta=delta, usage={"output_tokens": output_tokens}) + event("message_stop")


PING = event("ping")

ANTHROPIC_TEXT = [
    message_start(),
    text_start(0),
    PING,
    text_delta(0, "Hello"),
    text_delta(0, ", wörld 🌍"),
    b": a comment of a proxy\n\n",
    text_delta(0, "!\n\nSecond paragraph."),
    block_stop(0),
    message_end(),
]

ANTHROPIC_TOOLS = [
    message_start(),
    block_start(0, type="thinking", thinking="", signature=""),
    block_delta(0, type="thinking_delta", thinking="Which city?"),
    block_delta(0, type="signature_delta", signature="c2ln"),
    block_stop(0),
    text_start(1),
    text_delta(1, "Let me look."),
    block_stop(1),
    tool_start(2),
    tool_delta(2, ""),
    tool_delta(2, '{"city": '),
    PING,
    tool_delta(2, '"Paris"}'),
    block_stop(2),
    message_end("tool_use", 40),
]


def chunk(
    delta: dict[str, object] | None = None, finish: str | None = None, chunk_id: str = "chatcmpl-1", **members: object
) -> bytes:
    choices = [{"index": 0, "delta": delta or {}, "logprobs": None, "finish_reason": finish}]
    data = {
        "id": chunk_id,
        "object": "chat.completion.chunk",
        "created": 1760000000 + len(chunk_id),
        "model": "gpt-demo-" + chunk_id,
        "choices": choices,
        **members,
    }
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def role_chunk(chunk_id: str = "chatcmpl-1") -> bytes:
    return chunk({"role": "assistant", "content": ""}, chunk_id=chunk_id)


def call_chunk(index: int, arguments: str, call_id: str | None = None, chunk_id: str = "chatcmpl-1") -> bytes:
    call: dict[str, object] = {"index": index, "function": {"arguments": arguments}}
    if call_id:
        call |= {"id": call_id, "type": "function", "function": {"name": "weather", "arguments": arguments}}
    return chunk({"tool_calls": [call]}, chunk_id=chunk_id)


def usage_chunk(output_tokens: int = 12, chunk_id: str = "chatcmpl-1") -> bytes:
    details = {"cached_tokens": 64}
    usage = {"prompt_tokens": 100, "completion_tokens": output_tokens, "total_tokens": 100 + output_tokens}
    return chunk(chunk_id=chunk_id, choices=[], usage={**usage, "prompt_tokens_details": details})


DONE = b"data: [DONE]\n\n"

CHAT_TEXT = [
    chunk(choices=[], prompt_filter_results=[{"prompt_index": 0}], chunk_id=""),
    role_chunk(),
    chunk({"content": "Hello"}),
    b": keepalive\n\n",
    chunk({"content": ", wörld 🌍"}),
    chunk({"content": "!\n\nSecond paragraph."}),
    chunk(finish="stop"),
    usage_chunk(),
    DONE,
]

CHAT_TOOLS = [
    role_chunk(),
    chunk({"reasoning_content": "Which city?"}),
    chunk({"content": "Let me look."}),
    call_chunk(0, "", "call_1"),
    call_chunk(0, '{"city": '),
    call_chunk(1, '{"city": "Rome"}', "call_2"),
    b": ping\n\n",
    call_chunk(0, '"Paris"}'),
    chunk(finish="tool_calls"),
    DONE,
]

LINE_ENDS = (b"\n", b"\r\n", b"\r")
RECORDED = [
    b"".join(stream).replace(b"\n", end)
    for stream in (ANTHROPIC_TEXT, ANTHROPIC_TOOLS, CHAT_TEXT, CHAT_TOOLS)
    for end in LINE_ENDS
]


def read(reader: FrameReader, pieces: Iterable[bytes]) -> list[Frame]:
    """All frames of a stream that arrives in these pieces and then ends."""
    frames = [frame for piece in pieces for frame in reader.feed(piece)]
    return frames + reader.close()


def pieces_of(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """The data, cut at these places."""
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def kinds(frames: Iterable[Frame]) -> list[FrameKind]:
    return [frame.kind for frame in frames]


def text_of(frames: Iterable[Frame]) -> str:
    return "".join(frame.text for frame in frames)


def data_of(stream: bytes) -> list[dict[str, object]]:
    """The JSON of every event with data, `[DONE]` left out."""
    lines = [line.removeprefix(b"data: ") for line in stream.split(b"\n") if line.startswith(b"data: ")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]
