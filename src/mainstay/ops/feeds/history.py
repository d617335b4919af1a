"""What a page said, and when we heard it. Nothing that was once said is forgotten because it was taken back.

Two times belong to each statement: `said_at`, the instant that the page puts on it (never later than we heard it:
nobody has spoken in the future), and the span from `heard_at` to `withdrawn_at` in which the page was seen to say so.
So both questions have answers: what was known at an instant, and what is known of it now.
"""

from collections.abc import Container, Iterable, Sequence
from typing import Final

import msgspec

from mainstay.model.incident import ComponentStatus, IncidentStatus
from mainstay.ops.feeds.page import PageComponent, PageUpdate, worst

STATEMENTS_MAX: Final = 2_000
KEEP_SECONDS: Final = 7_776_000.0


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One update of an incident, as it was heard."""

    incident: str
    update: str
    status: IncidentStatus
    told_at: float | None
    heard_at: float
    text: str = ""
    touched: tuple[PageComponent, ...] = ()
    withdrawn_at: float | None = None
    """When it was seen to be gone or changed."""

    @property
    def said_at(self) -> float:
        """When it was said, as far as that can be believed."""
        return self.heard_at if self.told_at is None else min(self.told_at, self.heard_at)

    @property
    def update_said(self) -> PageUpdate:
        """The update that it is of, as it was."""
        return PageUpdate(self.update, self.told_at, self.status, self.text, self.touched)


def known_at(statements: Iterable[Statement], wall: float) -> list[Statement]:
    """What the page was seen to say at that instant, in the order in which it says it said so."""
    known = [
        one for one in statements if one.heard_at <= wall and (one.withdrawn_at is None or one.withdrawn_at > wall)
    ]
    return sorted(known, key=lambda one: one.said_at)


def effective_state(statements: Iterable[Statement], component: str, at: float, wall: float) -> ComponentStatus:
    """How a component of the page was at `at` by what was known at `wall`: the worst over incidents that were open."""
    said: dict[str, ComponentStatus] = {}
    for one in known_at(statements, wall):
        if one.said_at > at:
            break
        for touched in one.touched:
            if touched.name == component:
                said[one.incident] = touched.status
        if one.status is IncidentStatus.RESOLVED:
            said.pop(one.incident, None)
    return worst(said.values())


def published_state(statements: Iterable[Statement], component: str, at: float, wall: float) -> ComponentStatus:
    """How the page showed a component at `at` by what was known at `wall`: as whoever wrote last."""
    last = ComponentStatus.OPERATIONAL
    for one in known_at(statements, wall):
        if one.said_at > at:
            break
        last = next((touched.status for touched in one.touched if touched.name == component), last)
    return last


def pruned(statements: Sequence[Statement], listed: Container[str], wall: float) -> list[Statement]:
    """All that the page still says, which is bounded by itself, and the newest of the others within bounds."""
    living = [one for one in statements if one.withdrawn_at is None and one.incident in listed]
    others = [one for one in statements if one.withdrawn_at is not None or one.incident not in listed]
    young = [one for one in others if wall - one.heard_at <= KEEP_SECONDS]
    room = max(STATEMENTS_MAX - len(living), 0)
    return [*(young[-room:] if room else ()), *living]
