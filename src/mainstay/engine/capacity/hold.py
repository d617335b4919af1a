"""A hold: why an attempt may not start now."""

import msgspec


class Hold(msgspec.Struct, frozen=True):
    """Why an attempt may not start now; `ready_at` is when it might (infinite: when another one ends)."""

    ready_at: float
    reason: str
