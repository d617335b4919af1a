"""What an order would do: computed with the engine's own routing, on what was really asked."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from mainstay.config.snapshot import Snapshot
from mainstay.control.orders.load import Asked, Load
from mainstay.control.orders.reach import Reach
from mainstay.control.orders.refusal import Refusal
from mainstay.engine.routing.routed import Drained, RoutedMenu
from mainstay.engine.routing.routing import Routing
from mainstay.engine.routing.share import share_of
from mainstay.model.catalogue import Menu, Priority
from mainstay.model.orders import Order, OrderKind

TURNED_AWAY: Final = "(turned away)"
NOBODY: Final = "(nobody)"
MOVES_MAX: Final = 100
SECONDS_PER_MINUTE: Final = 60.0


class Move(msgspec.Struct, frozen=True):
    """Exchanges that would go elsewhere. `target` may be `TURNED_AWAY` or `NOBODY`; `percent` is of all exchanges."""

    model: str
    workload: str
    source: str
    target: str
    exchanges: float
    percent: float


class Headroom(msgspec.Struct, frozen=True):
    """What an upstream that would get more can take, in requests per minute. `limit` is what the file says; without
    one nobody knows. `free` is what recent use leaves of it, and `more` what would come."""

    upstream: str
    used: float
    more: float
    limit: int | None = None

    @property
    def free(self) -> float | None:
        """What is left; `None` where no limit is configured."""
        return None if self.limit is None else max(0.0, self.limit - self.used)


class Preview(msgspec.Struct, frozen=True):
    """What an order would do. `moves` and `headroom` are about the last `seconds`, in which there were `exchanges`;
    `trouble` says why those are not known. `kept_out` are models for workloads that policy keeps from following, and
    `notes` whatever else should be known. With a `refusal` it cannot be given."""

    order: Order
    exchanges: int
    seconds: float
    moved_percent: float
    moves: tuple[Move, ...]
    headroom: tuple[Headroom, ...]
    kept_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    trouble: str = ""
    refusal: Refusal | None = None

    @property
    def summary(self) -> str:
        """In one line: `would move 37 % of traffic; standby headroom 120 req/min at bedrock`."""
        if self.trouble or not self.exchanges:
            why = self.trouble or f"nothing was asked in the last {self.seconds / SECONDS_PER_MINUTE:g} min"
            return f"how much it would move is not known: {why}"
        parts = [f"would move {_percent(self.moved_percent)} of traffic"]
        parts += [_room(one) for one in self.headroom]
        return "; ".join(parts)

    @property
    def lines(self) -> tuple[str, ...]:
        """For a person: the summary, each move, who is kept out, and what else should be known."""
        if self.refusal is not None and not self.refusal.force_helps:
            return (f"refused: {self.refusal.text}",)
        moves = [
            f"{one.model} ({one.workload}): {one.source or NOBODY} -> {one.target}, {_percent(one.percent)}"
            for one in self.moves
        ]
        refusal = () if self.refusal is None else (f"refused: {self.refusal.text}",)
        return (self.summary, *moves, *(f"policy: {one}" for one in self.kept_out), *self.notes, *refusal)


def previewed(order: Order, current: Sequence[Order], snapshot: Snapshot, load: Load, reach: Reach) -> Preview:
    """What `order` would do beside those that are in force. `reach` is what of the file it is about."""
    forecast = _Forecast(order, current)
    moves: defaultdict[tuple[str, str, str, str], float] = defaultdict(float)
    used: Counter[str] = Counter()
    more: defaultdict[str, float] = defaultdict(float)
    for asked, number in load.counts.items():
        menu = snapshot.menu(asked.model, asked.workload)
        used[asked.upstream] += number
        for source, target, share in () if menu is None else forecast.moves(menu, asked):
            moves[asked.model, asked.workload, source, target] += number * share
            more[target] += number * share
    total = max(load.total, 1)
    largest = sorted(moves.items(), key=lambda one: (-one[1], one[0]))[:MOVES_MAX]
    told = tuple(Move(*key, round(number, 1), 100 * number / total) for key, number in largest)
    minutes = load.seconds / SECONDS_PER_MINUTE
    limits = {one.name: one.limits.requests_per_minute for one in snapshot.upstreams}
    headroom = tuple(
        Headroom(name, round(used[name] / minutes, 1), round(number / minutes, 1), limits[name])
        for name, number in sorted(more.items())
        if name in limits
    )
    return Preview(
        order,
        load.total,
        load.seconds,
        100 * sum(moves.values()) / total,
        told,
        headroom,
        reach.kept_out,
        (*reach.notes, *_warnings(headroom)),
        load.trouble,
    )


class _Forecast:
    """Routing before and after an order, when its ramp is over."""

    def __init__(self, order: Order, current: Sequence[Order]) -> None:
        others = [one for one in current if one.id != order.id]
        self._wall = order.given_at + order.ramp_seconds
        self._before, self._after = Routing(current), Routing([*others, order])
        shifts = [one for one in (*current, order) if one.kind is OrderKind.SHIFT]
        edges = sorted({0.0, 1.0, *(share_of(one, self._wall) for one in shifts)})
        self._sides = [((low + high) / 2, high - low) for low, high in pairwise(edges)]

    def moves(self, menu: Menu, asked: Asked) -> Iterator[tuple[str, str, float]]:
        """From whom to whom, and for which share of such exchanges."""
        for point, share in self._sides:
            before = self._before.route(menu, asked.tenant, point, self._wall)
            after = self._after.route(menu, asked.tenant, point, self._wall)
            source = asked.upstream or _first(before)
            target = _target(before, after, source)
            if target != source:
                yield source, target, share


def _target(before: Menu, after: Menu, source: str) -> str:
    if isinstance(after, RoutedMenu) and not (isinstance(before, RoutedMenu) and _turns_away(before)):
        if _turns_away(after):
            return TURNED_AWAY
    elif isinstance(after, RoutedMenu):
        return source
    if not after.candidates:
        return NOBODY if before.candidates else source
    stays = any(one.upstream.name == source and not isinstance(one, Drained) for one in after.candidates)
    return source if stays and _first(before) == _first(after) else _first(after)


def _turns_away(menu: RoutedMenu) -> bool:
    is_critical = menu.workload.priority is Priority.CRITICAL
    return menu.read_only is not None or (menu.critical_only is not None and not is_critical)


def _first(menu: Menu) -> str:
    return menu.candidates[0].upstream.name if menu.candidates else NOBODY


def _warnings(headroom: Sequence[Headroom]) -> list[str]:
    return [
        f"{one.upstream} would get {one.more:g} req/min more and has room for {one.free:g}"
        for one in headroom
        if one.free is not None and one.more > one.free
    ]


def _room(one: Headroom) -> str:
    if one.free is None:
        return f"{one.upstream} would get {one.more:g} req/min more, and no limit of it is configured"
    return f"standby headroom {one.free:g} req/min at {one.upstream}"


def _percent(number: float) -> str:
    return f"{number:.0f} %" if number >= 1 or number == 0 else "less than 1 %"
