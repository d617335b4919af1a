"""The answers to `/livez` and `/readyz`: plain values in, a whole reply out.

Ready means "send me traffic". A gateway whose journal or upstreams are in trouble still serves, so it stays ready and
says `degraded`; only one that drains asks to be left alone (503).
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.http import Headers, Reply

JSON_HEADERS: Final[Headers] = (("content-type", "application/json"), ("cache-control", "no-store"))

BREAKER_STATES: Final = ("closed", "half-open", "open")
"""From best to worst."""


class Part(msgspec.Struct, frozen=True):
    """One part of the gateway in the body of `/readyz`, under its name. `trouble` is `None` while all is well.

    `is_own`: the trouble is the gateway's own, and every answer says so; else it is that of an upstream."""

    name: str
    body: object
    trouble: str | None = None
    is_own: bool = True


def live() -> Reply:
    """Answer that the process lives, always 200."""
    return _reply(200, {"status": "ok"})


def ready(
    *,
    version: str,
    draining: bool,
    journal: JournalStatus,
    upstreams: Mapping[str, str],
    parts: Iterable[Part] = (),
    is_known: bool = True,
) -> Reply:
    """Answer whether traffic is welcome. `upstreams` gives each upstream's worst breaker state (`upstream_states`).
    Who is not known (`is_known`) is told no more than that."""
    parts = tuple(parts)
    has_trouble = any(part.trouble is not None for part in parts) or any(s != "closed" for s in upstreams.values())
    troubled = has_trouble or bool(troubles(journal, ())) or journal.dropped
    status = "draining" if draining else "degraded" if troubled else "ready"
    body: dict[str, object] = {"status": status, "version": version}
    if is_known:
        body |= {"journal": journal, "upstreams": dict(upstreams)} | {part.name: part.body for part in parts}
        told = troubles(journal, parts)
        body |= {"troubles": told} if told else {}
    return _reply(503 if draining else 200, body)


def troubles(journal: JournalStatus, parts: Iterable[Part]) -> list[str]:
    """What is wrong with the gateway itself, one phrase for each part."""
    found = []
    if journal.trouble is not None:
        found.append(f"journal: {journal.trouble}")
    if journal.full:
        found.append("journal: full, for the store does not take it")
    return found + [f"{part.name}: {part.trouble}" for part in parts if part.is_own and part.trouble is not None]


def troubled(journal: JournalStatus, parts: Iterable[Part]) -> list[str]:
    """The names of the parts of the gateway itself that are in trouble."""
    names = ["journal"] if troubles(journal, ()) else []
    return names + [part.name for part in parts if part.is_own and part.trouble is not None]


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
