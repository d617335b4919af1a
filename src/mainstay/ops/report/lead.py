"""Who knew first: our own evidence or the provider's page; and where the two contradict each other."""

from collections.abc import Iterator
from typing import Final

from mainstay.model.components import component_of
from mainstay.model.evidence import Evidence
from mainstay.model.records import DetectionRecord, FeedRecord
from mainstay.ops.incidents.words import instant
from mainstay.ops.report.report import Lead
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.report.words import length

DISAGREEMENTS_MAX: Final = 10
WELL_WORDS: Final = frozenset(
    {"operational", "under_maintenance", "resolved", "postmortem", "completed", "ok", "well", "none"}
)
"""States in which a page tells of no trouble."""
_NOTICEABLE_SECONDS: Final = 1.0
_EARLY_SECONDS: Final = 1_800.0
"""What was seen longer before belongs to something else."""


def leads(sources: ReportSources) -> tuple[Lead, ...]:
    """One for each provider that the incident is about."""
    return tuple(_lead(name, sources) for name in sorted(sources.upstreams))


def _lead(upstream: str, sources: ReportSources) -> Lead:
    said, decisions = _said(upstream, sources), _decisions(upstream, sources)
    own_at = _first(sources, (min(at, one.at) for at, one in _evidence(upstream, sources, decisions)))
    page_at = _first(sources, (told_at(one) for one in said if one.subject != "feed" and one.state not in WELL_WORDS))
    seconds = None if own_at is None or page_at is None else page_at - own_at
    words = _words(own_at, page_at, seconds, is_read=bool(said))
    return Lead(upstream, own_at, page_at, seconds, words, _disagreements(said, decisions))


def told_at(record: FeedRecord) -> float:
    """When readers of the page could know it."""
    return record.at if record.said_at is None else min(record.said_at, record.at)


def _words(own_at: float | None, page_at: float | None, seconds: float | None, *, is_read: bool) -> str:
    if own_at is None and page_at is None:
        return "Our own requests met nothing of it."
    if own_at is None:
        return f"Only its page told, at {instant(page_at or 0.0)}."
    if page_at is None or seconds is None:
        never = "Its page told nothing of it while we looked." if is_read else "Nothing of its page is recorded."
        return f"Our own requests showed it at {instant(own_at)}. {never}"
    if abs(seconds) < _NOTICEABLE_SECONDS:
        return f"Our own requests and its page told at the same time, at {instant(own_at)}."
    later = "after" if seconds > 0 else "before"
    return (
        f"Our own requests showed it at {instant(own_at)}; its page told at {instant(page_at)}, "
        f"{length(seconds)} {later} them."
    )


def _evidence(
    upstream: str, sources: ReportSources, decisions: list[DetectionRecord]
) -> Iterator[tuple[float, Evidence]]:
    """Bad evidence of our own, each with the instant at which it was known at the latest."""
    decided = [(one.at, one.evidence) for one in decisions if one.state in ("suspected", "ill")]
    pinned = [(entry.at, entry.evidence) for entry in sources.incident.timeline]
    for at, evidence in (*decided, *pinned):
        for one in evidence:
            if one.kind == "own" and one.is_bad and _is_of(one.component, upstream):
                yield at, one


def _first(sources: ReportSources, instants: Iterator[float]) -> float | None:
    return min((at for at in instants if at >= sources.started_at - _EARLY_SECONDS), default=None)


def _disagreements(said: list[FeedRecord], decisions: list[DetectionRecord]) -> tuple[str, ...]:
    """Times at which the page called something well that our requests found ill."""
    ill: set[str] = set()
    found = []
    events: list[FeedRecord | DetectionRecord] = [*said, *decisions]
    for record in sorted(events, key=lambda one: one.at):
        if isinstance(record, DetectionRecord):
            if record.state == "ill":
                ill.add(record.component)
            elif record.state == "well":
                ill.discard(record.component)
        elif record.state in WELL_WORDS and record.subject != "feed" and ill:
            names = ", ".join(sorted(ill))
            found.append(f"{instant(record.at)}: its page said {record.subject} {record.state}; we found {names} ill.")
    return tuple(found[:DISAGREEMENTS_MAX])


def _said(upstream: str, sources: ReportSources) -> list[FeedRecord]:
    return [one for one in sources.records if isinstance(one, FeedRecord) and one.feed == upstream]


def _decisions(upstream: str, sources: ReportSources) -> list[DetectionRecord]:
    return [one for one in sources.records if isinstance(one, DetectionRecord) and _is_of(one.component, upstream)]


def _is_of(component: str, upstream: str) -> bool:
    found = component_of(component)
    return found is not None and found.upstream == upstream
