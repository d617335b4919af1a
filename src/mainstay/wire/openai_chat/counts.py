"""Usage as it is written for callers of Chat Completions; `response.usage` reads it."""

import msgspec

from mainstay.model.frame import Usage


class _InputDetails(msgspec.Struct, omit_defaults=True):
    # Without a default, so that it is always written.
    cached_tokens: int | None
    cache_write_tokens: int | None = None


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None


class Counts(msgspec.Struct):
    """The object `usage`."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: _InputDetails
    completion_tokens_details: _OutputDetails


def counts_of(usage: Usage) -> Counts:
    """The object `usage` for these numbers."""
    return Counts(
        usage.input_tokens,
        usage.output_tokens,
        usage.input_tokens + usage.output_tokens,
        _InputDetails(usage.cached_tokens, usage.cache_write_tokens or None),
        _OutputDetails(usage.reasoning_tokens),
    )


def later_usage(known: Usage | None, news: Usage | None) -> Usage | None:
    """What is known after news that may leave out what was told before (the input, mostly)."""
    if known is None or news is None:
        return news or known
    return Usage(
        news.input_tokens or known.input_tokens,
        news.output_tokens or known.output_tokens,
        news.cached_tokens or known.cached_tokens,
        news.estimated,
        news.cache_write_tokens or known.cache_write_tokens,
        news.reasoning_tokens or known.reasoning_tokens,
    )
