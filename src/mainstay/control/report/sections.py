"""The report's parts in their order, as titles, sentences and tables: one for all formats, so that all say the same."""

from collections.abc import Iterator

import msgspec

from mainstay.ops.incidents.words import instant
from mainstay.ops.report.report import IncidentReport
from mainstay.ops.report.words import counted, dollars, length, moment, share


class Table(msgspec.Struct, frozen=True):
    """Rows beneath a head; all are as wide as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()
    """How wide the columns are beside each other, for formats that must know."""


class Section(msgspec.Struct, frozen=True):
    """A part of the report. `plot` names one that belongs here."""

    title: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    table: Table | None = None
    plot: str = ""


def sections(report: IncidentReport) -> tuple[Section, ...]:
    """All parts. One without anything to say says so."""
    return (
        Section("", tuple(_head(report)), plot="failures"),
        Section("Summary", items=report.summary),
        _course(report),
        _detection(report),
        _impact(report),
        _absorbed(report),
        _factors(report),
        Section("What is not known", items=report.unknowns or ("Nothing that this report would need.",)),
        _told(report),
        _actions(report),
        _timeline(report),
    )


def _head(report: IncidentReport) -> Iterator[str]:
    when = f"From {instant(report.started_at)}"
    until = "it is not over yet" if report.is_open else f"to {instant(report.ended_at)}"
    yield f"{when} {until}. Impact at worst: {report.impact.value}. Status: {report.status.value}."
    if report.components:
        yield f"Affected, at worst: {', '.join(f'{name} ({state})' for name, state in report.components)}."
    if report.roles:
        yield f"People: {', '.join(f'{person} ({role})' for role, person in report.roles)}."
    yield f"Made from records on {instant(report.made_at)}. All times are UTC. For internal use."


def _course(report: IncidentReport) -> Section:
    rows = tuple((one.name, moment(one.at), one.after) for one in report.milestones)
    went = []
    if report.regressions:
        went.append(f"Its status went backwards {counted(report.regressions, 'time')}.")
    if report.reopenings:
        went.append(f"It was opened again {counted(report.reopenings, 'time')} after it had been resolved.")
    return Section(
        "Course", tuple(went), table=Table(("What", "When", "After the beginning"), rows, (3, 3, 3)), plot="states"
    )


def _detection(report: IncidentReport) -> Section:
    items = []
    for lead in report.leads:
        items.append(f"{lead.upstream}: {lead.words}")
        items += [f"{lead.upstream}, {one}" for one in lead.disagreements]
    return Section("Who knew first", items=tuple(items) or ("No provider is known to be concerned.",))


def _impact(report: IncidentReport) -> Section:
    felt = report.figures
    usual = "not known" if felt.usual_failed_share is None else f"{100 * felt.usual_failed_share:.2f} %"
    at_least = "at least " if felt.are_more_tenants else ""
    rows = [
        ("Time from beginning to end", length(felt.seconds)),
        ("Time down, weighed by the share of failed requests", length(felt.down_seconds)),
        ("Requests", f"{felt.asked:,}"),
        ("Failed requests", f"{felt.failed:,} ({share(felt.failed, felt.asked)}; in the time before: {usual})"),
        ("Of these turned away by ourselves", f"{felt.shed:,}"),
        ("Callers who left before their answer", f"{felt.left:,}"),
        ("Refused for callers' own mistakes", f"{felt.refused:,}"),
        ("Tenants who met a failure", f"{at_least}{felt.tenants_hurt:,} of {felt.tenants:,}"),
        ("Reports of people", f"{felt.reports:,}"),
        ("Cost of the answers", _money(felt.cost_nanodollars)),
        ("Of that more than in the time before", _money(felt.extra_nanodollars)),
        ("Cost of probes", dollars(felt.probes_nanodollars)),
    ]
    fine = f"Added up by spans of {length(felt.span_seconds)}." if felt.span_seconds else "No traffic was added up."
    return Section("Impact", (fine,), table=Table(("What", "How much"), tuple(rows), (5, 4)))


def _money(nanodollars: float | None) -> str:
    return "not known" if nanodollars is None else dollars(nanodollars)


def _absorbed(report: IncidentReport) -> Section:
    kept = report.absorbed
    rows = (
        ("Answered in spite of a fault, or by another than the first choice", f"{kept.rescued:,}"),
        ("Streams continued after they broke", f"{kept.recovered:,}"),
        ("Answered from the cache", f"{kept.cached:,}"),
        ("Share of requests that met a fault and were answered", _percent(kept.share)),
    )
    return Section("What the gateway absorbed", table=Table(("What", "How much"), rows, (5, 4)))


def _percent(part: float | None) -> str:
    return "not known" if part is None else f"{100 * part:.1f} %"


def _factors(report: IncidentReport) -> Section:
    rows = tuple((one.words, one.grade.value, " ".join(one.grounds)) for one in report.factors)
    explained = (
        "Hypotheses, not causes. Strong: two independent classes of evidence agree, or our own is conclusive. "
        "Moderate: one class, with numbers. Weak: it happened at about the same time."
    )
    if not rows:
        return Section("What may have contributed", ("Nothing was found.",))
    table = Table(("Hypothesis", "Evidence", "Grounds"), rows, (3, 1.2, 5))
    return Section("What may have contributed", (explained,), table=table)


def _told(report: IncidentReport) -> Section:
    words = {True: "kept", False: "missed", None: "running"}
    rows = tuple((one.name, words[one.is_kept], one.words) for one in report.told.promises)
    first = report.told.first_notice_seconds
    notices = "No notice was sent." if first is None else f"The first notice was sent {length(first)} after opening."
    channels = tuple(f"{target}: {outcome} {number:,}" for target, outcome, number in report.told.channels)
    table = Table(("Promise", "", "How"), rows, (3, 1.2, 5)) if rows else None
    return Section("What people were told", (notices,), channels, table)


def _actions(report: IncidentReport) -> Section:
    if not report.actions:
        return Section("Actions", ('None. A note that begins with "action:" becomes one.',))
    rows = tuple((one.words, one.who, moment(one.at)) for one in report.actions)
    return Section("Actions", table=Table(("What", "Who", "When"), rows, (6, 2, 3)))


def _timeline(report: IncidentReport) -> Section:
    rows = tuple(
        (instant(one.at), one.source, f"{one.words}{' (written down later)' if one.is_late else ''}", one.who)
        for one in report.timeline
    )
    return Section("Timeline", table=Table(("When", "Source", "What", "Who"), rows, (2.6, 1.7, 6, 1.5)))
