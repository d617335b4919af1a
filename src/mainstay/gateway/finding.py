"""Finding an exchange again, by its id or by that of its response: here, at another worker, or at another replica.

Only for its own tenant: what belongs to another one is looked for as if it were nowhere, and so takes the same way.
"""

from collections.abc import Callable
from functools import partial

import msgspec

from mainstay.gateway.drafts.elsewhere import Far, Seen
from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.runs import Run, Runs
from mainstay.model.identity import Identity

UNKNOWN = Missing(Reason.UNKNOWN)


class Found(msgspec.Struct, frozen=True):
    """An exchange that is kept. `seen` says where, if it is not here."""

    kept: Kept
    seen: Seen | None = None

    @property
    def is_written(self) -> bool:
        """Whether another process goes on with it now."""
        return self.seen is not None and self.seen.is_written


class Finding:
    """One worker's."""

    def __init__(self, runs: Runs) -> None:
        """`runs` knows what runs here."""
        self._runs = runs

    def run(self, identity: str, asker: Identity) -> Run | None:
        """The exchange of this id, while it runs here."""
        run = self._runs.get(identity)
        return run if run is not None and run.draft.opening.tenant == asker.tenant else None

    def here(self, identity: str, asker: Identity, done: Callable[[Kept | Missing], None]) -> None:
        """What is on our disk of an exchange."""
        drafts = self._runs.drafts
        if drafts is None:
            done(UNKNOWN)
            return
        drafts.load(identity, lambda kept: done(kept if _belongs(kept, asker) else UNKNOWN))

    def find(self, identity: str, asker: Identity, done: Callable[[Found | Missing], None]) -> None:
        """An exchange, wherever it is."""
        self.here(identity, asker, partial(self._found_here, identity, asker, done))

    def find_response(self, response_id: str, done: Callable[[str | Missing], None]) -> None:
        """The id of the exchange that gave a response, whoever it belongs to."""
        drafts = self._runs.drafts
        if drafts is None:
            done(UNKNOWN)
            return
        elsewhere = drafts.elsewhere

        def found(exchange: str | None) -> None:
            if exchange is None:
                elsewhere.find_response(response_id, done)
            else:
                done(exchange)

        drafts.find_response(response_id, found)

    def _found_here(
        self, identity: str, asker: Identity, done: Callable[[Found | Missing], None], kept: Kept | Missing
    ) -> None:
        drafts = self._runs.drafts
        if isinstance(kept, Kept):
            done(Found(kept))
        elif kept != UNKNOWN or drafts is None:
            done(kept)
        else:
            drafts.elsewhere.load(identity, lambda far: done(_far(far, asker)))


def _far(far: Far | Missing, asker: Identity) -> Found | Missing:
    if isinstance(far, Missing):
        return far
    return Found(far.kept, far.seen) if _belongs(far.kept, asker) else UNKNOWN


def _belongs(kept: Kept | Missing, asker: Identity) -> bool:
    return isinstance(kept, Missing) or kept.opening.tenant == asker.tenant
