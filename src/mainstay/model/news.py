"""News: what one gateway process tells the others. Small, idempotent, and harmless in any order or twice.

Instants are seconds since 1970, for clocks of event loops differ from process to process. A lost message is repaired by
the next full account of the same things, so nothing here needs to be delivered.
"""

import msgspec

from mainstay.model.orders import Order


class BreakerNews(msgspec.Struct, frozen=True, tag="breaker", array_like=True):
    """A breaker's whole state. Of two accounts the one with the later `changed_at` counts."""

    upstream: str
    model: str
    credential: str
    state: str
    openings: int
    until: float
    window_at: float
    changed_at: float


class GateNews(msgspec.Struct, frozen=True, tag="gate", array_like=True):
    """A gate is closed until an instant. Of two gates the later one counts."""

    upstream: str
    model: str
    credential: str
    until: float
    strict: bool
    reason: str


class MeterNews(msgspec.Struct, frozen=True, tag="meter", array_like=True):
    """How much of something one process has used in one window. It only grows; of two accounts the larger counts.

    `subject` is a tenant, a token or an upstream (`tenant:NAME`, `token:ID`, `upstream:NAME`), `quantity` what is
    measured (`requests`, `input_tokens`, `nanodollars`, ...), `window` which minute, day or month (`m29345678`,
    `d20644`, `M2026-11`).
    """

    subject: str
    quantity: str
    window: str
    node: str
    used: int


class LoadNews(msgspec.Struct, frozen=True, tag="load", array_like=True):
    """How many attempts at an upstream a process has under way, of one workload that has a reserved share there, or of
    all others (`workload` is empty). Of two accounts of the same process (the bulletin names it) the later one counts.
    `waiting`: how many more it would begin at once to have its fair share."""

    upstream: str
    running: int
    at: float
    waiting: int = 0
    workload: str = ""


class TrustNews(msgspec.Struct, frozen=True, tag="trust", array_like=True):
    """A trust bundle with this serial number exists; the signed bundle itself travels with it."""

    serial: int
    bundle: str


class OrderNews(msgspec.Struct, frozen=True, tag="order", array_like=True):
    """An order, as far as a process knows of it. Of two accounts the one with the higher revision counts."""

    order: Order


class HelloNews(msgspec.Struct, frozen=True, tag="hello", array_like=True):
    """A process has begun and knows nothing: tell it everything."""


News = BreakerNews | GateNews | MeterNews | LoadNews | TrustNews | OrderNews | HelloNews


class Bulletin(msgspec.Struct, frozen=True, array_like=True):
    """What one process sends at once. `node` names the process (`GATEWAY/WORKER`); sent at the instant `at`."""

    node: str
    at: float
    news: tuple[News, ...] = ()
