"""Minding: work that needs no caller, and whose process is gone, is gone on with where somebody asks how it stands.

Who polls never asks for a stream, so nobody would take such an exchange over. It is looked at twice: its own process
may be about to return, and a shared store that was away has forgotten who lives.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from mainstay.gateway.drafts.entries import Missing
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.finding import Finding, Found
from mainstay.gateway.runs import Runs
from mainstay.model.identity import Identity

LOOK_AGAIN_SECONDS: Final = 2.0
MINDED_MAX: Final = 1_000


class Minding:
    """One worker's."""

    def __init__(self, runs: Runs, finding: Finding, go_on: Callable[[Kept], object]) -> None:
        """`go_on` goes on with a draft that is ours."""
        self._runs = runs
        self._finding = finding
        self._go_on = go_on
        self._minded: set[str] = set()

    def mind(self, found: Found, asker: Identity) -> None:
        """See that an exchange goes on, if it should and nobody does."""
        identity = found.kept.opening.exchange_id
        if _is_left(found) and identity not in self._minded and len(self._minded) < MINDED_MAX:
            self._minded.add(identity)
            again = partial(self._look_again, identity, asker)
            self._runs.later(LOOK_AGAIN_SECONDS, lambda: self._finding.find(identity, asker, again))

    def _look_again(self, identity: str, asker: Identity, found: Found | Missing) -> None:
        drafts = self._runs.drafts
        if drafts is None or isinstance(found, Missing) or found.seen is None or not _is_left(found):
            self._minded.discard(identity)
        else:
            drafts.elsewhere.take(identity, found.seen, partial(self._taken, identity, asker))

    def _taken(self, identity: str, asker: Identity, is_ours: bool) -> None:  # noqa: FBT001 - a callback
        self._minded.discard(identity)
        if is_ours:
            self._finding.here(identity, asker, self._loaded)

    def _loaded(self, kept: Kept | Missing) -> None:
        if isinstance(kept, Kept) and kept.ended is None and self._runs.get(kept.opening.exchange_id) is None:
            self._go_on(kept)


def _is_left(found: Found) -> bool:
    kept = found.kept
    is_open = kept.ended is None and not kept.tail_lost
    return kept.opening.durable and is_open and found.seen is not None and not found.is_written
