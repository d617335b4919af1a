"""The orders that this process goes by: from its own folder at first, later also from others.

Whatever happens to the folder, an order that is known is followed until it is ended or expires.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import Final

import msgspec

from mainstay.engine.routing.register import merged
from mainstay.engine.routing.routing import Routing, routing_of
from mainstay.engine.routing.soundness import problem_of
from mainstay.gateway.alarms import Clock, Timer
from mainstay.gateway.auth.threads import Run, run_beside
from mainstay.gateway.orders.folder import IN_FORCE_MAX, ORDERS_MAX, OrderFolder, Stamp, is_past
from mainstay.model.orders import Order

LOOK_SECONDS: Final = 0.25
FORGET_SECONDS: Final = 600.0
AHEAD_SECONDS_MAX: Final = 3_600.0
"""An order that was given farther ahead than this is not believed: a clock is wrong."""


class InForce(msgspec.Struct, frozen=True):
    """An order in force, for readiness."""

    id: str
    kind: str
    words: str
    expires_at: float


class OrdersStatus(msgspec.Struct, frozen=True):
    """For readiness and metrics. `trouble` is `None` while all is well."""

    in_force: tuple[InForce, ...]
    trouble: str | None


class OrderKeeper:
    """One process's orders. Workers of one gateway share the folder, each with a keeper of its own."""

    def __init__(
        self,
        folder: OrderFolder,
        report: Callable[[str], None],
        wall: Callable[[], float],
        followed: Callable[[Order], None],
        run: Run = run_beside,
    ) -> None:
        """`report` takes one line for the operator; `wall` gives seconds since 1970; `followed` is told of each account
        of an order that counts from now on. `run` runs a piece of writing; a thread does, unless told otherwise."""
        self.routing: Routing | None = None
        self.on_change: Callable[[], None] = _nothing
        self._folder = folder
        self._report = report
        self._wall = wall
        self._followed = followed
        self._run = run
        self._clock: Clock | None = None
        self._timer: Timer | None = None
        self._known: dict[str, Order] = {}
        self._stamps: dict[str, Stamp] = {}
        self._bad: dict[str, str] = {}
        self._news: dict[str, Order] = {}
        self._unsaved: dict[str, Order] = {}
        self._saving = False
        self._until = inf
        self._forget_at = -inf
        self._folder_trouble: str | None = None
        self._save_trouble: str | None = None
        self._is_full = False

    def start(self, clock: Clock) -> None:
        """Read the folder, and look at it from now on."""
        self._clock = clock
        self._tick()

    def close(self) -> None:
        """Look no more."""
        self._clock = None
        if self._timer is not None:
            self._timer.cancel()

    def in_force(self) -> tuple[Order, ...]:
        """Those that count now."""
        return () if self.routing is None else self.routing.orders

    def offer(self, order: Order) -> str:
        """Take an order that proved itself, and tell others; empty, or why it is not taken."""
        why = self._objection(order)
        if not why and self._adopt(order):
            self._news[order.id] = order
            self._save_soon(order)
            self._renew()
        return why

    def hear(self, order: Order) -> bool:
        """Learn of another process' account; whether it was new."""
        if self._objection(order) or not self._adopt(order):
            return False
        self._save_soon(order)
        self._renew()
        return True

    def take_news(self) -> Sequence[Order]:
        """What was learned here since the last time."""
        if not self._news:
            return ()
        news, self._news = tuple(self._news.values()), {}
        return news

    def everything(self) -> Sequence[Order]:
        """All that others may have to know: what has not expired, those among them that were ended."""
        wall = self._wall()
        return [order for order in self._known.values() if wall < order.expires_at]

    def status(self) -> OrdersStatus:
        """How things stand."""
        shown = tuple(InForce(one.id, one.kind.value, one.words, one.expires_at) for one in self.in_force())
        full = f"{ORDERS_MAX} orders are known, and no more are taken" if self._is_full else None
        bad = next(iter(self._bad.values()), None)
        return OrdersStatus(shown, self._folder_trouble or self._save_trouble or bad or full)

    def _tick(self) -> None:
        try:
            self._look()
            wall = self._wall()
            if wall >= self._until:
                self._renew()
            if wall >= self._forget_at:
                self._forget(wall)
            self._save()
        finally:
            if self._clock is not None:
                self._timer = self._clock.call_at(self._clock.time() + LOOK_SECONDS, self._tick)

    def _look(self) -> None:
        """Follow the files that have changed."""
        try:
            stamps = self._folder.stamps()
        except OSError as error:
            self._folder_trouble = self._told(
                f"{self._folder.path}: {error.strerror or error}; going on with the orders that are known",
                self._folder_trouble,
            )
            return
        self._folder_trouble = None
        changed = [identity for identity, stamp in stamps.items() if self._stamps.get(identity) != stamp]
        is_other = False
        for identity in changed:
            is_other = self._read(identity) or is_other
        self._bad = {identity: why for identity, why in self._bad.items() if identity in stamps}
        self._stamps = stamps
        if is_other:
            self._renew()
        self._miss(stamps)

    def _read(self, identity: str) -> bool:
        """Read one file; whether it told anything new."""
        found = self._folder.read(identity)
        why = found if isinstance(found, str) else None
        if isinstance(found, Order) and not is_past(found, self._wall()):
            why = self._objection(found) or None
        if why is not None:
            self._bad[identity] = self._told(why, self._bad.get(identity))
            return False
        self._bad.pop(identity, None)
        if not isinstance(found, Order) or is_past(found, self._wall()) or not self._adopt(found):
            return False
        self._news[found.id] = found
        return True

    def _miss(self, stamps: dict[str, Stamp]) -> None:
        """Write down anew what has not expired and is not there: a file that is removed neither ends an order nor
        revives one that was ended."""
        if len(stamps) == len(self._known):
            return
        wall = self._wall()
        for identity, order in self._known.items():
            if identity not in stamps and wall < order.expires_at:
                self._unsaved.setdefault(identity, order)

    def _objection(self, order: Order) -> str:
        why = problem_of(order)
        if why:
            return why
        wall = self._wall()
        if wall >= order.expires_at and order.id not in self._known:
            return "it has expired"
        if order.given_at > wall + AHEAD_SECONDS_MAX:
            return "it was given in the future: the clock of one of both machines is wrong"
        if order.id not in self._known:
            self._is_full = len(self._known) >= ORDERS_MAX
            if self._is_full or (order.is_open(wall) and len(self.in_force()) >= IN_FORCE_MAX):
                return f"{IN_FORCE_MAX} orders are in force, or {ORDERS_MAX} are known: end some first"
        return ""

    def _adopt(self, order: Order) -> bool:
        winner = merged(self._known, order)
        if winner is None:
            return False
        is_old = order.id not in self._known and not winner.is_open(self._wall())
        self._known[order.id] = winner
        if not is_old:
            self._followed(winner)
        return True

    def _renew(self) -> None:
        wall = self._wall()
        before = self.in_force()
        self.routing = routing_of(self._known.values(), wall)
        self._until = min((order.expires_at for order in self.in_force()), default=inf)
        if self.in_force() != before:
            self.on_change()

    def _forget(self, wall: float) -> None:
        self._forget_at = wall + FORGET_SECONDS
        self._known = {identity: order for identity, order in self._known.items() if not is_past(order, wall)}
        self._is_full = len(self._known) >= ORDERS_MAX
        if self._stamps:
            self._run(self._forget_beside)

    def _forget_beside(self) -> None:
        try:
            with self._folder.lock():
                self._folder.forget(self._wall())
        except OSError as error:
            self._report(f"orders: old ones cannot be removed: {self._folder.path}: {error.strerror or error}")

    def _save_soon(self, order: Order) -> None:
        self._unsaved[order.id] = order
        self._save()

    def _save(self) -> None:
        """Keep what came from elsewhere. What cannot be kept now is tried again."""
        if self._unsaved and not self._saving:
            self._saving = True
            self._run(self._save_beside)

    def _save_beside(self) -> None:
        try:
            with self._folder.lock():
                for identity, order in tuple(self._unsaved.items()):
                    self._folder.keep(order)
                    if self._unsaved.get(identity) is order:
                        del self._unsaved[identity]
        except OSError as error:
            why = f"{self._folder.path}: an order of others cannot be kept: {error.strerror or error}"
            self._save_trouble = self._told(why, self._save_trouble)
        else:
            self._save_trouble = None
        finally:
            self._saving = False

    def _told(self, why: str, before: str | None) -> str:
        """Tell the operator once."""
        if why != before:
            self._report(f"orders: {why}")
        return why


def _nothing() -> None:
    pass
