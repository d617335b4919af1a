"""Which share of sessions a shift moves, and where a session stands: it keeps its side while the share grows."""

from zlib import crc32

from mainstay.model.orders import Order

_WORD = 0xFFFFFFFF
_MIX = 0x9E3779B1


def share_of(order: Order, wall: float) -> float:
    """The share (0 to 1) that a shift moves at `wall`, in seconds since 1970. It only grows."""
    whole = order.percent / 100.0
    if order.ramp_seconds <= 0:
        return whole
    return whole * min(max((wall - order.given_at) / order.ramp_seconds, 0.0), 1.0)


def point_of(tenant: str, session: str, otherwise: str) -> float:
    """Where a session stands among all, from 0 to 1, for ever: unlike its cohort (`engine.demand`), which changes each
    hour. What belongs to no session stands where `otherwise`, an id of its own, puts it."""
    digest = crc32(f"{tenant}/{session}".encode() if session else otherwise.encode())
    # Two factors, for the sum of a short text alone is not spread evenly.
    digest = (digest * _MIX) & _WORD
    digest = ((digest ^ (digest >> 15)) * _MIX) & _WORD
    return digest / (_WORD + 1)
