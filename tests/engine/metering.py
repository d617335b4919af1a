"""Meters that count, and what stands in them, for tests."""

from mainstay.engine.meters import Meters
from mainstay.engine.quantities import INPUT_TOKENS
from mainstay.engine.windows import Span, name_of, number_at

WALL = 1_772_448_540.0
TENANT = "tenant:x"
TODAY = name_of(Span.DAY, number_at(Span.DAY, WALL))


def spend(meters: Meters, amount: int, subject: str = TENANT, wall: float = WALL) -> None:
    meters.spend(meters.account(subject, wall), amount, wall)


def spent(meters: Meters, subject: str = TENANT, span: Span = Span.DAY, wall: float = WALL) -> int:
    return meters.account(subject, wall).spent[span].total(number_at(span, wall))


def hold(meters: Meters, amount: int, subject: str = TENANT) -> None:
    meters.reserve(meters.account(subject, WALL), amount)


def let_go(meters: Meters, amount: int, subject: str = TENANT) -> None:
    meters.release(meters.account(subject, WALL), amount)


def count(meters: Meters, amount: int, *, quantity: str = INPUT_TOKENS, wall: float = WALL) -> None:
    meters.count(meters.account(TENANT, wall), quantity, amount, wall)


def refund(meters: Meters, amount: int, counted_at: float = WALL) -> None:
    meters.refund(meters.account(TENANT, meters._wall), INPUT_TOKENS, amount, counted_at)


def used(meters: Meters, *, quantity: str = INPUT_TOKENS, wall: float = WALL) -> int:
    """In the minute of the clock."""
    return meters.account(TENANT, wall).used_around(quantity, number_at(Span.MINUTE, wall))[0]


def hear_each_other(*nodes: Meters) -> None:
    for one in nodes:
        one.peers.heard([other._node for other in nodes if other is not one], WALL)


def pair() -> tuple[Meters, Meters]:
    a, b = Meters("a", 1), Meters("b", 1)
    hear_each_other(a, b)
    return a, b
