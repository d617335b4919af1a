"""Gemini's `streamGenerateContent?alt=sse`: an upstream's side only."""

import json

from bench.dialogue import word
from bench.spoken.shape import INPUT_TOKENS, Voice


def opening() -> bytes:
    """Nothing stands before the first content."""
    return b""


def content(number: int) -> bytes:
    """One piece of text; each chunk counts anew."""
    return _chunk(word(number), number + 1)


def closing(words: int) -> bytes:
    """The last chunk, which alone says why the answer ended. There is no terminal marker."""
    return _chunk("", words, finish="STOP")


def _chunk(text: str, tokens: int, finish: str = "") -> bytes:
    candidate: dict[str, object] = {"content": {"parts": [{"text": text}], "role": "model"}}
    if finish:
        candidate["finishReason"] = finish
    candidate["index"] = 0
    usage = {
        "promptTokenCount": INPUT_TOKENS,
        "candidatesTokenCount": tokens,
        "totalTokenCount": INPUT_TOKENS + tokens,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": INPUT_TOKENS}],
    }
    chunk = {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": "gemini-3-pro",
        "responseId": "benchBenchBenchBenchBe",
    }
    # With spaces behind colons and CRLF, as Google sends it.
    return f"data: {json.dumps(chunk, separators=(',', ': '))}\r\n\r\n".encode()


VOICE = Voice(
    dialect="gemini",
    base="/v1beta",
    suffix=":streamGenerateContent",
    content_type="text/event-stream",
    headers={"server": "scaffolding on HTTPServer2", "server-timing": "gfet4t7; dur=412", "vary": "Origin"},
    opening=opening,
    content=content,
    closing=closing,
)
