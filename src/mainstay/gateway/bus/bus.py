"""The bus: what this process learns goes to the others, and what they learn comes to us.

Every `TURN_SECONDS` what is new goes out, every few seconds everything, so that a lost bulletin costs seconds at most.
Nobody waits for the bus, nothing on the path of a request asks it, and without it each process judges by itself.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mainstay.engine.board import Board, Change
from mainstay.gateway.bus.bulletins import pack, read
from mainstay.gateway.bus.peers import SILENCE_SECONDS, Peers
from mainstay.gateway.bus.ports import BusStatus, Clock, Meters, Transport
from mainstay.gateway.bus.translation import Translation
from mainstay.gateway.bus.trust_exchange import TrustExchange
from mainstay.gateway.orders.port import NoOrders, OrderExchange
from mainstay.model.dice import Dice
from mainstay.model.news import (
    BreakerNews,
    Bulletin,
    GateNews,
    HelloNews,
    LoadNews,
    MeterNews,
    News,
    OrderNews,
    TrustNews,
)
from mainstay.model.ports import Journal
from mainstay.model.records import BreakerRecord

TURN_SECONDS = 0.05
SIGN_OF_LIFE_SECONDS = 0.5
EVERYTHING_SECONDS = 5.0
EVERYTHING_JITTER_SHARE = 0.2
ANSWER_SECONDS_MIN = 1.0
"""At least so long between two whole accounts, however many ask."""
BULLETINS_PER_TURN = 4
"""The queue of a Unix datagram socket holds ten by default; the rest waits for the next turn."""
HEARD_PER_TURN_MAX = 500
CHANGES_PER_SECOND_MAX = 100
"""Changes of breakers by hearsay that are recorded; the others only count."""
WAITING_MAX = 200_000
CROWD = 16
"""Beyond so many peers, meters and loads are told less often, so that the whole traffic grows by their number, not its
square."""


class BusParts(NamedTuple):
    """Whom the bus speaks for."""

    board: Board
    meters: Meters
    trust: TrustExchange
    journal: Journal
    next_id: Callable[[], str]
    orders: OrderExchange = NoOrders()


class Bus:
    """Used by one event loop."""

    def __init__(self, node: str, parts: BusParts, clock: Clock, dice: Dice, transports: Sequence[Transport]) -> None:
        """`node` is `GATEWAY/WORKER`. Of the transports the first one is preferred where a peer is heard by several."""
        self.node = node
        self._board, self._meters, self._trust, self._journal, self._next_id, self._orders = parts
        self._clock = clock
        self._dice = dice
        self._transports = tuple(transports)
        self._translation = Translation(clock)
        self._fresh: deque[News] = deque()
        self._whole: deque[News] = deque()
        now = clock.time()
        self._peers = Peers(now)
        self._everything_at = self._last_everything = self._meters_at = self._count_at = self._sent_at = now
        self._hello_wanted = True
        self._heard_this_turn = 0
        self._second, self._changes_this_second = 0, 0
        self._heard = self._garbage = self._skipped = self._adopted = 0
        self._timer: asyncio.TimerHandle | None = None
        self.on_newer_trust: Callable[[], None] = lambda: None
        """Told when a peer has a newer trust bundle that does not fit into a bulletin."""

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to speak and to listen."""
        for number, transport in enumerate(self._transports):
            transport.start(_Ear(self, number))
        self._again(loop)

    async def close(self) -> None:
        """Say what is left to say, and end."""
        if self._timer is not None:
            self._timer.cancel()
            self.turn()
        for transport in self._transports:
            await transport.close()

    def turn(self) -> None:
        """Tell what is to be told now."""
        now = self._clock.time()
        self._heard_this_turn = 0
        self._tell_who_is_heard(now)
        self._collect(now)
        if not self._transports:
            self._fresh.clear()
            return
        if now >= self._everything_at and not self._whole:
            self._collect_everything(now)
        if not (self._fresh or self._whole or now - self._sent_at >= SIGN_OF_LIFE_SECONDS):
            return
        self._sent_at = now
        for _ in range(BULLETINS_PER_TURN):
            data = pack(self.node, self._translation.now(), self._fresh or self._whole)
            for transport in self._transports:
                transport.publish(data)
            if not (self._fresh or self._whole):
                return

    def trust_changed(self, serial: int, bundle: str) -> None:
        """Learn which trust bundle counts here now; the others are told."""
        if serial != self._trust.serial:
            self._trust.ours_is(serial, bundle)
            self.tell_trust()

    def tell_trust(self) -> None:
        """Tell which trust bundle counts here."""
        for news in self._trust.news():
            self._tell(news)

    def peers(self) -> dict[str, float]:
        """Each process that was heard of within the last minute, with the event loop's instant of its last word."""
        return self._peers.everybody(self._clock.time())

    def heard_within(self, seconds: float) -> frozenset[str]:
        """Who has given a sign of life within so many seconds, and has told us everything since he was silent."""
        return self._peers.whole_within(seconds, self._clock.time())

    def status(self) -> BusStatus:
        """How it is, now."""
        return BusStatus(
            self.node,
            len(self.peers()),
            tuple(transport.status() for transport in self._transports),
            self._heard,
            self._garbage,
            self._skipped,
            self._adopted,
        )

    def hear(self, data: bytes, transport: int) -> None:
        """Take what came by a transport."""
        self._heard_this_turn += 1
        if self._heard_this_turn > HEARD_PER_TURN_MAX:
            self._skipped += 1
            return
        reading = read(data)
        if reading is None:
            self._garbage += 1
            return
        self._garbage += reading.useless
        bulletin, now = reading.bulletin, self._clock.time()
        if bulletin.node != self.node and self._peers.heard(bulletin.node, transport, now):
            self._heard += 1
            self._take(bulletin, now)

    def ask_everything(self) -> None:
        """Ask the others for everything with the next bulletin."""
        self._hello_wanted = True

    def tell_everything(self) -> None:
        """Tell everything soon."""
        self._everything_at = min(self._everything_at, self._last_everything + ANSWER_SECONDS_MIN)

    def _again(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self.turn()
        finally:
            self._timer = loop.call_later(TURN_SECONDS, self._again, loop)

    def _tell_who_is_heard(self, now: float) -> None:
        if now < self._count_at:
            return
        self._count_at = now + SIGN_OF_LIFE_SECONDS / 2
        reachable = all(transport.status().trouble is None for transport in self._transports)
        self._meters.heard(self.heard_within(SILENCE_SECONDS), self._clock.wall(), reachable=reachable)

    def _collect(self, now: float) -> None:
        told = self._board.take_news()
        for breaker in told.breakers:
            self._tell(self._translation.breaker_news(breaker))
        for gate in told.gates:
            self._tell(self._translation.gate_news(gate))
        if self._hello_wanted:
            self._hello_wanted = False
            self._tell(HelloNews())
        for order in self._orders.take_news():
            self._tell(OrderNews(order))
        if now >= self._meters_at:
            self._meters_at = now + TURN_SECONDS * (self._peers.count() // CROWD)
            for meter in self._meters.take_news():
                self._tell(meter)
            for load in self._board.capacity.take_news(self._translation.now()):
                self._tell(load)

    def _collect_everything(self, now: float) -> None:
        jitter = EVERYTHING_JITTER_SHARE * (2 * self._dice() - 1)
        self._last_everything = now
        self._everything_at = now + EVERYTHING_SECONDS * (1 + jitter)
        told = self._board.everything(now)
        self._whole.extend(map(self._translation.breaker_news, told.breakers))
        self._whole.extend(map(self._translation.gate_news, told.gates))
        self._whole.extend(self._trust.summary())
        self._whole.extend(map(OrderNews, self._orders.everything()))
        self._whole.extend(self._board.capacity.everything(self._translation.now()))
        self._whole.extend(self._meters.everything()[: WAITING_MAX - len(self._whole)])

    def _tell(self, news: News) -> None:
        if len(self._fresh) < WAITING_MAX:
            self._fresh.append(news)

    def _take(self, bulletin: Bulletin, now: float) -> None:
        correction = self._translation.correction(bulletin.at)
        meters: list[MeterNews] = []
        for news in bulletin.news:
            match news:
                case BreakerNews():
                    self._take_breaker(news, correction, now)
                case GateNews():
                    self._take_gate(news, correction)
                case MeterNews():
                    meters.append(news)
                case LoadNews():
                    self._board.capacity.adopt_load(bulletin.node, news, now)
                case TrustNews():
                    self._take_trust(news, now)
                case OrderNews():
                    self._adopted += self._orders.hear(news.order)
                case HelloNews():
                    self.tell_everything()
        if meters:
            self._meters.merge(meters, self._clock.wall())

    def _take_breaker(self, news: BreakerNews, correction: float, now: float) -> None:
        heard = self._translation.breaker(news, correction)
        if heard is None:
            self._garbage += 1
            return
        change = self._board.adopt_breaker(heard.key, heard.breaker, heard.changed_at, now)
        if change is not None:
            self._adopted += 1
            self._record(change, now)

    def _take_gate(self, news: GateNews, correction: float) -> None:
        heard = self._translation.gate(news, correction)
        if heard is None:
            self._garbage += 1
        elif self._board.adopt_gate(heard.key, heard.gate):
            self._adopted += 1

    def _take_trust(self, news: TrustNews, now: float) -> None:
        answer = self._trust.heard(news, now)
        if answer is not None:
            self._tell(answer)
        if not news.bundle and news.serial > (self._trust.serial or 0):
            self.on_newer_trust()

    def _record(self, change: Change, now: float) -> None:
        if int(now) != self._second:
            self._second, self._changes_this_second = int(now), 0
        self._changes_this_second += 1
        if self._changes_this_second > CHANGES_PER_SECOND_MAX:
            self._skipped += 1
            return
        state, reason = change.state.value, change.reason
        self._journal.write(BreakerRecord(self._next_id(), self._clock.wall(), *change.key, state, reason))


class _Ear:
    """What the bus hears by one transport."""

    def __init__(self, bus: Bus, number: int) -> None:
        self._bus = bus
        self._number = number

    def heard(self, data: bytes) -> None:
        self._bus.hear(data, self._number)

    def missed_others(self) -> None:
        self._bus.ask_everything()

    def others_missed(self) -> None:
        self._bus.tell_everything()
