"""OpenAI's Chat Completions."""

import msgspec

from bench.dialogue import PROMPT_BYTES, prompt, word
from bench.spoken.openai import ANSWER_HEADERS, REQUEST_HEADERS
from bench.spoken.shape import CREATED, INPUT_TOKENS, Caller, Voice, compact, data_lines, padding

DIALECT = "openai-chat"
PATH = "/v1/chat/completions"
SHOWN_WIDTH = 14
"""Word and padding together."""
END = b"[DONE]"


class _Delta(msgspec.Struct):
    content: str | None = None
    role: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    completion_tokens: int


class _Chunk(msgspec.Struct):
    id: str
    object: str
    choices: list[_Choice]
    usage: _Usage | None = None


_CHUNK = msgspec.json.Decoder(_Chunk)


def body(model: str) -> bytes:
    """A streaming request that wants the usage, as most clients do."""
    messages = [
        {"role": "system", "content": "You answer in plain words."},
        {"role": "user", "content": prompt(PROMPT_BYTES["1 KB"])},
    ]
    return compact(
        {
            "messages": messages,
            "model": model,
            "max_completion_tokens": 1024,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ).encode()


def opening() -> bytes:
    """The chunk with the role."""
    return _chunk({"role": "assistant", "content": "", "refusal": None}, padding(0, "", SHOWN_WIDTH))


def content(number: int) -> bytes:
    """One piece of text."""
    text = word(number)
    return _chunk({"content": text}, padding(number, text, SHOWN_WIDTH))


def closing(words: int) -> bytes:
    """The finish reason, the usage and the terminal marker."""
    usage = {
        "prompt_tokens": INPUT_TOKENS,
        "completion_tokens": words,
        "total_tokens": INPUT_TOKENS + words,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
    finish = _chunk({}, padding(words, "", SHOWN_WIDTH), finish="stop")
    return finish + _event(_head() | {"choices": [], "usage": usage, "obfuscation": "x"}) + b"data: " + END + b"\n\n"


def trouble_of(stream: bytes, words: int) -> str | None:
    """Why these bytes are not the whole stream, or `None` if they are."""
    lines = list(data_lines(stream))
    if not lines or lines.pop() != END or END in lines:
        return "it does not end with its one [DONE]"
    chunks = [_CHUNK.decode(line) for line in lines]
    if not chunks:
        return "it holds nothing but its end"
    if {chunk.object for chunk in chunks} != {"chat.completion.chunk"} or len({chunk.id for chunk in chunks}) != 1:
        return "its chunks are not of one answer"
    if chunks[-1].choices or chunks[-1].usage is None or chunks[-1].usage.completion_tokens != words:
        return "it does not end with the usage"
    return _trouble_of_choices([choice for chunk in chunks for choice in chunk.choices], words)


def _trouble_of_choices(choices: list[_Choice], words: int) -> str | None:
    if not choices or choices[0].delta.role != "assistant":
        return "it does not begin with the role"
    if choices[-1].finish_reason != "stop" or any(choice.finish_reason for choice in choices[:-1]):
        return "it does not end with its one finish reason"
    text = [choice.delta.content for choice in choices if choice.delta.content]
    if text != [word(number) for number in range(words)]:
        return f"{len(text)} pieces of text came, {words} were sent, or their order is wrong"
    return None


def _head() -> dict[str, object]:
    return {
        "id": "chatcmpl-CbenchBenchBenchBenchBenchBenc",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": "gpt-5.1-2025-11-13",
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
    }


def _chunk(delta: dict[str, object], pad: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _event(_head() | {"choices": [choice], "usage": None, "obfuscation": pad})


def _event(data: dict[str, object]) -> bytes:
    return f"data: {compact(data)}\n\n".encode()


VOICE = Voice(
    dialect=DIALECT,
    base="/v1",
    suffix="/chat/completions",
    content_type="text/event-stream; charset=utf-8",
    headers=ANSWER_HEADERS,
    opening=opening,
    content=content,
    closing=closing,
)
# The first piece of content, the role's, is empty and does not count.
CALLER = Caller(DIALECT, PATH, REQUEST_HEADERS, body, b'"content":" word ', trouble_of)
