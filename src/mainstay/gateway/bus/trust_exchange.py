"""Which trust bundle goes to others, and which of theirs is offered to us."""

from collections.abc import Callable

from mainstay.gateway.bus.bulletins import TRUST_BYTES_MAX
from mainstay.model.news import TrustNews

OFFER_PAUSE_SECONDS = 1.0
"""At least so long between two bundles that are examined: a signature costs time."""
ANSWER_PAUSE_SECONDS = 1.0
"""At least so long between two answers to those who are behind."""


class TrustExchange:
    """Takes and gives news of trust. The bundles prove themselves; serials alone are believed by nobody."""

    def __init__(self, offer: Callable[[str], str | None], report: Callable[[str], None]) -> None:
        """`offer` gives a bundle to whoever verifies it and answers why it was refused."""
        self._offer = offer
        self._report = report
        self._ours: TrustNews | None = None
        self._refused = ""
        self._offer_at = 0.0
        self._answer_at = 0.0

    @property
    def serial(self) -> int | None:
        """Of our bundle; `None` without one."""
        return None if self._ours is None else self._ours.serial

    def ours_is(self, serial: int, bundle: str) -> None:
        """Learn which bundle we trust now."""
        self._ours = TrustNews(serial, bundle)

    def news(self) -> list[TrustNews]:
        """Our bundle, for others to have at once."""
        return [] if self._ours is None else [self.whole(self._ours)]

    def summary(self) -> list[TrustNews]:
        """What every regular account says: the serial. Who is behind says so by his own, and is answered."""
        return [] if self._ours is None else [TrustNews(self._ours.serial, "")]

    def heard(self, news: TrustNews, now: float) -> TrustNews | None:
        """Hear what a peer trusts. Gives our bundle where the peer is behind."""
        ours = self._ours
        if ours is not None and news.serial < ours.serial:
            if now < self._answer_at:
                return None
            self._answer_at = now + ANSWER_PAUSE_SECONDS
            return self.whole(ours)
        if news.bundle and (ours is None or news.serial > ours.serial) and now >= self._offer_at:
            self._offer_at = now + OFFER_PAUSE_SECONDS
            self.examine(news)
        return None

    def examine(self, news: TrustNews) -> None:
        """Offer a bundle; tell once why one was refused."""
        why = self._offer(news.bundle) or ""
        if why and why != self._refused:
            self._report(f"bus: a trust bundle of another process is not taken: {why[:300]}")
        self._refused = why

    @staticmethod
    def whole(news: TrustNews) -> TrustNews:
        """The news as it fits into a bulletin: a large bundle is only named (it lies in the shared store)."""
        return news if len(news.bundle) <= TRUST_BYTES_MAX else TrustNews(news.serial, "")
