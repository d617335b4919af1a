"""The report after an incident as a value: everything that its Markdown, HTML and PDF show."""

from enum import StrEnum

import msgspec

from mainstay.model.incident import Impact, IncidentStatus


class Grade(StrEnum):
    """How well a hypothesis is founded."""

    STRONG = "strong"
    """Two independent classes of evidence agree, or our own is conclusive by itself."""
    MODERATE = "moderate"
    """One class of evidence, with numbers."""
    WEAK = "weak"
    """It happened at about the same time; nothing more is known."""


class Line(msgspec.Struct, frozen=True):
    """One line of the timeline. `source` says where it comes from: `incident`, `detection`, `provider page`, `order`,
    `playbook`, `notice`, `gateway`, `probe`, `status page`, `control plane`; `who` a person or part of ours."""

    at: float
    source: str
    words: str
    who: str = ""
    reference: str = ""
    """Id of the record."""
    is_late: bool = False
    """Whether it was written down only after later things."""


class Milestone(msgspec.Struct, frozen=True):
    """An instant that counts; `after` says how long after the beginning, in words."""

    name: str
    at: float | None
    after: str


class Lead(msgspec.Struct, frozen=True):
    """Who knew first: we, or the provider's page. Positive: we, by so many seconds."""

    upstream: str
    own_at: float | None
    page_at: float | None
    seconds: float | None
    words: str
    disagreements: tuple[str, ...] = ()
    """Where what the page said and what we saw do not fit together."""


class ImpactFigures(msgspec.Struct, frozen=True):
    """What callers felt from the beginning to the end. Money in nanodollars; `None`: not known."""

    seconds: float
    down_seconds: float
    """Time weighed by the share of requests that failed."""
    span_seconds: int = 0
    """How fine the figures are: the length of what was added up; 0 without any."""
    asked: int = 0
    failed: int = 0
    shed: int = 0
    """Of the failed: those that we turned away ourselves."""
    refused: int = 0
    left: int = 0
    """Callers who went away before their answer."""
    tenants: int = 0
    tenants_hurt: int = 0
    """Those of whom at least one request failed."""
    are_more_tenants: bool = False
    """Whether there were more than are counted one by one."""
    usual_failed_share: float | None = None
    """Of the time before."""
    cost_nanodollars: int | None = None
    extra_nanodollars: float | None = None
    """How much more the answers cost than they did in the time before."""
    probes_nanodollars: int = 0
    reports: int = 0
    """Of people who told of trouble."""


class Absorbed(msgspec.Struct, frozen=True):
    """What the gateway kept from callers."""

    rescued: int = 0
    recovered: int = 0
    cached: int = 0
    share: float | None = None
    """Of requests that met a fault: those that were answered all the same."""


class Factor(msgspec.Struct, frozen=True):
    """A hypothesis of what contributed, how well it is founded, and by what."""

    words: str
    grade: Grade
    grounds: tuple[str, ...]


class Promise(msgspec.Struct, frozen=True):
    """A clock of communication: what was due, and whether it was kept. `is_kept` is `None` while it runs."""

    name: str
    words: str
    is_kept: bool | None


class Told(msgspec.Struct, frozen=True):
    """What people were told, and when. `channels` counts notices by target and outcome."""

    promises: tuple[Promise, ...]
    first_notice_seconds: float | None
    channels: tuple[tuple[str, str, int], ...]


class Action(msgspec.Struct, frozen=True):
    """Something to do, or done: from notes and links."""

    words: str
    who: str
    at: float


class Point(msgspec.Struct, frozen=True):
    """One span for the plots."""

    at: float
    seconds: int
    asked: int
    failed: int
    rescued: int


class Phase(msgspec.Struct, frozen=True):
    """A component in a state, as one source had it. `state` is a word of detection or of a status page."""

    source: str
    component: str
    start: float
    end: float
    state: str


class IncidentReport(msgspec.Struct, frozen=True):
    """The whole report. Instants are seconds since 1970."""

    id: str
    title: str
    status: IncidentStatus
    impact: Impact
    made_at: float
    started_at: float
    ended_at: float
    is_open: bool
    opened_by: str
    components: tuple[tuple[str, str], ...]
    """Each with its worst state, in words."""
    roles: tuple[tuple[str, str], ...]
    summary: tuple[str, ...]
    """Sentences."""
    milestones: tuple[Milestone, ...]
    leads: tuple[Lead, ...]
    figures: ImpactFigures
    absorbed: Absorbed
    factors: tuple[Factor, ...]
    unknowns: tuple[str, ...]
    told: Told
    actions: tuple[Action, ...]
    timeline: tuple[Line, ...]
    points: tuple[Point, ...]
    phases: tuple[Phase, ...]
    regressions: int = 0
    reopenings: int = 0
