"""Trace context (https://www.w3.org/TR/trace-context): which trace an exchange belongs to, and the ids of its spans.

The ids follow from the exchange's id, so that the request that goes out and the record that is read later agree without
telling each other.
"""

import hashlib
import re
from typing import Final

import msgspec

from mainstay.model.http import Headers

TRACEPARENT: Final = "traceparent"
SAMPLED: Final = 1
EXCHANGE: Final = 0
"""Stands for the exchange itself where attempts have their numbers."""

_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]{0,64})?")
_FUTURE: Final = "ff"
_FIRST: Final = "00"
_RANDOM_BITS: Final = 56
"""As many of a trace's id are random for sure, by the standard."""
_PERCENT: Final = 100.0


class Trace(msgspec.Struct, frozen=True):
    """A trace as somebody handed it to us. `parent` is the span that called us, 0 for none."""

    id: int
    parent: int = 0
    flags: int = SAMPLED


def read_traceparent(text: str) -> Trace | None:
    """The trace that a field names; `None` for one that is not well-formed: then it is as if nobody had named any."""
    found = _FORM.fullmatch(text)
    if found is None or found[1] == _FUTURE or (found[1] == _FIRST and found[5]):
        return None
    trace = Trace(int(found[2], 16), int(found[3], 16), int(found[4], 16))
    return trace if trace.id and trace.parent else None


def traceparent_of(headers: Headers) -> str:
    """What a caller sent, if it is well-formed; else empty. Of two nobody knows which is meant."""
    found = [value for name, value in headers if name == TRACEPARENT]
    return found[0] if len(found) == 1 and read_traceparent(found[0]) is not None else ""


def trace_of(record_id: str, traceparent: str) -> Trace:
    """The trace of an exchange: its caller's, or one of its own. `record_id` is the id of its record."""
    known = read_traceparent(traceparent) if traceparent else None
    # An exchange that was taken up again has another record, and belongs to the same trace.
    return known or Trace(_number(f"trace {record_id.partition('-r')[0]}", 16))


def span_id(record_id: str, number: int = EXCHANGE) -> int:
    """The id of the span of an attempt, or of the exchange."""
    return _number(f"span {record_id} {number}", 8)


def is_wanted(trace: Trace, percent: float) -> bool:
    """Whether a trace is among those that are kept: its caller keeps it, and its id is within the share. Whoever goes
    by the id keeps the same ones."""
    low = trace.id & ((1 << _RANDOM_BITS) - 1)
    return bool(trace.flags & SAMPLED) and low < percent / _PERCENT * (1 << _RANDOM_BITS)


def written(trace: Trace, span: int) -> str:
    """The field for an upstream that is called by this span."""
    return f"{_FIRST}-{trace.id:032x}-{span:016x}-{trace.flags & 0xFF:02x}"


def _number(text: str, size: int) -> int:
    """A number that follows from a text, never 0."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size], "big") or 1
