"""Bedrock's ConverseStream, in binary frames: an upstream's side only."""

from bench.dialogue import word
from bench.spoken.shape import INPUT_TOKENS, Voice, compact, padding
from mainstay.wire.bedrock.event_stream import CONTENT_TYPE, event

SHOWN_WIDTH = 40
"""Word and padding together."""


def opening() -> bytes:
    """The role."""
    return _frame("messageStart", {"role": "assistant", "p": padding(0, "", SHOWN_WIDTH)})


def content(number: int) -> bytes:
    """One piece of text; text blocks are never announced."""
    text = word(number)
    delta = {"contentBlockIndex": 0, "delta": {"text": text}, "p": padding(number, text, SHOWN_WIDTH)}
    return _frame("contentBlockDelta", delta)


def closing(words: int) -> bytes:
    """The end of the block, the stop reason and the usage."""
    usage = {"inputTokens": INPUT_TOKENS, "outputTokens": words, "totalTokens": INPUT_TOKENS + words}
    return (
        _frame("contentBlockStop", {"contentBlockIndex": 0, "p": "abcdefg"})
        + _frame("messageStop", {"stopReason": "end_turn", "p": "abcdefghij"})
        + _frame("metadata", {"usage": usage, "metrics": {"latencyMs": 4_120}, "p": "abc"})
    )


def _frame(name: str, payload: dict[str, object]) -> bytes:
    return event(name, compact(payload).encode())


VOICE = Voice(
    dialect="bedrock",
    base="",
    suffix="/converse-stream",
    content_type=CONTENT_TYPE,
    headers={"x-amzn-requestid": "00000000-0000-4000-8000-000000000000"},
    opening=opening,
    content=content,
    closing=closing,
)
