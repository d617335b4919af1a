"""The gateway's own doors: life, readiness, metrics, the lists of models, the trust bundle."""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from mainstay import __version__
from mainstay.config.snapshot import Snapshot
from mainstay.engine.board import Board
from mainstay.gateway import status
from mainstay.gateway.asking import refused
from mainstay.gateway.metrics import METRICS_CONTENT_TYPE, Metrics
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers, Reply
from mainstay.model.ports import Journal

TRUST_HEADERS: Final[Headers] = (("content-type", "application/jose"), ("cache-control", "no-store"))
LOOK_AGAIN_SECONDS: Final = 1.0
OFFERS_SECONDS: Final = 1.0
OFFERS_MAX: Final = 5
TOO_MANY_OFFERS: Final = "too many trust bundles are being offered: offer this one again after retry-after seconds"


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


class OwnDoors:
    """Answers what needs no upstream."""

    def __init__(
        self, board: Board, journal: WatchedJournal, metrics: Metrics, parts: Parts, trust: TrustBoard
    ) -> None:
        """`parts` say how they are; `trust` holds the trust bundle."""
        self._board = board
        self._journal = journal
        self._metrics = metrics
        self._parts = parts
        self._trust = trust
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

    def trust_reply(self, offered: bytes | None, now: float) -> Reply | Fault:
        """The trust bundle; or, offered a newer one that proves itself, that it is taken. Anybody may offer one, and to
        look at it costs milliseconds: so only a few are looked at in a second. `now` is the event loop's time."""
        if offered is not None:
            self._offers = [at for at in self._offers if now - at < OFFERS_SECONDS]
            if len(self._offers) >= OFFERS_MAX:
                return Fault(
                    FaultKind.ALLOWANCE,
                    TOO_MANY_OFFERS,
                    status=429,
                    code="too_many_offers",
                    wait_seconds=OFFERS_SECONDS,
                )
            self._offers.append(now)
            refusal = self._trust.offer(offered.decode("ascii", "replace").strip())
            if refusal is not None:
                return refused(409, "trust_bundle_refused", refusal)
        bundle = self._trust.bundle()
        if bundle is None:
            return refused(404, "no_trust_bundle", "there is no trust bundle here: make one with `mainstay token mint`")
        return Reply(200, TRUST_HEADERS, bundle.encode("ascii"))
