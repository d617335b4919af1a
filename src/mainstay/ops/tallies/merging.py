"""Adds up tallies of several spans. In whatever order and grouping, the result is the same."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from mainstay.ops.tallies.tally import KEYS_MAX, OTHERS, AttemptTally, ExchangeTally, SpanTallies, TenantTally

T = TypeVar("T", AttemptTally, ExchangeTally, TenantTally)


def merged(parts: Iterable[SpanTallies]) -> SpanTallies:
    """All of them together. The parts stay as they are."""
    found = SpanTallies()
    for part in parts:
        merge(found, part)
    return found


def merge(into: SpanTallies, other: SpanTallies) -> None:
    """Add what the other one has; it stays as it is."""
    _merge(into.attempts, other.attempts, AttemptTally)
    _merge(into.exchanges, other.exchanges, ExchangeTally)
    _merge(into.tenants, other.tenants, TenantTally)


def put_under_others(tallies: dict[str, T]) -> None:
    """Tell only so many keys apart. Those that stay are the first by name, so none of them was ever put away
    before, whatever was added in which order."""
    named = sorted(key for key in tallies if key != OTHERS)
    for key in named[KEYS_MAX:]:
        tally = tallies.pop(key)
        if OTHERS in tallies:
            _add_up(tallies[OTHERS], tally)
        else:
            tallies[OTHERS] = tally


def _merge(into: dict[str, T], other: dict[str, T], kind: type[T]) -> None:
    for key, tally in other.items():
        if key not in into:
            into[key] = kind()
        _add_up(into[key], tally)
    if len(into) > KEYS_MAX:
        put_under_others(into)


def _add_up(into: T, other: T) -> None:
    """Numbers are added, counts in mappings key by key."""
    for name in into.__struct_fields__:
        more = getattr(other, name)
        if isinstance(more, dict):
            counts = getattr(into, name)
            for key, count in more.items():
                counts[key] = counts.get(key, 0) + count
        elif more:
            setattr(into, name, getattr(into, name) + more)


def encode(tallies: SpanTallies) -> bytes:
    """As JSON."""
    return msgspec.json.encode(tallies)


def decode(body: bytes) -> SpanTallies:
    """What `encode` wrote. Raises `msgspec.DecodeError` for anything else; fields that came later are left out."""
    return msgspec.json.decode(body, type=SpanTallies)
