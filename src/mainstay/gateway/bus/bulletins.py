"""Bulletins as bytes: packed up to a bound, read with suspicion.

Each piece of news is read for itself, so that one that a newer version has invented, or that is garbage, costs only
itself.
"""

import math
from collections import deque

import msgspec

from mainstay.engine.routing.soundness import problem_of
from mainstay.model.news import (
    BreakerNews,
    Bulletin,
    GateNews,
    HelloNews,
    LoadNews,
    MeterNews,
    News,
    OrderNews,
    TrustNews,
)

BULLETIN_BYTES_MAX = 61_440
NODE_CHARACTERS_MAX = 100
TEXT_CHARACTERS_MAX = 300
"""Of a name or a reason in the news."""
INSTANT_MAX = 1e11
USED_MAX = 2**62
RUNNING_MAX = 1_000_000
"""Attempts that one process can have under way."""
TRUST_BYTES_MAX = 40_960
"""A larger trust bundle does not travel by bulletin."""

_ENCODER = msgspec.msgpack.Encoder()
_NEWS = msgspec.msgpack.Decoder(News)
_HEADER_BYTES_MAX = 3
_ITEMS_MAX = 65_535


class _Envelope(msgspec.Struct, frozen=True, array_like=True):
    """A `Bulletin` whose news are still bytes."""

    node: str
    at: float
    news: tuple[msgspec.Raw, ...] = ()


_ENVELOPE = msgspec.msgpack.Decoder(_Envelope)


class Reading(msgspec.Struct, frozen=True):
    """A bulletin, and how many of its pieces were of no use."""

    bulletin: Bulletin
    useless: int


def pack(node: str, at: float, waiting: deque[News]) -> bytes:
    """One bulletin with as much of what waits as fits; what is packed is taken away. News that would not fit into any
    bulletin is dropped."""
    head = b"\x93" + _ENCODER.encode(node) + _ENCODER.encode(at)
    items: list[bytes] = []
    room = empty_room = BULLETIN_BYTES_MAX - len(head) - _HEADER_BYTES_MAX
    while waiting and len(items) < _ITEMS_MAX:
        item = _ENCODER.encode(waiting[0])
        if len(item) > room and len(item) <= empty_room:
            break
        waiting.popleft()
        if len(item) <= empty_room:
            items.append(item)
            room -= len(item)
    return b"".join((head, b"\xdc", len(items).to_bytes(2, "big"), *items))


def read(data: bytes) -> Reading | None:
    """Read a bulletin; `None` where it is none, or too large."""
    if len(data) > BULLETIN_BYTES_MAX:
        return None
    try:
        envelope = _ENVELOPE.decode(data)
    except (ValueError, RecursionError):
        return None
    is_named = 0 < len(envelope.node) <= NODE_CHARACTERS_MAX and envelope.node.isprintable()
    if not (is_named and 0 < envelope.at < INSTANT_MAX):
        return None
    news = [one for one in map(_read_one, envelope.news) if one is not None]
    return Reading(Bulletin(envelope.node, envelope.at, tuple(news)), len(envelope.news) - len(news))


def _read_one(data: msgspec.Raw) -> News | None:
    try:
        news = _NEWS.decode(data)
    except (ValueError, RecursionError):
        return None
    return news if _is_sound(news) else None


def _is_sound(news: News) -> bool:
    match news:
        case BreakerNews(upstream, model, credential, state, _, until, window_at, changed_at):
            return _are_short(upstream, model, credential, state) and _are_instants(until, window_at, changed_at)
        case GateNews(upstream, model, credential, until, _, reason):
            return _are_short(upstream, model, credential, reason) and _are_instants(until)
        case MeterNews(subject, quantity, window, node, used):
            return _are_short(subject, quantity, window, node) and 0 <= used <= USED_MAX
        case LoadNews(upstream, running, at, waiting, workload):
            are_counts = 0 <= running <= RUNNING_MAX and 0 <= waiting <= RUNNING_MAX
            return _are_short(upstream, workload) and are_counts and _are_instants(at)
        case TrustNews(serial, bundle):
            return 0 <= serial <= USED_MAX and len(bundle) <= TRUST_BYTES_MAX
        case OrderNews() | HelloNews():
            return isinstance(news, HelloNews) or not problem_of(news.order)


def _are_short(*texts: str) -> bool:
    return all(len(text) <= TEXT_CHARACTERS_MAX for text in texts)


def _are_instants(*instants: float) -> bool:
    return all(math.isfinite(instant) and abs(instant) < INSTANT_MAX for instant in instants)
