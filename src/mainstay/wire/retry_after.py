"""How long a provider asks us to wait, in seconds.

Read in this order: `retry-after-ms`, `retry-after` (seconds, whole or broken, or an HTTP date), and for a 429 without
either the reset of a limit that is used up: Anthropic's instants (RFC 3339) or OpenAI's durations (`6m0s`, `17ms`).
Nonsense (negative, not a number, words) counts as silence. The answer lies between 0 and `WAIT_SECONDS_MAX`.
"""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from mainstay.model.http import Headers

WAIT_SECONDS_MAX = 3600.0
"""A provider that asks for more is asked again after an hour."""

TOO_MANY_REQUESTS = 429
_REMEMBERED = 1_024
"""Providers tell the same resets in many responses."""

_NUMBER = re.compile(r"[0-9]{1,30}(?:\.[0-9]{0,9})?")
_DURATION = re.compile(
    r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9.]{1,15})s)?(?:([0-9.]{1,15})ms)?"
)
_UNIT_SECONDS = (86400.0, 3600.0, 60.0, 1.0, 0.001)
_ANTHROPIC_PREFIX = "anthropic-ratelimit-"
_OPENAI_REMAINING = "x-ratelimit-remaining-"
_OPENAI_RESET = "x-ratelimit-reset-"


def wait_seconds(status: int, headers: Headers, wall: float) -> float | None:
    """The wait that a response asks for, or `None`. `wall` is the present in seconds since 1970; it dates instants."""
    fields = dict(reversed(headers))
    asked = _milliseconds(fields.get("retry-after-ms", ""))
    if asked is None:
        asked = _seconds_or_date(fields.get("retry-after", ""), wall)
    if asked is None and status == TOO_MANY_REQUESTS:
        asked = _longest_reset(fields, wall)
    return None if asked is None else min(max(asked, 0.0), WAIT_SECONDS_MAX)


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def _milliseconds(text: str) -> float | None:
    value = _number(text)
    return None if value is None else value / 1000.0


def _seconds_or_date(text: str, wall: float) -> float | None:
    value = _number(text)
    return _until_http_date(text, wall) if value is None else value


def _until_http_date(text: str, wall: float) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _until(_timestamp(moment), wall)


def _until(instant: float | None, wall: float) -> float | None:
    # An instant that has passed says "now", which is a wait of zero, not nonsense.
    return None if instant is None else max(instant - wall, 0.0)


@lru_cache(maxsize=_REMEMBERED)
def instant_seconds(text: str) -> float | None:
    """An instant (RFC 3339) in seconds since 1970; `None` for what is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return _timestamp(moment)


def _timestamp(moment: datetime) -> float | None:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        seconds = moment.timestamp()
    except (OverflowError, ValueError):
        return None
    return seconds if math.isfinite(seconds) else None


@lru_cache(maxsize=_REMEMBERED)
def duration_seconds(text: str) -> float | None:
    """A duration as OpenAI writes it (`6m0s`, `17ms`, `12`) in seconds; `None` for what is none."""
    text = text.strip()
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        return _number(text)
    try:
        return sum(float(part) * unit for part, unit in zip(found.groups(), _UNIT_SECONDS, strict=True) if part)
    except ValueError:
        return None


def _longest_reset(fields: dict[str, str], wall: float) -> float | None:
    """The latest reset among the limits that have nothing left: waiting for less would meet the next one."""
    waits = [_reset_of(name, fields, wall) for name, remaining in fields.items() if _number(remaining) == 0.0]
    return max((wait for wait in waits if wait is not None), default=None)


def _reset_of(remaining: str, fields: dict[str, str], wall: float) -> float | None:
    if remaining.startswith(_ANTHROPIC_PREFIX) and remaining.endswith("-remaining"):
        return _until(instant_seconds(fields.get(remaining.removesuffix("-remaining") + "-reset", "")), wall)
    if remaining.startswith(_OPENAI_REMAINING):
        return duration_seconds(fields.get(_OPENAI_RESET + remaining.removeprefix(_OPENAI_REMAINING), ""))
    return None
