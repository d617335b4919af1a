"""Rate headers of both dialects: what a provider tells of its limits, and what we tell a caller of ours.

Anthropic: `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`, resets as
instants (RFC 3339). OpenAI, Azure and most servers that speak like them:
`x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, resets as durations (`1s`, `6m0s`).
"""

import math
from datetime import UTC, datetime
from functools import lru_cache
from itertools import compress
from operator import itemgetter
from typing import Final

from mainstay.model.http import Headers
from mainstay.model.rates import Bucket, Told
from mainstay.wire.retry_after import duration_seconds, instant_seconds

ANTHROPIC_PREFIX: Final = "anthropic-ratelimit-"
OPENAI_PREFIX: Final = "x-ratelimit-"
MARK: Final = "ratelimit-"
"""Part of the name of every such header, whosever it is."""
ANTHROPIC: Final = "anthropic"
WINDOW_SECONDS: Final = 60.0
"""Limits are told by the minute; where a provider does not tell when one is whole again, it is then."""

DIGITS_MAX: Final = 15
_NAME: Final = itemgetter(0)
_REMEMBERED: Final = 256
"""What is told is told alike for a tenth of a second, and never again: more than so many entries would be kept for
nothing, a kilobyte each. To find one anew costs a microsecond."""
_PLACES: Final = {"requests": 0, "input-tokens": 1, "output-tokens": 2, "tokens": 3}
"""Where a limit stands in `Told`."""
_ANTHROPIC_NAMES: Final = {
    what: tuple(f"{ANTHROPIC_PREFIX}{what}-{part}" for part in ("limit", "remaining", "reset")) for what in _PLACES
}
_OPENAI_NAMES: Final = {
    what: tuple(f"{OPENAI_PREFIX}{part}-{what}" for part in ("limit", "remaining", "reset")) for what in _PLACES
}


def read_told(headers: Headers, wall: float) -> Told | None:
    """What a response told of its credential's limits, at `wall` in seconds since 1970; `None` where it told nothing
    that makes sense. A limit of which the remainder is no whole number, or the reset cannot be read, counts as not
    told. Whether what is told can be true is for others to judge."""
    fields = {name: value for name, value in headers if MARK in name}
    if not fields:
        return None
    found: list[Bucket | None] = [None, None, None, None]
    for what, place in _PLACES.items():
        found[place] = _anthropic_bucket(fields, what, wall) or _openai_bucket(fields, what, wall)
    return Told(*found) if any(found) else None


def rated(dialect: str, headers: Headers, told: Told, wall: float) -> Headers:
    """These headers with what we tell in place of what a provider told."""
    return without_rates(headers) + rate_headers(dialect, told, wall)


def without_rates(headers: Headers) -> Headers:
    """These headers without what a provider told of its limits. When to come again is no limit, and stays."""
    return tuple(compress(headers, _kept(tuple(map(_NAME, headers)))))


def rate_headers(dialect: str, told: Told, wall: float) -> Headers:
    """Our limits in the words of a caller's dialect, at `wall` in seconds since 1970. OpenAI has one limit for tokens:
    of ours for input and output it is the one of which less is left."""
    if dialect == ANTHROPIC:
        return _anthropic(told)
    tokens = told.input_tokens
    if tokens is None or (told.output_tokens is not None and told.output_tokens.remaining < tokens.remaining):
        tokens = told.output_tokens
    return _openai_fields("requests", told.requests, wall) + _openai_fields("tokens", tokens, wall)


@lru_cache(maxsize=_REMEMBERED)
def _kept(names: tuple[str, ...]) -> tuple[bool, ...]:
    """Which fields of a head with these names say nothing of limits. A provider's heads have the same names each
    time."""
    return tuple([MARK not in one for one in names])


@lru_cache(maxsize=_REMEMBERED)
def _anthropic(told: Told) -> Headers:
    """In Anthropic's words, which do not depend on when they are said. What is far from its limit is told alike for a
    moment (`engine.tab`)."""
    return (
        _anthropic_fields("requests", told.requests)
        + _anthropic_fields("input-tokens", told.input_tokens)
        + _anthropic_fields("output-tokens", told.output_tokens)
    )


def _anthropic_fields(what: str, bucket: Bucket | None) -> Headers:
    if bucket is None:
        return ()
    limit, remaining, reset = _ANTHROPIC_NAMES[what]
    return (
        (limit, str(bucket.limit)),
        (remaining, str(bucket.remaining)),
        (reset, instant_text(math.ceil(bucket.reset_at))),
    )


def _openai_fields(what: str, bucket: Bucket | None, wall: float) -> Headers:
    if bucket is None:
        return ()
    limit, remaining, reset = _OPENAI_NAMES[what]
    return (
        (limit, str(bucket.limit)),
        (remaining, str(bucket.remaining)),
        (reset, duration_text(math.ceil((bucket.reset_at - wall) * 1000.0))),
    )


@lru_cache(maxsize=_REMEMBERED)
def instant_text(seconds: int) -> str:
    """An instant as RFC 3339 has it: `2026-11-03T10:15:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration_text(milliseconds: int) -> str:
    """A duration as OpenAI writes it: `0s`, `17ms`, `1.5s`, `6m0s`."""
    if milliseconds <= 0:
        return "0s"
    if milliseconds < 1_000:  # noqa: PLR2004 - below a second
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    seconds = f"{rest / 1_000:g}s"
    return f"{minutes}m{seconds}" if minutes else seconds


def _anthropic_bucket(fields: dict[str, str], what: str, wall: float) -> Bucket | None:
    limit, remaining, reset = _ANTHROPIC_NAMES[what]
    if remaining not in fields:
        return None
    reset_at = instant_seconds(fields[reset]) if reset in fields else wall + WINDOW_SECONDS
    return _bucket(fields.get(limit, ""), fields[remaining], reset_at)


def _openai_bucket(fields: dict[str, str], what: str, wall: float) -> Bucket | None:
    limit, remaining, reset = _OPENAI_NAMES[what]
    if remaining not in fields:
        return None
    seconds = duration_seconds(fields[reset]) if reset in fields else WINDOW_SECONDS
    return _bucket(fields.get(limit, ""), fields[remaining], None if seconds is None else wall + seconds)


def _bucket(limit: str, remaining: str, reset_at: float | None) -> Bucket | None:
    left = _whole(remaining)
    return None if left is None or reset_at is None else Bucket(_whole(limit), left, reset_at)


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= DIGITS_MAX else None
