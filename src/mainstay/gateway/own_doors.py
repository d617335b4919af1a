"""The gateway's own doors: life, readiness, metrics, the trust bundle, the orders in force."""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

import msgspec

from mainstay import __version__
from mainstay.config.snapshot import Snapshot
from mainstay.engine.board import Board
from mainstay.gateway import status
from mainstay.gateway.asking import refused
from mainstay.gateway.doors import Door, DoorKind
from mainstay.gateway.http.request import Request
from mainstay.gateway.metrics import METRICS_CONTENT_TYPE, Metrics
from mainstay.gateway.orders.listing import list_reply
from mainstay.gateway.orders.port import OrderBoard
from mainstay.gateway.orders.signed_order import read_order
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers, Reply
from mainstay.model.identity import LOCAL, Identity
from mainstay.model.orders import Order
from mainstay.model.ports import Journal
from mainstay.wire.trust.bundle import read_bundle

TRUST_HEADERS: Final[Headers] = (("content-type", "application/jose"), ("cache-control", "no-store"))
LOOK_AGAIN_SECONDS: Final = 1.0
OFFERS_SECONDS: Final = 1.0
OFFERS_MAX: Final = 5
TOO_MANY_OFFERS: Final = "too much is being offered here: offer this again after retry-after seconds"
NO_PROOF: Final = "there is no trust bundle here by which an order could prove itself"


class WatchedJournal(Journal, Protocol):
    """A journal that tells how it is."""

    @property
    def trouble(self) -> str | None:
        """Why it cannot write now; `None` while all is well."""

    def status(self) -> JournalStatus:
        """For readiness and metrics."""


class TrustBoard(Protocol):
    """Holds the trust bundle."""

    def bundle(self) -> str | None:
        """The text of the one that is gone by."""

    def offer(self, bundle_text: str) -> str | None:
        """Take a newer one, or say why not."""


class NoTrust:
    """A gateway without keys."""

    def bundle(self) -> str | None:
        """There is none."""
        return None

    def offer(self, bundle_text: str) -> str | None:  # noqa: ARG002 (none is taken)
        """None is taken."""
        return "this gateway follows no trust bundle"


Parts = Callable[[], Iterable[status.Part]]
Identify = Callable[[Headers], Identity | Fault]
"""Who asks, by the headers of a request."""


class Taken(msgspec.Struct, frozen=True):
    """An order is followed here, in this revision or a higher one."""

    id: str
    revision: int


class OwnDoors:
    """Answers what needs no upstream."""

    def __init__(
        self,
        board: Board,
        journal: WatchedJournal,
        metrics: Metrics,
        parts: Parts,
        trust: TrustBoard,
        orders: OrderBoard,
    ) -> None:
        """`parts` say how they are; `trust` holds the trust bundle, `orders` the orders."""
        self._board = board
        self._journal = journal
        self._metrics = metrics
        self._parts = parts
        self._trust = trust
        self._orders = orders
        self._trouble = ""
        self._looked_at = float("-inf")
        self._offers: list[float] = []
        self.all_pages: Callable[[bytes], bytes] = bytes
        """Makes one page of ours and those of the gateway's other workers."""

    def trouble(self, now: float) -> str:
        """Which parts of this gateway itself are in trouble, for headers; empty while all is well. Looked up once a
        second at the most: every exchange asks. `now` is the event loop's time."""
        if now - self._looked_at >= LOOK_AGAIN_SECONDS:
            self._looked_at = now
            # Names only: the words tell operators of paths and addresses, and stand in `/readyz` for them.
            names = status.troubled(self._journal.status(), self._parts())
            self._trouble = f"gateway in trouble: {', '.join(names)}" if names else ""
        return self._trouble

    def why_no_durable_work(self) -> str:
        """Why nothing durable may begin now; empty while it may."""
        if self._journal.trouble:
            return "cannot write now"
        return "is full, for the store does not take it" if self._journal.status().full else ""

    def ready(self, snapshot: Snapshot, *, draining: bool, is_known: bool) -> Reply:
        """Whether traffic is welcome. Who is not known learns no more than that."""
        breakers: dict[tuple[str, str, str], str] = {
            key: breaker.state.value for key, breaker in self._board.breakers().items()
        }
        upstreams = status.upstream_states((one.name for one in snapshot.upstreams), breakers)
        return status.ready(
            version=__version__,
            draining=draining,
            journal=self._journal.status(),
            upstreams=upstreams,
            parts=tuple(self._parts()),
            is_known=is_known,
        )

    def metrics_reply(self, running: int) -> Reply:
        """All metrics; `running` is the number of exchanges under way."""
        page = self.metrics_page(running)
        return Reply(200, (("content-type", METRICS_CONTENT_TYPE),), self.all_pages(page))

    def metrics_page(self, running: int) -> bytes:
        """The metrics of this process."""
        troubles = {part.name: part.trouble is not None for part in self._parts()}
        return self._metrics.render(running=running, journal=self._journal.status(), troubles=troubles)

    def public_reply(self, found: Door, request: Request, identify: Identify, now: float) -> Reply | Fault:
        """What a door gives that nobody needs a token for, or that takes what proves itself. `now` is the event loop's
        time."""
        if found.kind is DoorKind.LIVE:
            return status.live()
        offered = request.body if request.method == "POST" else None
        identity = LOCAL if offered is not None else identify(request.headers)
        if isinstance(identity, Fault):
            return identity
        if found.kind is DoorKind.ORDERS:
            return self.orders_reply(offered, identity, now)
        return self.trust_reply(offered, now)

    def trust_reply(self, offered: bytes | None, now: float) -> Reply | Fault:
        """The trust bundle; or, offered a newer one that proves itself, that it is taken. Anybody may offer one, and to
        look at it costs milliseconds: so only a few are looked at in a second. `now` is the event loop's time."""
        if offered is not None:
            if (fault := self._too_many_offers(now)) is not None:
                return fault
            refusal = self._trust.offer(offered.decode("ascii", "replace").strip())
            if refusal is not None:
                return refused(409, "trust_bundle_refused", refusal)
        bundle = self._trust.bundle()
        if bundle is None:
            return refused(404, "no_trust_bundle", "there is no trust bundle here: make one with `mainstay token mint`")
        return Reply(200, TRUST_HEADERS, bundle.encode("ascii"))

    def orders_reply(self, offered: bytes | None, identity: Identity, now: float) -> Reply | Fault:
        """The orders in force, as far as `identity` may know of them; or, offered a signed one, that it is taken. As
        `trust_reply`."""
        if offered is None:
            return list_reply(self._orders.in_force(), identity)
        if (fault := self._too_many_offers(now)) is not None:
            return fault
        order = self._proven(offered.decode("ascii", "replace").strip())
        why = order if isinstance(order, str) else self._orders.offer(order)
        if isinstance(order, str) or why:
            return refused(409, "order_refused", why)
        return Reply(200, status.JSON_HEADERS, msgspec.json.encode(Taken(order.id, order.revision)))

    def _proven(self, text: str) -> Order | str:
        bundle = self._trust.bundle()
        found = NO_PROOF if bundle is None else read_bundle(bundle)
        return found if isinstance(found, str) else read_order(text, found)

    def _too_many_offers(self, now: float) -> Fault | None:
        self._offers = [at for at in self._offers if now - at < OFFERS_SECONDS]
        if len(self._offers) >= OFFERS_MAX:
            return Fault(
                FaultKind.ALLOWANCE, TOO_MANY_OFFERS, status=429, code="too_many_offers", wait_seconds=OFFERS_SECONDS
            )
        self._offers.append(now)
        return None
