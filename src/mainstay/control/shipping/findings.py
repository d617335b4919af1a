"""Findings of shipping: told once each, and kept for the status."""

from collections import deque
from collections.abc import Callable
from typing import Final

from mainstay.control.shipping.status import Finding

FINDINGS_MAX: Final = 100
"""Newest ones that are kept."""


class Findings:
    """What was found. A finding that is still true is not told again; one that comes back is."""

    def __init__(self, tell: Callable[[Finding], None], wall: Callable[[], float]) -> None:
        """`tell` hears of each finding once; `wall` gives seconds since 1970."""
        self._tell = tell
        self._wall = wall
        self._newest: deque[Finding] = deque(maxlen=FINDINGS_MAX)
        self._active: set[tuple[str, str]] = set()

    def add(self, kind: str, chain: str, message: str, about: str = "") -> None:
        """Something was found of a chain (or of a file, named in `about`)."""
        key = (kind, chain or about)
        if key in self._active:
            return
        # Bounded like the list: the worst that can come of it is that something is told twice.
        if len(self._active) >= FINDINGS_MAX:
            self._active.clear()
        self._active.add(key)
        finding = Finding(kind, chain, message, self._wall())
        self._newest.append(finding)
        self._tell(finding)

    def resolve(self, chain: str, *kinds: str) -> None:
        """These are no longer true of the chain (or file)."""
        for kind in kinds:
            self._active.discard((kind, chain))

    def newest(self) -> tuple[Finding, ...]:
        """The newest findings, oldest first, whether or not they are still true."""
        return tuple(self._newest)
