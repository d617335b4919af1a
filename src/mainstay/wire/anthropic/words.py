"""Stop reasons and token counts of the Messages API, in its own words and in neutral ones; the form of its ids."""

import re
from collections.abc import Mapping

import msgspec

from mainstay.model.frame import Usage
from mainstay.model.piece import Stop
from mainstay.wire.tool_ids import IdSyntax

END, TOOL = Stop.END, Stop.TOOL

CALL_IDS = IdSyntax(re.compile(r"[a-zA-Z0-9_-]{1,64}"), "toolu_")
"""Of tool calls."""

_READ: Mapping[str, Stop] = {
    "end_turn": END,
    "max_tokens": Stop.LENGTH,
    "stop_sequence": Stop.SEQUENCE,
    "tool_use": TOOL,
    "pause_turn": Stop.PAUSE,
    "refusal": Stop.REFUSAL,
    "model_context_window_exceeded": Stop.CONTEXT,
}
_WRITTEN: Mapping[Stop, str] = {stop: word for word, stop in _READ.items()} | {Stop.FILTER: "refusal"}
_CUT_OFF = frozenset((Stop.LENGTH, Stop.CONTEXT, Stop.REFUSAL))


class OutputDetails(msgspec.Struct, gc=False):
    """What the output is made of."""

    thinking_tokens: int | None = None


class TokenCounts(msgspec.Struct, gc=False):
    """The `usage` object. `input_tokens` counts what the cache neither took nor gave."""

    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None
    output_tokens_details: OutputDetails | None = None


class WrittenCounts(msgspec.Struct, omit_defaults=True):
    """The `usage` object as it is written. Clients take the first four numbers as given."""

    input_tokens: int
    cache_creation_input_tokens: int
    cache_read_input_tokens: int
    output_tokens: int
    output_tokens_details: OutputDetails | None = None


def read_stop(word: str, *, has_calls: bool) -> Stop:
    """The stop reason behind a word; unknown ones count as an end. Only an answer with tool calls asks for results."""
    stop = _READ.get(word, END)
    if stop is END and has_calls:
        return TOOL
    return END if stop is TOOL and not has_calls else stop


def may_cut_a_call(stop: Stop) -> bool:
    """Whether an answer that ends like this may break off inside a tool call."""
    return stop in _CUT_OFF


def stop_word(stop: Stop) -> str:
    """The word for a stop reason."""
    return _WRITTEN[stop]


def merged(before: TokenCounts, counts: TokenCounts) -> TokenCounts:
    """Counts so far: they are cumulative, and input need not be repeated."""
    base = before if counts.input_tokens is None else counts
    return TokenCounts(
        base.input_tokens,
        _last(before.cache_creation_input_tokens, counts.cache_creation_input_tokens),
        _last(before.cache_read_input_tokens, counts.cache_read_input_tokens),
        _last(before.output_tokens, counts.output_tokens),
        counts.output_tokens_details or before.output_tokens_details,
    )


def usage(counts: TokenCounts) -> Usage:
    """The same numbers in the words of the house: cached input is part of all input."""
    cached = counts.cache_read_input_tokens or 0
    taken = counts.cache_creation_input_tokens or 0
    details = counts.output_tokens_details
    return Usage(
        (counts.input_tokens or 0) + cached + taken,
        counts.output_tokens or 0,
        cached,
        cache_write_tokens=taken,
        reasoning_tokens=(details.thinking_tokens or 0) if details else 0,
    )


def written_usage(tokens: Usage) -> WrittenCounts:
    """Tokens in the words of this API."""
    fresh = max(0, tokens.input_tokens - tokens.cached_tokens - tokens.cache_write_tokens)
    details = OutputDetails(tokens.reasoning_tokens) if tokens.reasoning_tokens else None
    return WrittenCounts(fresh, tokens.cache_write_tokens, tokens.cached_tokens, tokens.output_tokens, details)


def _last(before: int | None, now: int | None) -> int | None:
    return before if now is None else now
