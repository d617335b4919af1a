"""What is said to those whom a safe mode turns away: which order it was, until when, and when to come again."""

from datetime import UTC, datetime

from mainstay.engine.admission.shedding import retry_seconds
from mainstay.engine.routing.routed import RoutedMenu
from mainstay.model.catalogue import Menu, Priority
from mainstay.model.dice import Dice
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.orders import Order


def turned_away(menu: Menu, wall: float, dice: Dice) -> Fault | None:
    """Why work that is not critical may not come in while only critical work is served; a fault with blame=us."""
    if not isinstance(menu, RoutedMenu) or menu.critical_only is None or menu.workload.priority is Priority.CRITICAL:
        return None
    return _fault("only critical work is served", menu.critical_only, wall, dice)


def unasked(menu: Menu, wall: float, dice: Dice) -> Fault | None:
    """Why no provider may be asked, while this gateway only gives what it has; a fault with blame=us."""
    if not isinstance(menu, RoutedMenu) or menu.read_only is None:
        return None
    return _fault("no provider is asked, and there is no kept answer to this", menu.read_only, wall, dice)


def _fault(what: str, order: Order, wall: float, dice: Dice) -> Fault:
    until = datetime.fromtimestamp(order.expires_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    message = f"safe mode: {what}, until {until} at the latest ({order.words})"
    wait_seconds = retry_seconds(order.expires_at - wall, dice)
    return Fault(FaultKind.SHED, message, code="safe_mode", wait_seconds=wait_seconds)
