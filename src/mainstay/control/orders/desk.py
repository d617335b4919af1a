"""The desk of orders: previews, gives, changes and ends them, and shows what is in force. Everything that is done here
is a record; whatever gateway follows the folder knows of it within a fraction of a second."""

import hashlib
from base64 import b32encode
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from mainstay.config.snapshot import Snapshot
from mainstay.control.orders.load import LoadReader
from mainstay.control.orders.objections import objection
from mainstay.control.orders.port import OrderShelf
from mainstay.control.orders.preview import Preview, previewed
from mainstay.control.orders.reach import reach_of
from mainstay.control.orders.refusal import Refusal
from mainstay.engine.routing.soundness import problem_of
from mainstay.model.orders import Draft, Order
from mainstay.model.records import OrderRecord, Record

RECENT_MAX: Final = 100
ID_BYTES: Final = 5
ID_LETTERS: Final = 8

Write = Callable[[Record], None]


class Outside(msgspec.Struct, frozen=True):
    """What the desk takes from outside. `write` takes records; `wall` gives seconds since 1970; `next_id` makes ids of
    records, and `random_bytes` so many bytes that nobody can guess."""

    snapshot: Callable[[], Snapshot]
    load: LoadReader
    write: Write
    wall: Callable[[], float]
    next_id: Callable[[], str]
    random_bytes: Callable[[int], bytes]


class OrderDesk:
    """May be used from any thread, and by several processes at once: the shelf's lock orders what they do."""

    def __init__(self, shelf: OrderShelf, outside: Outside) -> None:
        """`shelf` keeps the orders."""
        self._shelf = shelf
        self._outside = outside
        self._told_expired: set[str] = set()

    def preview(self, draft: Draft) -> Preview:
        """What it would do. Where it cannot be given, the preview says why. Raises nothing."""
        order = self._drafted(draft)
        try:
            current = self.in_force()
        except OSError as error:
            return _empty(order, _disk_refusal(error))
        refusal = self._objection(order, current) if not _is_known(order, draft, current) else None
        if refusal is not None and not refusal.force_helps:
            return _empty(order, refusal)
        snapshot = self._outside.snapshot()
        reach = reach_of(order, current, snapshot)
        preview = previewed(order, current, snapshot, self._outside.load(self._outside.wall()), reach)
        return msgspec.structs.replace(preview, refusal=refusal)

    def give(self, draft: Draft, *, force: bool = False) -> Order | Refusal:
        """Give it. With `force` also one that leaves some model with nobody. The same key gives the same order, which
        is then only looked up. Raises nothing."""
        order = self._drafted(draft)
        try:
            with self._shelf.lock():
                known = self._shelf.all()[0]
                if draft.key and order.id in known:
                    return known[order.id]
                current = tuple(one for one in known.values() if one.is_open(order.given_at))
                refusal = self._objection(order, current)
                if refusal is None or (force and refusal.force_helps):
                    self._shelf.keep(order)
                    refusal = None
        except OSError as error:
            refusal = _disk_refusal(error)
        if refusal is not None:
            self._record(order, "refused", draft.author, refusal.text)
            return refusal
        self._record(order, "given", draft.author)
        return order

    def change(
        self, identity: str, by: str, why: str, *, percent: float | None = None, lasts_seconds: float | None = None
    ) -> Order | Refusal:
        """Give an order in force another share, which counts at once, or another expiry, so many seconds from now.
        Raises nothing."""
        wall = self._outside.wall()

        def changed(order: Order) -> Order | Refusal:
            if not order.is_open(wall):
                return Refusal(f"{identity} is over; give a new order")
            if percent is not None:
                order = msgspec.structs.replace(order, percent=percent, ramp_seconds=0.0)
            if lasts_seconds is not None:
                order = msgspec.structs.replace(order, expires_at=wall + lasts_seconds)
            problem = problem_of(order)
            return Refusal(problem) if problem else order

        return self._edited(identity, by, why, changed, "changed")

    def end(self, identity: str, by: str, why: str = "") -> Order | Refusal:
        """End it: gateways go back to what they did without it. One that is over stays as it is. Raises nothing."""
        wall = self._outside.wall()

        def ended(order: Order) -> Order:
            return msgspec.structs.replace(order, ended_at=wall, ended_by=by) if order.is_open(wall) else order

        return self._edited(identity, by, why, ended, "ended")

    def in_force(self) -> tuple[Order, ...]:
        """Those that count now, the newest first. Raises `OSError`."""
        wall = self._outside.wall()
        return tuple(order for order in self._everything() if order.is_open(wall))

    def recent(self, limit: int = RECENT_MAX) -> tuple[Order, ...]:
        """Those in force and those that were until lately (a day beyond their expiry), the newest first. Raises
        `OSError`."""
        return self._everything()[:limit]

    def find(self, identity: str) -> Order | None:
        """One of them. Raises `OSError`."""
        return next((order for order in self._everything() if order.id == identity), None)

    def hear(self, order: Order) -> None:
        """Take an order of which the store told, given on another machine: gateways here may have no other way to learn
        of it. Raises `OSError`."""
        if problem_of(order) or order.expires_at <= self._outside.wall():
            return
        with self._shelf.lock():
            self._shelf.keep(order)

    def settle(self) -> None:
        """Write down which orders have expired, once each. Raises `OSError`."""
        wall = self._outside.wall()
        everything = self._everything()
        self._told_expired &= {order.id for order in everything}
        for order in everything:
            if order.ended_at is None and wall >= order.expires_at and order.id not in self._told_expired:
                self._told_expired.add(order.id)
                self._record(order, "expired", "")

    def _everything(self) -> tuple[Order, ...]:
        orders = self._shelf.all()[0].values()
        return tuple(sorted(orders, key=lambda order: (order.given_at, order.id), reverse=True))

    def _edited(
        self, identity: str, by: str, why: str, edit: Callable[[Order], Order | Refusal], event: str
    ) -> Order | Refusal:
        try:
            with self._shelf.lock():
                known = self._shelf.all()[0]
                order = known.get(identity)
                if order is None:
                    return Refusal(f"there is no order {identity[:40]}; `mainstay route orders` shows them")
                edited = edit(order)
                if isinstance(edited, Refusal) or edited == order:
                    return edited
                edited = msgspec.structs.replace(edited, revision=order.revision + 1)
                self._shelf.keep(edited)
        except OSError as error:
            return _disk_refusal(error)
        self._record(edited, event, by, why)
        return edited

    def _drafted(self, draft: Draft) -> Order:
        wall = self._outside.wall()
        digest = hashlib.sha256(draft.key.encode()).digest() if draft.key else self._outside.random_bytes(ID_BYTES)
        return Order(
            id=f"ORD-{b32encode(digest[:ID_BYTES]).decode()[:ID_LETTERS]}",
            kind=draft.kind,
            author=draft.author,
            reason=draft.reason,
            given_at=wall,
            expires_at=wall + draft.lasts_seconds,
            upstream=draft.upstream,
            credential=draft.credential,
            model=draft.model,
            scope=draft.scope,
            percent=draft.percent,
            ramp_seconds=draft.ramp_seconds,
            via=draft.via,
            incident=draft.incident,
            run=draft.run,
        )

    def _objection(self, order: Order, current: Sequence[Order]) -> Refusal | None:
        return objection(order, current, self._outside.snapshot())

    def _record(self, order: Order, event: str, by: str, text: str = "") -> None:
        # The same event of the same order has the same id, whoever writes it down: the store shows it once.
        refused = event == "refused"
        identity = f"{self._outside.next_id()}-order" if refused else f"{order.id}-{order.revision}-{event}"
        self._outside.write(OrderRecord(identity, self._outside.wall(), order, event, by, text))


def _is_known(order: Order, draft: Draft, current: Sequence[Order]) -> bool:
    return bool(draft.key) and any(one.id == order.id for one in current)


def _disk_refusal(error: OSError) -> Refusal:
    return Refusal(f"orders cannot be kept now: {error.filename or 'state/orders'}: {error.strerror or error}")


def _empty(order: Order, refusal: Refusal) -> Preview:
    return Preview(order, 0, 0.0, 0.0, (), (), refusal=refusal)
