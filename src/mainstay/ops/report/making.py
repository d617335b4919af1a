"""From sources to the report."""

from collections.abc import Iterator
from typing import Final

from mainstay.model.incident import ComponentStatus, Noted
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.incidents.words import LINK_WORDS, STATUS_WORDS
from mainstay.ops.report.factors import factors
from mainstay.ops.report.impact import absorbed, figures, points
from mainstay.ops.report.lead import leads
from mainstay.ops.report.phases import phases
from mainstay.ops.report.report import Absorbed, Action, ImpactFigures, IncidentReport, Lead, Milestone
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.report.telling import told
from mainstay.ops.report.timeline import timeline
from mainstay.ops.report.unknowns import unknowns
from mainstay.ops.report.words import counted, dollars, length, share
from mainstay.ops.status.traffic import worse

ACTION_PREFIXES: Final = ("action:", "todo:", "follow-up:")
"""A note that begins so is something to do."""


def incident_report(sources: ReportSources) -> IncidentReport:
    """The report."""
    incident = sources.incident
    found, felt, kept = factors(sources), figures(sources), absorbed(sources)
    known_first = leads(sources)
    return IncidentReport(
        id=incident.id,
        title=incident.title,
        status=incident.status,
        impact=incident.worst_impact,
        made_at=sources.at,
        started_at=sources.started_at,
        ended_at=sources.ended_at,
        is_open=incident.is_open,
        opened_by=incident.source,
        components=tuple(_components(incident)),
        roles=tuple((one.role, one.person) for one in incident.roles),
        summary=tuple(_summary(sources, felt, kept, known_first)),
        milestones=tuple(_milestones(incident)),
        leads=known_first,
        figures=felt,
        absorbed=kept,
        factors=found,
        unknowns=unknowns(sources, found, felt),
        told=told(sources),
        actions=tuple(_actions(incident)),
        timeline=timeline(sources),
        points=points(sources),
        phases=phases(sources),
        regressions=incident.regressions,
        reopenings=incident.reopenings,
    )


def _components(incident: IncidentState) -> Iterator[tuple[str, str]]:
    worst: dict[str, ComponentStatus] = {}
    for affected in (*(step.affected for step in incident.course), incident.affected):
        for one in affected:
            worst[one.component] = worse(worst.get(one.component, ComponentStatus.OPERATIONAL), one.status)
    for name, status in worst.items():
        yield name, STATUS_WORDS[status]


def _summary(
    sources: ReportSources, felt: ImpactFigures, kept: Absorbed, known_first: tuple[Lead, ...]
) -> Iterator[str]:
    lasted = length(felt.seconds)
    yield f"It lasts for {lasted} so far." if sources.incident.is_open else f"It lasted {lasted}."
    if felt.asked:
        usual = "" if felt.usual_failed_share is None else f" (before: {100 * felt.usual_failed_share:.2f} %)"
        yield f"{felt.failed:,} of {counted(felt.asked, 'request')} failed, {share(felt.failed, felt.asked)}{usual}."
        at_least = "at least " if felt.are_more_tenants else ""
        yield f"{at_least}{felt.tenants_hurt} of {counted(felt.tenants, 'tenant')} met a failure.".capitalize()
    if kept.rescued:
        part = "" if kept.share is None else f", {100 * kept.share:.1f} % of those that met a fault"
        yield f"The gateway answered {counted(kept.rescued, 'request')} in spite of it{part}."
    if felt.extra_nanodollars is not None and felt.extra_nanodollars > 0:
        yield f"The answers cost {dollars(felt.extra_nanodollars)} more than they did before."
    for lead in known_first:
        if lead.seconds is not None:
            first = "before" if lead.seconds > 0 else "after"
            yield f"Our own requests showed it {length(lead.seconds)} {first} the page of {lead.upstream} told."


def _milestones(incident: IncidentState) -> Iterator[Milestone]:
    found = (
        ("Began", incident.started_at),
        ("First evidence", incident.detected_at),
        ("Opened", incident.opened_at),
        ("First word to everybody", incident.first_post_at),
        ("Acknowledged", incident.acknowledged_at),
        ("Identified", incident.identified_at),
        ("Works again", incident.mitigated_at),
        ("Resolved", incident.resolved_at),
    )
    for name, at in found:
        after = "" if at is None or name == "Began" else length(max(at - incident.started_at, 0.0))
        yield Milestone(name, at, after)


def _actions(incident: IncidentState) -> Iterator[Action]:
    for entry in incident.timeline:
        if isinstance(entry.event, Noted):
            for line in entry.event.text.splitlines():
                prefix = next((one for one in ACTION_PREFIXES if line.strip().lower().startswith(one)), "")
                if prefix:
                    yield Action(line.strip()[len(prefix) :].strip(), entry.by, entry.at)
    for link in incident.links:
        text = f": {link.link.text}" if link.link.text else ""
        yield Action(f"Linked {LINK_WORDS[link.link.kind]} {link.link.id}{text}", "", link.at)
