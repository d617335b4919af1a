"""Orders of playbooks, given at the desk of orders. Implements `control.playbooks.ports.OrderPort`."""

from collections.abc import Sequence

from mainstay.control.orders.desk import OrderDesk
from mainstay.control.orders.refusal import Refusal
from mainstay.control.playbooks.ports import EffectError, OrderPreview
from mainstay.model.orders import Draft, Order, OrderKind


class DeskOrders:
    """May be used from any thread."""

    def __init__(self, desk: OrderDesk) -> None:
        self._desk = desk

    def preview(self, order: Order) -> OrderPreview:
        """What it would do. That somebody else has asked the same already is no refusal."""
        found = self._desk.preview(_draft(order))
        refusal = found.refusal
        if refusal is None or not refusal.existing:
            return OrderPreview(found.lines, "" if refusal is None else refusal.text)
        return OrderPreview((f"{refusal.existing} asks the same already",))

    def give(self, order: Order, key: str) -> str:
        """Give it. Where somebody else has asked the same already, nothing more is to be done."""
        given = self._desk.give(_draft(order, key))
        if not isinstance(given, Refusal):
            return f"gave {given.words}"
        if given.existing:
            return f"{given.existing} asks the same already"
        raise EffectError(given.text, is_final=True)

    def end(self, order_id: str, by: str, why: str) -> bool:
        """End it; `False` if there is none that is in force."""
        try:
            if order_id not in {order.id for order in self._desk.in_force()}:
                return False
        except OSError as error:
            raise _unreadable(error) from error
        ended = self._desk.end(order_id, by, why)
        if isinstance(ended, Refusal):
            raise EffectError(ended.text)
        return True

    def in_force(self, upstream: str, kinds: Sequence[OrderKind]) -> tuple[str, ...]:
        """Ids of orders in force about this upstream, of these kinds (empty: of any)."""
        try:
            orders = self._desk.in_force()
        except OSError as error:
            raise _unreadable(error) from error
        return tuple(one.id for one in orders if one.upstream == upstream and (not kinds or one.kind in kinds))


def _draft(order: Order, key: str = "") -> Draft:
    return Draft(
        kind=order.kind,
        author=order.author,
        reason=order.reason,
        upstream=order.upstream,
        credential=order.credential,
        model=order.model,
        scope=order.scope,
        percent=order.percent,
        ramp_seconds=order.ramp_seconds,
        lasts_seconds=order.expires_at - order.given_at,
        via=order.via,
        incident=order.incident,
        run=order.run,
        key=key,
    )


def _unreadable(error: OSError) -> EffectError:
    return EffectError(f"orders cannot be read now: {error.strerror or error}")
