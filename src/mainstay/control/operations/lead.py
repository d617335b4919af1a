"""The lead: what the control plane that acts does again and again, and the status page, which every one keeps.

Each part of a turn stands for itself: a store that does not answer for one keeps no other from its work.
"""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from mainstay.config.snapshot import WILDCARD, Snapshot
from mainstay.control.background import StopSignal
from mainstay.control.feeds.standing import FeedStanding
from mainstay.control.incidents.desk import IncidentDesk
from mainstay.control.incidents.keeper import IncidentKeeper
from mainstay.control.orders.desk import OrderDesk
from mainstay.control.status_page.history import Spans, TrafficHistory
from mainstay.control.status_page.publisher import Publisher
from mainstay.control.trouble.desk import TroubleDesk
from mainstay.ledger.errors import LedgerError
from mainstay.model.incident import ComponentStatus
from mainstay.model.settings import StatusPageSettings
from mainstay.ops.detection.detector import Standing
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.status.reading import status_view
from mainstay.ops.status.sources import Said, StatusSources, TrafficDay
from mainstay.ops.status.view import StatusView

TURN_SECONDS: Final = 0.5
TRAFFIC_SECONDS: Final = 60.0
PUBLISH_SECONDS: Final = 60.0
"""The page is written at least so often, so that visitors see that it lives."""


class ClosableSpans(Spans, Protocol):
    """A store of spans that can be let go of."""

    def close(self) -> None:
        """Let go of it."""


class LeadParts(msgspec.Struct, frozen=True):
    """What the lead leads. `is_acting`: whether the lease is ours. `standing`, `feeds` and `snapshot` never block;
    `open_store` may raise `LedgerError`; `show` hears each new view of the status page."""

    snapshot: Callable[[], Snapshot]
    is_acting: Callable[[], bool]
    is_warm: Callable[[], bool]
    keeper: IncidentKeeper
    incidents: IncidentDesk
    troubles: TroubleDesk
    orders: OrderDesk
    made_publisher: Callable[[StatusPageSettings], Publisher]
    standing: Callable[[], tuple[Standing, ...]]
    feeds: Callable[[], tuple[FeedStanding, ...]]
    lag_seconds: Callable[[str], float | None]
    """How much later than we an upstream's page usually is."""
    open_store: Callable[[], ClosableSpans]
    show: Callable[[StatusView], None]
    wall: Callable[[], float]
    report: Callable[[str], None]


class Lead:
    """`run` is the job of one thread; `view` and `trouble` may be asked from any."""

    def __init__(self, parts: LeadParts) -> None:
        """Nothing is read yet."""
        self._parts = parts
        self._page = parts.snapshot().status_page
        self.publisher = parts.made_publisher(self._page)
        self._traffic = TrafficHistory()
        self._store: ClosableSpans | None = None
        self._incidents: tuple[IncidentState, ...] = ()
        self._known: dict[str, tuple[TrafficDay, ...]] = {}
        self._read_at = float("-inf")
        self._published_at = float("-inf")
        self._seen: tuple[object, ...] = ()
        self._was_acting = False
        self._troubles: dict[str, str] = {}
        self._view: StatusView | None = None

    @property
    def view(self) -> StatusView | None:
        """What the status page says."""
        return self._view

    def troubles(self) -> tuple[str, ...]:
        """Why something could not be done in the last turn."""
        return tuple(self._troubles.values())

    def run(self, stop: StopSignal) -> None:
        """Lead until `stop` is set. Raises nothing."""
        while not stop.is_set():
            self.turn()
            stop.wait(TURN_SECONDS)
        self._parts.troubles.settle(is_end=True)
        self._close()

    def turn(self) -> None:
        """Do all that is due."""
        self._try("incidents", self._lead_incidents)
        self._try("trouble reports", self._parts.troubles.settle)
        self._try("orders", self._settle_orders)
        self._try("status page", self._publish)

    def _lead_incidents(self) -> None:
        parts = self._parts
        is_acting = parts.is_acting() and parts.is_warm()
        parts.keeper.settings = parts.snapshot().incidents
        if is_acting and not self._was_acting:
            parts.keeper.resume(parts.standing(), parts.wall())
        self._was_acting = is_acting
        if is_acting:
            parts.keeper.turn()

    def _settle_orders(self) -> None:
        """Write down which orders are over by their time; every control plane has a folder of its own."""
        self._parts.orders.settle()

    def _publish(self) -> None:
        parts, wall = self._parts, self._parts.wall()
        self._read_traffic(wall)
        incidents = self._known_incidents()
        seen = _fingerprint(incidents, parts.standing(), parts.feeds(), parts.snapshot())
        if seen == self._seen and wall - self._published_at < PUBLISH_SECONDS:
            return
        self._view = status_view(self._sources(incidents, wall))
        self._seen, self._published_at = seen, wall
        settings = parts.snapshot().status_page
        if (settings.export, settings.public) != (self._page.export, self._page.public):
            self._page, self.publisher = settings, parts.made_publisher(settings)
        self.publisher.publish(self._view)
        parts.show(self._view)

    def _known_incidents(self) -> tuple[IncidentState, ...]:
        """Those that are known now; while the store does not answer, those that were known before: the page goes on."""
        try:
            self._incidents = self._parts.incidents.known()
        except LedgerError as error:
            self._suffer("incidents", f"incidents: {error}")
        return self._incidents

    def _read_traffic(self, wall: float) -> None:
        if wall - self._read_at < TRAFFIC_SECONDS:
            return
        self._read_at = wall
        try:
            if self._store is None:
                self._store = self._parts.open_store()
            self._known = self._traffic.refresh(self._store, wall)
        except LedgerError:
            # The page goes on with what was read before, and says so by its days.
            self._known = self._traffic.known()
            self._close()

    def _sources(self, incidents: tuple[IncidentState, ...], wall: float) -> StatusSources:
        parts, snapshot = self._parts, self._parts.snapshot()
        return StatusSources(
            wall,
            snapshot.status_page,
            tuple(name for name in snapshot.models if name != WILDCARD),
            tuple(one.name for one in snapshot.upstreams),
            self._known,
            parts.standing(),
            incidents,
            tuple(said_of(one, parts.lag_seconds(one.upstream)) for one in parts.feeds()),
        )

    def _try(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except LedgerError as error:
            self._suffer(name, f"{name}: {error}")
        except Exception as error:  # noqa: BLE001 - a defect of one part must not stop the others
            self._suffer(name, f"{name}: {type(error).__name__}: {error}")
        else:
            self._troubles.pop(name, None)

    def _suffer(self, name: str, trouble: str) -> None:
        if self._troubles.get(name) != trouble:
            self._parts.report(f"operations: {trouble}")
        self._troubles[name] = trouble

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()


def said_of(feed: FeedStanding, lag_seconds: float | None) -> Said:
    """What a provider's page says, as the status page tells it. A page that we cannot read says nothing."""
    is_read = feed.state == "ok" and feed.read_at is not None
    newest = feed.incidents[0] if is_read and feed.incidents else None
    status: ComponentStatus | None = feed.indicator if is_read else None
    return Said(
        feed.upstream,
        status,
        text="" if newest is None else newest.title,
        url=feed.url,
        said_at=None if newest is None else newest.said_at,
        read_at=feed.read_at,
        lag_seconds=lag_seconds,
    )


def _fingerprint(
    incidents: tuple[IncidentState, ...],
    standing: tuple[Standing, ...],
    feeds: tuple[FeedStanding, ...],
    snapshot: Snapshot,
) -> tuple[object, ...]:
    """What the page depends on, as far as it changes at an instant."""
    return (
        tuple((one.id, one.number) for one in incidents),
        tuple((one.component, one.state, one.status) for one in standing),
        tuple((one.upstream, one.state, one.indicator, len(one.incidents)) for one in feeds),
        snapshot.status_page,
        tuple(snapshot.models),
    )
