"""Orders: what an operator or a playbook asks of the engine, always with author, reason and expiry.

An order is a register of its own: of two accounts of the same order the one with the higher revision counts. So orders
may come in any order, twice, and over any way.
"""

from enum import StrEnum

import msgspec


class OrderKind(StrEnum):
    """What is asked."""

    PIN = "pin"
    """Only this upstream serves."""
    PREFER = "prefer"
    """This upstream is tried first."""
    SHIFT = "shift"
    """A share of sessions tries this upstream first."""
    DRAIN = "drain"
    """Nothing new goes to this upstream while anybody else may serve."""
    FORBID = "forbid"
    """Nothing goes to this upstream."""
    CRITICAL_ONLY = "critical-only"
    """Only workloads of the priority `critical` are served."""
    CACHE_FIRST = "cache-first"
    """An answer that is kept is given, also one that is too old, before any provider is asked."""
    NO_SUBSTITUTES = "no-substitutes"
    """Nobody is answered by another model than the one that was asked."""
    READ_ONLY = "read-only"
    """No provider is asked: kept answers, resumed streams and lists only."""


SAFE_MODES = frozenset({OrderKind.CRITICAL_ONLY, OrderKind.CACHE_FIRST, OrderKind.NO_SUBSTITUTES, OrderKind.READ_ONLY})
"""Orders about how all work is served; they name no upstream."""


class Scope(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which exchanges an order is about; empty: all. Models are logical names."""

    models: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()


EVERYTHING = Scope()


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """One order. Instants are seconds since 1970.

    `credential` narrows `drain` and `forbid` to one credential of the upstream. `percent` and `ramp_seconds` belong to
    `shift`: the share grows from nothing to `percent` within the ramp. `ended_by` is empty while nobody has ended it.
    """

    id: str
    kind: OrderKind
    author: str
    reason: str
    given_at: float
    expires_at: float
    upstream: str = ""
    credential: str = ""
    model: str = ""
    """The upstream's own name of a model, where the order is about that one alone."""
    scope: Scope = EVERYTHING
    percent: float = 100.0
    ramp_seconds: float = 0.0
    revision: int = 1
    ended_at: float | None = None
    ended_by: str = ""
    via: str = ""
    """How it was given: `command-line`, `console`, `api` or `playbook`."""
    incident: str = ""
    run: str = ""
    """The incident and the playbook run that it belongs to."""

    def is_in_force(self, wall: float) -> bool:
        """Whether it counts at this instant."""
        return self.is_open(wall) and self.given_at <= wall

    def is_open(self, wall: float) -> bool:
        """Whether it has neither been ended nor expired. A gateway follows an order from when it hears of it, for its
        clock may be behind that of the machine where it was given."""
        return self.ended_at is None and wall < self.expires_at

    @property
    def target(self) -> str:
        """What is asked, in a few words: `drain anthropic`, `shift 25 % to bedrock`, `read-only`."""
        place = f"{self.upstream}/{self.model}" if self.model else self.upstream
        if self.credential:
            place = f"{place} credential {self.credential}"
        if self.kind is OrderKind.SHIFT:
            return f"shift {self.percent:g} % to {place}"
        return f"{self.kind.value} {place}" if place else self.kind.value

    @property
    def words(self) -> str:
        """As it is named to callers and in records: `order ORD-7K2QMD (drain anthropic) by ada`."""
        return f"order {self.id} ({self.target}) by {self.author}"


ORDER_SECONDS = 14_400.0
"""How long an order holds where nobody says otherwise."""
ORDER_SECONDS_MAX = 604_800.0
"""How long one may hold at the most."""


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order that somebody wants to give; its fields mean what they mean in `Order`. It holds for `lasts_seconds`.

    `key` makes it safe to give a draft twice: the same key is the same order.
    """

    kind: OrderKind
    author: str
    reason: str
    upstream: str = ""
    credential: str = ""
    model: str = ""
    scope: Scope = EVERYTHING
    percent: float = 100.0
    ramp_seconds: float = 0.0
    lasts_seconds: float = ORDER_SECONDS
    via: str = ""
    incident: str = ""
    run: str = ""
    key: str = ""
