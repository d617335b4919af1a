"""What the bus asks of those around it, and what it says of itself."""

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from mainstay.model.news import MeterNews


class Clock(Protocol):
    """Time of two kinds; see `gateway.clocks.Clocks`."""

    def time(self) -> float:
        """The event loop's: it only goes on."""

    def wall(self) -> float:
        """Seconds since 1970: set, and drifting."""


class Listener(Protocol):
    """What a transport tells."""

    def heard(self, data: bytes) -> None:
        """A bulletin came."""

    def missed_others(self) -> None:
        """Bulletins of others may have been lost: ask for everything."""

    def others_missed(self) -> None:
        """Bulletins of ours were lost, and now they pass again: tell everything."""


class TransportStatus(msgspec.Struct, frozen=True):
    """For readiness and metrics. `trouble` is `None` while all is well."""

    name: str
    trouble: str | None
    sent: int
    lost: int


class Transport(Protocol):
    """One way to others; it may lose, double and reorder. Nothing here blocks, raises, or grows without a bound."""

    def start(self, listener: Listener) -> None:
        """Begin. Trouble is told by `status`, and mended as soon as that is possible."""

    def publish(self, data: bytes) -> None:
        """Send to everybody, or lose it."""

    def status(self) -> TransportStatus:
        """How it is, now."""

    async def close(self) -> None:
        """End."""


class Meters(Protocol):
    """Who counts what tenants use (`engine.allowances`)."""

    def take_news(self) -> Sequence[MeterNews]:
        """What changed since the last time."""

    def everything(self) -> Sequence[MeterNews]:
        """A whole account."""

    def merge(self, news: Sequence[MeterNews], wall: float) -> None:
        """Hear what others have used."""

    def heard(self, alive: Collection[str], wall: float, *, reachable: bool) -> None:
        """Learn several times a second who gave a sign of life lately. While some transport is in trouble, others are
        not `reachable`, and their silence says nothing about them."""


class NoMeters:
    """Where nothing is counted."""

    def take_news(self) -> Sequence[MeterNews]:
        """Nothing."""
        return ()

    def everything(self) -> Sequence[MeterNews]:
        """Nothing."""
        return ()

    def merge(self, news: Sequence[MeterNews], wall: float) -> None:
        """Nobody listens."""

    def heard(self, alive: Collection[str], wall: float, *, reachable: bool) -> None:
        """Nobody listens."""


class BusStatus(msgspec.Struct, frozen=True):
    """For readiness and metrics."""

    node: str
    peers: int
    transports: tuple[TransportStatus, ...]
    heard: int
    garbage: int
    """Bulletins and pieces of news that made no sense or could not be true."""
    skipped: int
    """Bulletins left unread because too many came at once, and changes left unrecorded for the same reason."""
    adopted: int
    """Breakers, gates and orders that changed here because another process said so."""

    @property
    def trouble(self) -> str | None:
        """Why some peers may not be heard; `None` while all is well."""
        return next((f"{one.name}: {one.trouble}" for one in self.transports if one.trouble is not None), None)
