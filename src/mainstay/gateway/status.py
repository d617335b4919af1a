"""The answers to `/livez` and `/readyz`: plain values in, a whole reply out.

Ready means "send me traffic". A gateway whose journal or upstreams are in trouble still serves, so it stays ready and
says `degraded`; only one that drains asks to be left alone (503).
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from mainstay.gateway.drafts.store import DraftStatus
from mainstay.model.http import Headers, Reply

JSON_HEADERS: Final[Headers] = (("content-type", "application/json"), ("cache-control", "no-store"))

BREAKER_STATES: Final = ("closed", "half-open", "open")
"""From best to worst."""


class JournalStatus(msgspec.Struct, frozen=True):
    """What the journal says of itself: why it cannot write (or `None`), and counts of records."""

    trouble: str | None = None
    pending: int = 0
    written: int = 0
    dropped: int = 0


class _Ready(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of `/readyz`. `drafts` is missing where none are kept, `credentials` where all have a living secret."""

    status: str
    version: str
    journal: JournalStatus
    upstreams: dict[str, str]
    drafts: DraftStatus | None = None
    credentials: dict[str, str] = {}


def live() -> Reply:
    """Answer that the process lives, always 200."""
    return _reply(200, {"status": "ok"})


def ready(
    *,
    version: str,
    draining: bool,
    journal: JournalStatus,
    upstreams: Mapping[str, str],
    drafts: DraftStatus | None = None,
    credentials: Mapping[str, str] | None = None,
) -> Reply:
    """Answer whether traffic is welcome. `upstreams` gives each upstream's worst breaker state (`upstream_states`),
    `credentials` says why some (`upstream/name`) have no living secret."""
    troubled = (
        journal.trouble is not None
        or journal.dropped
        or any(s != "closed" for s in upstreams.values())
        or (drafts is not None and drafts.trouble is not None)
        or bool(credentials)
    )
    status = "draining" if draining else "degraded" if troubled else "ready"
    body = _Ready(status, version, journal, dict(upstreams), drafts, dict(credentials or {}))
    return _reply(503 if draining else 200, body)


def upstream_states(configured: Iterable[str], breakers: Mapping[tuple[str, str, str], str]) -> dict[str, str]:
    """Give each configured upstream's worst breaker state; `breakers` maps (upstream, model, credential) to a state."""
    states = dict.fromkeys(configured, "closed")
    for (upstream, _model, _credential), state in breakers.items():
        if upstream in states:
            states[upstream] = max(states[upstream], state, key=_badness)
    return states


def _badness(state: str) -> int:
    return BREAKER_STATES.index(state) if state in BREAKER_STATES else len(BREAKER_STATES)


def _reply(status: int, body: object) -> Reply:
    return Reply(status, JSON_HEADERS, msgspec.json.encode(body))
