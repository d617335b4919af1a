"""Buses on a wire of the test's own, in a time that passes only when a test says so."""

import asyncio
from collections.abc import Callable, Collection, Sequence

from mainstay.engine.board import Board, Gate, Verdict
from mainstay.engine.breaker import CONSECUTIVE_FAILURES, BreakerState
from mainstay.engine.key import Key
from mainstay.gateway.bus.bus import TURN_SECONDS, Bus, BusParts
from mainstay.gateway.bus.ports import Listener, TransportStatus
from mainstay.gateway.bus.trust_exchange import TrustExchange
from mainstay.model.news import MeterNews
from mainstay.model.orders import Order
from mainstay.model.records import BreakerRecord, Record
from tests.gateway.doubles import FakeClock

WALL = 1_700_000_000.0
ALPHA = Key("alpha", "sonnet", "main")


class TwoClocks(FakeClock):
    """An event loop's time and a wall clock that is `ahead` of the others."""

    def __init__(self, now: float = 1000.0, ahead: float = 0.0) -> None:
        super().__init__(now)
        self._offset = WALL + ahead - now

    def wall(self) -> float:
        return self.now + self._offset


class Wire:
    """Carries what is published to all others, unless a test keeps it."""

    def __init__(self) -> None:
        self.ends: list[WireEnd] = []

    def end(self) -> "WireEnd":
        end = WireEnd(self)
        self.ends.append(end)
        return end


class WireEnd:
    """See `ports.Transport`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.listener: Listener | None = None
        self.sent: list[bytes] = []
        self.is_cut = False
        self.closed = False

    def start(self, listener: Listener) -> None:
        self.listener = listener

    def publish(self, data: bytes) -> None:
        self.sent.append(data)
        for end in self._wire.ends:
            if end is not self and end.listener is not None and not (end.is_cut or self.is_cut):
                end.listener.heard(data)

    def status(self) -> TransportStatus:
        return TransportStatus("wire", "cut" if self.is_cut else None, len(self.sent), 0)

    async def close(self) -> None:
        self.closed = True


class Records:
    """A journal in memory."""

    def __init__(self) -> None:
        self.kept: list[Record] = []
        self.written = asyncio.Event()

    def write(self, record: Record) -> None:
        self.written.set()
        self.kept.append(record)

    @property
    def breakers(self) -> list[BreakerRecord]:
        return [record for record in self.kept if isinstance(record, BreakerRecord)]


class FakeMeters:
    """Counts nothing; keeps what it is told."""

    def __init__(self) -> None:
        self.fresh: list[MeterNews] = []
        self.whole: list[MeterNews] = []
        self.merged: list[tuple[list[MeterNews], float]] = []
        self.alive: frozenset[str] = frozenset()
        self.reachable = True

    def take_news(self) -> Sequence[MeterNews]:
        fresh, self.fresh = self.fresh, []
        return fresh

    def everything(self) -> Sequence[MeterNews]:
        return self.whole

    def merge(self, news: Sequence[MeterNews], wall: float) -> None:
        self.merged.append((list(news), wall))

    def heard(self, alive: Collection[str], wall: float, *, reachable: bool) -> None:
        self.alive, self.reachable = frozenset(alive), reachable


class FakeOrders:
    """Keeps what it hears, each account once."""

    def __init__(self) -> None:
        self.fresh: list[Order] = []
        self.known: list[Order] = []

    def take_news(self) -> Sequence[Order]:
        fresh, self.fresh = self.fresh, []
        return fresh

    def everything(self) -> Sequence[Order]:
        return self.known

    def hear(self, order: Order) -> bool:
        is_new = order not in self.known
        if is_new:
            self.known.append(order)
        return is_new


class Process:
    """One process with its board and its bus; its turns are taken by hand."""

    def __init__(self, node: str, wire: Wire, clock: TwoClocks) -> None:
        self.clock = clock
        self.board = Board()
        self.meters = FakeMeters()
        self.records = Records()
        self.reports: list[str] = []
        self.offered: list[str] = []
        self.adopts = 0
        """The serial of the next bundle that is offered, where it is to be trusted from then on."""
        trust = TrustExchange(self._offered, self.reports.append)
        self.orders = FakeOrders()
        parts = BusParts(
            self.board, self.meters, trust, self.records, lambda: f"id-{len(self.records.kept)}", self.orders
        )
        self.end = wire.end()
        self.bus = Bus(node, parts, clock, lambda: 0.5, [self.end])
        self.end.start(Ear(self.bus))

    def fails(self, key: Key = ALPHA) -> None:
        """The breaker opens by what this process sees itself."""
        now = self.clock.time()
        for _ in range(CONSECUTIVE_FAILURES):
            self.board.ended(key, Verdict.BAD, now, 0.5, started_at=now, repetition=False, reason="test")

    def is_throttled(self, key: Key = ALPHA, seconds: float = 5.0) -> None:
        self.board.close_gate(key, Gate(self.clock.time() + seconds, strict=True, reason="throttled"))

    def state(self, key: Key = ALPHA) -> BreakerState | None:
        breaker = self.board.breakers().get(key)
        return None if breaker is None else breaker.state

    def turns(self, count: int = 1) -> None:
        for _ in range(count):
            self.bus.turn()
            self.clock.advance(TURN_SECONDS)

    def _offered(self, text: str) -> None:
        self.offered.append(text)
        if self.adopts:
            self.bus.trust_changed(self.adopts, text)


class Ear:
    """What `Bus.start` gives to a transport."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def heard(self, data: bytes) -> None:
        self._bus.hear(data, 0)

    def missed_others(self) -> None:
        self._bus.ask_everything()

    def others_missed(self) -> None:
        self._bus.tell_everything()


class Heard:
    """A `Listener` that keeps what it hears."""

    def __init__(self) -> None:
        self.bulletins: list[bytes] = []
        self.missed = 0
        self.others = 0
        self._changed = asyncio.Event()

    def heard(self, data: bytes) -> None:
        self.bulletins.append(data)
        self._changed.set()

    def missed_others(self) -> None:
        self.missed += 1
        self._changed.set()

    def others_missed(self) -> None:
        self.others += 1
        self._changed.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for what is heard to make something so."""
        while not is_so():
            self._changed.clear()
            await self._changed.wait()

    async def until_count(self, count: int) -> None:
        """Wait for so many bulletins."""
        await self.until(lambda: len(self.bulletins) >= count)
