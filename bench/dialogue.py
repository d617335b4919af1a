"""The words that travel: requests as an SDK sends them, answers and streams as Anthropic sends them."""

import json
from collections.abc import Mapping

from msgspec import json as fast_json

PLAIN_MODEL = "bench-plain"
STREAM_MODEL = "bench-stream"
PROMPT_BYTES = {"1 KB": 1_000, "20 KB": 20_000, "200 KB": 200_000}

PATH = "/v1/messages"

REQUEST_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "anthropic-version": "2023-06-01",
    "authorization": "Bearer bench-caller",
    "content-type": "application/json",
    "user-agent": "Anthropic/Python 2.12.0",
    "x-stainless-arch": "x64",
    "x-stainless-async": "async:asyncio",
    "x-stainless-lang": "python",
    "x-stainless-os": "Linux",
    "x-stainless-package-version": "2.12.0",
    "x-stainless-retry-count": "0",
    "x-stainless-runtime": "CPython",
    "x-stainless-runtime-version": "3.11.9",
    "x-stainless-timeout": "600",
}
"""The set that the Python SDK sends: a bare request would flatter everybody."""

RESET = "RESET"
"""Stands in `ANSWER_HEADERS` for the instant at which a limit is whole again: now, for hardly anything is used."""

ANSWER_HEADERS = {
    "request-id": "req_011CUbenchbenchbenchbench",
    "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
    "anthropic-ratelimit-requests-limit": "100000000",
    "anthropic-ratelimit-requests-remaining": "99999999",
    "anthropic-ratelimit-requests-reset": RESET,
    "anthropic-ratelimit-input-tokens-limit": "900000000",
    "anthropic-ratelimit-input-tokens-remaining": "899999000",
    "anthropic-ratelimit-input-tokens-reset": RESET,
    "anthropic-ratelimit-output-tokens-limit": "900000000",
    "anthropic-ratelimit-output-tokens-remaining": "899999000",
    "anthropic-ratelimit-output-tokens-reset": RESET,
}
"""What a provider says of limits that do not bind: the harness measures the gateway, not a quota."""

OVERLOAD = json.dumps({"type": "error", "error": {"type": "api_error", "message": "Service unavailable"}})


def prompt(size_bytes: int) -> str:
    """Text of about this size."""
    words = "Please read the report again and tell me in plain words what changed since the last one. "
    return (words * (size_bytes // len(words) + 1))[:size_bytes]


def request_body(
    model: str, prompt_bytes: int, pace: tuple[int, int] | None = None, *, is_stream: bool = False
) -> bytes:
    """A Messages request; with a pace (events, events per second) it asks the bench upstream for such a stream."""
    body: dict[str, object] = {"model": model, "max_tokens": 1024}
    if is_stream or pace is not None:
        body["stream"] = True
    if pace is not None:
        body["metadata"] = {"user_id": f"{pace[0]} {pace[1]}"}
    body["messages"] = [{"role": "user", "content": prompt(prompt_bytes)}]
    return json.dumps(body).encode()


def request_bytes(port: int, body: bytes, path: str = PATH, headers: Mapping[str, str] = REQUEST_HEADERS) -> bytes:
    """The whole HTTP request."""
    lines = [f"POST {path} HTTP/1.1", f"host: 127.0.0.1:{port}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answer_body() -> str:
    """A whole answer of about 800 bytes."""
    text = prompt(480)
    usage = {"input_tokens": 260, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 120}
    answer = {
        "id": "msg_01Bench",
        "type": "message",
        "role": "assistant",
        "model": PLAIN_MODEL,
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {**usage, "service_tier": "standard"},
    }
    return json.dumps(answer)


def opening_events() -> bytes:
    """What stands before the first content of a stream."""
    usage = {"input_tokens": 260, "output_tokens": 1}
    message: dict[str, object] = {
        "id": "msg_01Bench",
        "type": "message",
        "role": "assistant",
        "model": STREAM_MODEL,
        "content": [],
    }
    message |= {"stop_reason": None, "stop_sequence": None, "usage": usage}
    block = {"type": "text", "text": ""}
    return (
        _event("message_start", {"message": message})
        + _event("content_block_start", {"index": 0, "content_block": block})
        + _event("ping", {})
    )


def word(number: int) -> str:
    """The text of one event: numbered, so that a missing or doubled one shows."""
    return f" word {number:05d}"


def content_event(number: int) -> bytes:
    """One piece of text."""
    return _event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": word(number)}})


def closing_events(words: int) -> bytes:
    """What stands behind the last content of a stream."""
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    return (
        _event("content_block_stop", {"index": 0})
        + _event("message_delta", {"delta": delta, "usage": {"output_tokens": words}})
        + _event("message_stop", {})
    )


CONTENT_MARK = b"event: content_block_delta\n"
"""Stands once in every piece of content."""


def trouble_of(stream: bytes, words: int) -> str | None:
    """Why this is not the whole stream of that many words, or `None` if it is. Comments may stand anywhere."""
    text: list[str] = []
    kinds: list[str] = []
    for line in stream.split(b"\n"):
        if line.startswith(b"data: "):
            data = fast_json.decode(line[6:])
            kinds.append(data["type"])
            if data["type"] == "content_block_delta":
                text.append(data["delta"]["text"])
    if not kinds or kinds[0] != "message_start":
        return "it does not begin with message_start"
    if kinds[-1] != "message_stop" or kinds.count("message_stop") != 1:
        return f"it ends with {kinds[-1]} instead of message_stop"
    if text != [word(number) for number in range(words)]:
        return f"{len(text)} pieces of text came, {words} were sent, or their order is wrong"
    return None


def _event(kind: str, data: dict[str, object]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data}, separators=(',', ':'))}\n\n".encode()
