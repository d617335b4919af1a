"""The plots of a report."""

from typing import Final

import msgspec

from mainstay.ops.drawing.chart import Band, Chart, Mark, Series, draw_chart
from mainstay.ops.drawing.theme import Placing, Tone
from mainstay.ops.drawing.timeline import Lane, Stretch, Timeline, draw_timeline
from mainstay.ops.incidents.words import instant
from mainstay.ops.report.report import IncidentReport, Phase

_TONES: Final = {
    "ill": Tone.BAD,
    "major_outage": Tone.BAD,
    "partial_outage": Tone.PART,
    "suspected": Tone.NOTE,
    "degraded_performance": Tone.NOTE,
    "recovering": Tone.INFO,
    "under_maintenance": Tone.INFO,
}
_MARKED: Final = ("Opened", "First word to everybody", "Works again", "Resolved")
_EDGE_SHARE: Final = 0.25
"""How much of the incident's length is shown before and after it."""
_EDGE_SECONDS_MIN: Final = 600.0


class Plot(msgspec.Struct, frozen=True):
    """A drawing as SVG, and what it shows in a sentence."""

    name: str
    title: str
    svg: str


def plots(report: IncidentReport, placing: Placing = "file") -> tuple[Plot, ...]:
    """All plots for which there are data."""
    since, until = _window(report)
    found = []
    if any(point.asked for point in report.points):
        found.append(_failures(report, since, until, placing))
    if report.phases:
        found.append(_states(report, since, until, placing))
    return tuple(found)


def _window(report: IncidentReport) -> tuple[float, float]:
    edge = max((report.ended_at - report.started_at) * _EDGE_SHARE, _EDGE_SECONDS_MIN)
    return report.started_at - edge, min(report.ended_at + edge, max(report.made_at, report.ended_at))


def _failures(report: IncidentReport, since: float, until: float, placing: Placing) -> Plot:
    shown = [point for point in report.points if since - point.seconds < point.at <= until]
    middle = [(point.at + point.seconds / 2, point) for point in shown]
    # A span without requests is a hole: nobody knows how it was.
    failed = tuple((at, 100 * one.failed / one.asked if one.asked else None) for at, one in middle)
    rescued = tuple((at, 100 * one.rescued / one.asked if one.asked else None) for at, one in middle)
    highest = max((value for _, value in failed if value is not None), default=0.0)
    title = "Requests that failed, and that were answered in spite of a fault, in percent"
    description = (
        f"From {instant(since)} to {instant(until)}. At worst {highest:.1f} % of the requests of a span failed."
    )
    chart = Chart(
        title,
        description,
        since,
        until,
        (Series("failed", failed, "area"), Series("answered in spite of a fault", rescued)),
        " %",
        (Band(report.started_at, report.ended_at, tone=Tone.NOTE),),
        _marks(report),
        high=1.0,
    )
    return Plot("failures", title, draw_chart(chart, "failures", placing))


def _states(report: IncidentReport, since: float, until: float, placing: Placing) -> Plot:
    lanes: dict[str, list[Phase]] = {}
    for phase in report.phases:
        lanes.setdefault(f"{phase.component.removeprefix('upstream:')} ({phase.source})", []).append(phase)
    drawn = tuple(Lane(name, tuple(_stretch(one) for one in found)) for name, found in lanes.items())
    title = "States, as each source had them"
    description = "; ".join(
        f"{name}: {', '.join(f'{_plain(one.state)} from {instant(one.start)} to {instant(one.end)}' for one in found)}"
        for name, found in lanes.items()
    )
    timeline = Timeline(title, description, since, until, drawn, _marks(report))
    return Plot("states", title, draw_timeline(timeline, "states", placing))


def _marks(report: IncidentReport) -> tuple[Mark, ...]:
    return tuple(Mark(one.at, one.name) for one in report.milestones if one.at is not None and one.name in _MARKED)


def _stretch(phase: Phase) -> Stretch:
    return Stretch(phase.start, phase.end, _TONES.get(phase.state, Tone.NOTE), _plain(phase.state))


def _plain(state: str) -> str:
    return state.replace("_", " ")
