"""What was in which state when, by each source apart: detection, the providers' pages, the incident itself."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from mainstay.model.records import DetectionRecord, FeedRecord
from mainstay.ops.report.report import Phase
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.report.timeline import is_about

LANES_MAX: Final = 20
_QUIET: Final = frozenset({"well", "operational", "resolved", "postmortem", "completed"})


def phases(sources: ReportSources) -> tuple[Phase, ...]:
    """All phases that are worth seeing, source by source."""
    points: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for step in sources.incident.course:
        for one in step.affected:
            points.setdefault(("incident", one.component), []).append((step.at, one.status.value))
    ended = sources.ended_at
    if not sources.incident.is_open:
        for found in points.values():
            found.append((ended, "operational"))
    for record in sorted(sources.records, key=lambda one: one.at):
        if isinstance(record, DetectionRecord) and is_about(sources, record.component):
            points.setdefault(("detection", record.component), []).append((record.at, record.state))
        elif isinstance(record, FeedRecord) and record.subject.startswith("about "):
            component = record.subject.removeprefix("about ")
            if is_about(sources, component):
                points.setdefault(("provider page", component), []).append((record.said_at or record.at, record.state))
    end = min(sources.at, ended + 1_800.0)
    lanes = [tuple(_phases(key, found, end)) for key, found in points.items()]
    return tuple(phase for lane in [lane for lane in lanes if lane][:LANES_MAX] for phase in lane)


def _phases(key: tuple[str, str], points: Iterable[tuple[float, str]], end: float) -> Iterator[Phase]:
    ordered = sorted(points, key=lambda point: point[0])
    merged: list[tuple[float, str]] = []
    for at, state in ordered:
        if not merged or merged[-1][1] != state:
            merged.append((at, state))
    for (start, state), (later, _) in pairwise([*merged, (end, "")]):
        if state not in _QUIET and later > start:
            yield Phase(*key, start, later, state)
