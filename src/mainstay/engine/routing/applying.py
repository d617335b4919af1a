"""What orders make of one menu. They take candidates away and put them in order; what policy has kept out stays out.

The steps, each over what the one before has left: `forbid`, `no-substitutes`, `pin`, `prefer`, `shift`, `drain`.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final

import msgspec

from mainstay.engine.routing.routed import RoutedMenu, drained
from mainstay.model.catalogue import Candidate, Menu, Skipped
from mainstay.model.orders import SAFE_MODES, Order, OrderKind


def applied(menu: Menu, orders: Sequence[Order], moving: Collection[str]) -> Menu:
    """The menu after these orders, which all are about it, in their precedence. `moving` names the shifts that move
    this session. The menu itself, where nothing changes."""
    work = _Work(menu)
    for kind, step in STEPS:
        asked = [one for one in orders if one.kind is kind and (kind is not OrderKind.SHIFT or one.id in moving)]
        if asked:
            step(work, asked)
    return work.menu(orders)


def is_at(candidate: Candidate, order: Order) -> bool:
    """Whether the order is about this candidate."""
    return candidate.upstream.name == order.upstream and order.model in {"", candidate.model}


class _Work:
    """A menu under work."""

    def __init__(self, menu: Menu) -> None:
        self.origin = menu
        self.left: list[Candidate] = list(menu.candidates)
        self.skipped: list[Skipped] = []
        self.moved = ""

    @property
    def first(self) -> tuple[str, str] | None:
        """Who comes first."""
        return _name(self.left[0]) if self.left else None

    def becomes(self, left: list[Candidate], order: Order) -> None:
        """Go on with these."""
        before = self.first
        self.left = left
        if self.first != before:
            self.moved = order.words

    def leave_out(self, gone: Callable[[Candidate], bool], order: Order) -> None:
        """Go on without some."""
        out = [one for one in self.left if gone(one)]
        if out:
            self.skipped += [Skipped(*_name(one), order.words) for one in out]
            self.becomes([one for one in self.left if not gone(one)], order)

    def menu(self, orders: Sequence[Order]) -> Menu:
        """What came of it."""
        origin, left = self.origin, tuple(self.left)
        modes = {kind: _longest(orders, kind) for kind in SAFE_MODES}
        asked = (
            modes[OrderKind.CRITICAL_ONLY],
            modes[OrderKind.CACHE_FIRST] or modes[OrderKind.READ_ONLY],
            modes[OrderKind.READ_ONLY],
        )
        if left == origin.candidates and asked == (None, None, None):
            return origin
        is_first = bool(left) and _name(left[0]) == _name(origin.candidates[0])
        return RoutedMenu(
            origin.model,
            origin.workload,
            left,
            (*origin.skipped, *self.skipped),
            origin=origin,
            moved="" if is_first else self.moved,
            forbidden=_forbidden(origin, orders),
            critical_only=asked[0],
            cache_first=asked[1],
            read_only=asked[2],
        )


def _forbid(work: _Work, orders: Sequence[Order]) -> None:
    for order in orders:
        if order.credential:
            work.leave_out(partial(_has_only, order), order)
            work.left = [_without(one, order.credential) if is_at(one, order) else one for one in work.left]
        else:
            work.leave_out(partial(_is_meant, order), order)


def _no_substitutes(work: _Work, orders: Sequence[Order]) -> None:
    work.leave_out(lambda one: one.substitute, orders[-1])


def _pin(work: _Work, orders: Sequence[Order]) -> None:
    # Where policy leaves nobody at the pinned upstream, the work goes on under its policy.
    able = [order for order in orders if any(is_at(one, order) for one in work.origin.candidates)]
    if able:
        work.leave_out(lambda one: not is_at(one, able[-1]), able[-1])


def _prefer(work: _Work, orders: Sequence[Order]) -> None:
    for order in orders:
        wanted = [one for one in work.left if is_at(one, order) and not one.substitute]
        others = [one for one in work.left if one not in wanted]
        # A substitute is another model: it only goes before other substitutes.
        stand_ins = iter(sorted((one for one in others if one.substitute), key=lambda one: not is_at(one, order)))
        work.becomes([*wanted, *(next(stand_ins) if one.substitute else one for one in others)], order)


def _drain(work: _Work, orders: Sequence[Order]) -> None:
    first: list[Candidate] = []
    last: list[Candidate] = []
    for one in work.left:
        kept, gone = _divided(one, [order for order in orders if is_at(one, order)])
        first += [] if kept is None else [kept]
        last += [] if gone is None else [gone]
    # Where nobody else is left, there is nobody to go before them.
    if first and last:
        about = next((order for order in orders if is_at(work.left[0], order)), orders[-1])
        work.becomes([*first, *map(drained, last)], about)


def _divided(candidate: Candidate, orders: Sequence[Order]) -> tuple[Candidate | None, Candidate | None]:
    """What of a candidate stays where it is, and what goes to the end of the line, credential by credential."""
    if any(not order.credential for order in orders):
        return None, candidate
    names = {order.credential for order in orders} & _credentials(candidate)
    if not names:
        return candidate, None
    if names == _credentials(candidate):
        return None, candidate
    return _with(candidate, lambda name: name not in names), _with(candidate, lambda name: name in names)


STEPS: Final[tuple[tuple[OrderKind, Callable[[_Work, Sequence[Order]], None]], ...]] = (
    (OrderKind.FORBID, _forbid),
    (OrderKind.NO_SUBSTITUTES, _no_substitutes),
    (OrderKind.PIN, _pin),
    (OrderKind.PREFER, _prefer),
    (OrderKind.SHIFT, _prefer),
    (OrderKind.DRAIN, _drain),
)


def _longest(orders: Sequence[Order], kind: OrderKind) -> Order | None:
    return max((one for one in orders if one.kind is kind), key=lambda one: one.expires_at, default=None)


def _forbidden(origin: Menu, orders: Sequence[Order]) -> tuple[tuple[str, str], ...]:
    whole = [one for one in orders if one.kind is OrderKind.FORBID and not one.credential]
    return tuple(_name(one) for one in origin.candidates if any(is_at(one, order) for order in whole))


def _name(candidate: Candidate) -> tuple[str, str]:
    return candidate.upstream.name, candidate.model


def _credentials(candidate: Candidate) -> set[str]:
    return {one.name for one in candidate.upstream.credentials}


def _is_meant(order: Order, candidate: Candidate) -> bool:
    return is_at(candidate, order)


def _has_only(order: Order, candidate: Candidate) -> bool:
    return is_at(candidate, order) and _credentials(candidate) == {order.credential}


def _without(candidate: Candidate, credential: str) -> Candidate:
    return _with(candidate, lambda name: name != credential)


def _with(candidate: Candidate, wanted: Callable[[str], bool]) -> Candidate:
    upstream = candidate.upstream
    kept = tuple(one for one in upstream.credentials if wanted(one.name))
    if kept == upstream.credentials:
        return candidate
    return msgspec.structs.replace(candidate, upstream=msgspec.structs.replace(upstream, credentials=kept))
