"""Everything a worker shares with others, put together: the bus, its transports, the shared store, the trust shelf."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from mainstay.engine.board import Board
from mainstay.gateway.bus.bus import Bus, BusParts
from mainstay.gateway.bus.datagrams import Datagrams
from mainstay.gateway.bus.ports import BusStatus, Clock, Meters, Transport
from mainstay.gateway.bus.replicas import Replicas
from mainstay.gateway.bus.trust_exchange import TrustExchange
from mainstay.gateway.bus.trust_shelf import TrustShelf
from mainstay.gateway.node import node_name
from mainstay.gateway.orders.port import NoOrders, OrderExchange
from mainstay.gateway.shared.client import RedisShared, SharedStatus
from mainstay.model.dice import Dice
from mainstay.model.ports import Journal

RUN_FOLDER = "run"


class Place(msgspec.Struct, frozen=True):
    """Which process this is, and whom it may reach. `shared_url` is a secret."""

    gateway_id: str
    worker: int
    state: Path
    workers: int = 1
    shared_url: str | None = None

    def __repr__(self) -> str:
        """Without the URL, which may hold a password."""
        return f"Place({self.node})"

    @property
    def node(self) -> str:
        """This process among all."""
        return node_name(self.gateway_id, self.worker)


class Surroundings(msgspec.Struct, frozen=True):
    """What the bus works with. `offer` verifies a trust bundle and says why it was refused; `report` takes one line
    for the operator."""

    board: Board
    meters: Meters
    offer: Callable[[str], str | None]
    journal: Journal
    next_id: Callable[[], str]
    clock: Clock
    dice: Dice
    report: Callable[[str], None]
    orders: OrderExchange = NoOrders()


class SharingStatus(msgspec.Struct, frozen=True):
    """For readiness and metrics; `shared` is `None` where none is configured."""

    bus: BusStatus
    shared: SharedStatus | None = None

    @property
    def trouble(self) -> str | None:
        """Why this process works alone, at least in part; `None` while all is well."""
        return self.bus.trouble or (None if self.shared is None else self.shared.trouble)


class Sharing:
    """Used by one event loop, which must run when this is made."""

    def __init__(self, place: Place, around: Surroundings) -> None:
        """Nothing is opened yet. Raises `UnusableSharedUrlError`."""
        loop, clock, report = asyncio.get_running_loop(), around.clock, around.report
        self.shared = None if place.shared_url is None else RedisShared(place.shared_url, clock, report)
        transports: list[Transport] = []
        if place.workers > 1:
            transports.append(Datagrams(place.state / RUN_FOLDER, place.worker, loop, clock, report))
        if self.shared is not None:
            transports.append(Replicas(self.shared, place.gateway_id, clock, around.dice))
        trust = TrustExchange(around.offer, report)
        parts = BusParts(around.board, around.meters, trust, around.journal, around.next_id, around.orders)
        self.bus = Bus(place.node, parts, clock, around.dice, transports)
        self._shelf = None if self.shared is None else TrustShelf(self.shared, trust.examine, self.bus.tell_trust)
        if self._shelf is not None:
            self.bus.on_newer_trust = self._shelf.look_soon
        self._loop = loop

    def start(self) -> None:
        """Begin to speak and to listen."""
        self.bus.start(self._loop)
        if self._shelf is not None:
            self._shelf.start()

    def trust_changed(self, serial: int, bundle: str) -> None:
        """Learn which trust bundle counts here now; the others are told."""
        self.bus.trust_changed(serial, bundle)
        if self._shelf is not None:
            self._shelf.ours_is(serial, bundle)

    def status(self) -> SharingStatus:
        """How it is, now."""
        return SharingStatus(self.bus.status(), None if self.shared is None else self.shared.status())

    async def close(self) -> None:
        """Say what is left to say, and end."""
        if self._shelf is not None:
            await self._shelf.close()
        await self.bus.close()
        if self.shared is not None:
            await self.shared.close()
