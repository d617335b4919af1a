"""What detection says: decisions, wishes for probes, and how every component stands."""

from typing import Final, Literal

import msgspec

from mainstay.model.evidence import Evidence
from mainstay.model.incident import ComponentStatus, Impact
from mainstay.model.records import DetectionRecord

State = Literal["well", "suspected", "ill", "recovering"]
WishReason = Literal["thin", "suspect", "recovery", "login", "admin"]
"""As `ProbeRecord.reason`. `thin`, `login`, `admin`: nobody has asked it for a while; the latter two are parts that
callers never ask."""

EVIDENCE_MAX: Final = 8
"""Pieces of evidence that a decision carries at most."""


class Decision(msgspec.Struct, frozen=True):
    """Detection changed its mind about a component. While a component is ill, it is also told again when its status or
    its impact becomes worse: then `state` and `before` are both `ill`."""

    component: str
    """Its name, see `model.components`."""
    state: State
    before: State
    at: float
    started_at: float
    """When the trouble began, as far as our own requests tell; it stays the same until the component is well again."""
    reason: str
    """One sentence with numbers."""
    impact: Impact
    """What our callers feel of it: `none` for `well`."""
    status: ComponentStatus
    """What a status page should say of the component."""
    evidence: tuple[Evidence, ...] = ()
    cause: str = ""
    """A declared shared dependency that others in trouble have too."""
    group: str = ""
    """Decisions of one group belong to one incident: a provider with all its parts, or all that share a cause."""

    def record(self, identity: str) -> DetectionRecord:
        """As it is written down."""
        return DetectionRecord(
            identity,
            self.at,
            self.component,
            self.state,
            self.reason,
            evidence=self.evidence,
            cause=self.cause,
            group=self.group,
            started_at=self.started_at,
        )


class ProbeWish(msgspec.Struct, frozen=True):
    """A probe of this component would tell something. Wishes come most urgent first, and again on every turn until they
    are fulfilled; whoever fulfils them keeps the budget."""

    component: str
    reason: WishReason


class TrendPoint(msgspec.Struct, frozen=True):
    """One minute: when it began, how many attempts ended in it, and how many of them failed."""

    start: float
    attempts: int
    failures: int


class Standing(msgspec.Struct, frozen=True):
    """How a component stands, for pages. Numbers are of the last five minutes; `None`: too few to tell.

    For `model:NAME` and `gateway` attempts are exchanges, as callers see them.
    """

    component: str
    state: State
    since: float
    """Since when it is in this state; 0 if it never changed."""
    reason: str
    status: ComponentStatus
    impact: Impact
    attempts: int = 0
    failures: int = 0
    error_ratio: float | None = None
    usual_error_ratio: float | None = None
    faults: tuple[tuple[str, int], ...] = ()
    """Failures and what is no sample (throttling and the like) by kind of fault, the most frequent first."""
    first_content_p50_seconds: float | None = None
    first_content_p95_seconds: float | None = None
    usual_first_content_seconds: float | None = None
    """The median of its last hours."""
    tokens_per_second: float | None = None
    usual_tokens_per_second: float | None = None
    last_sample_at: float | None = None
    last_failure_at: float | None = None
    evidence: tuple[Evidence, ...] = ()
    provider_says: str = ""
    """What the provider's own page says against it, if anything."""
    cause: str = ""
    group: str = ""
    started_at: float | None = None
    """Of the trouble, while there is some."""
    trend: tuple[TrendPoint, ...] = ()
    """The last hour, minute by minute, oldest first."""
