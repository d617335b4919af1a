"""Notices: what is told to people through channels that they read, and what became of it."""

from enum import StrEnum
from typing import Literal

import msgspec


class Severity(StrEnum):
    """How soon somebody must look, from the least to the most."""

    INFO = "info"
    WARNING = "warning"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Its place in the order, from 0."""
        return tuple(Severity).index(self)


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something to tell. Notices of the same `key` are about the same thing and are not told twice within a window."""

    key: str
    severity: Severity
    title: str
    text: str
    at: float
    incident: str = ""
    needs_acknowledgement: bool = False
    """Whether it is told to others when nobody acknowledges it (by acknowledging its incident)."""
    targets: tuple[str, ...] = ()
    """Names of targets; empty: whoever the routes say for this severity."""
    is_once: bool = False
    """Whether it is never told again, also not after the window."""


NoticeOutcome = Literal[
    "accepted", "awaited", "sent", "failed", "gave-up", "deduplicated", "limited", "escalated", "acknowledged"
]
"""What became of a notice.

`accepted`: it will be told to all targets that the record names, separated by commas. `awaited`: likewise, and somebody
is to acknowledge it. `sent` and `failed` (it is tried again) are about one target, as are `gave-up` (it is not tried
again) and `limited` (the target has heard enough for this hour; it is counted in a later summary). `deduplicated`: it
was told already. `escalated`: it is told to further targets, and why. `acknowledged`: somebody acts.
"""


class Route(msgspec.Struct, frozen=True):
    """Who hears of notices from this severity upwards, and who else when nobody acknowledges within
    `escalate_seconds`."""

    severity: Severity
    targets: tuple[str, ...]
    escalate_seconds: float | None = None
    escalate_to: tuple[str, ...] = ()


class NoticePolicy(msgspec.Struct, frozen=True):
    """Who is told, and how often at most. `targets` are the names of all that there are."""

    targets: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    window_seconds: float = 900.0
    per_hour: int = 60
