"""Incidents as lines for a terminal."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from mainstay.cli.audit_lines import shown
from mainstay.model.incident import Impact, IncidentStatus
from mainstay.ops.incidents.placing import shown as component_shown
from mainstay.ops.incidents.state import Entry, IncidentState
from mainstay.ops.incidents.words import STATUS_WORDS, instant

STATUS_STYLES: Final = {
    IncidentStatus.INVESTIGATING: "bold red",
    IncidentStatus.IDENTIFIED: "red",
    IncidentStatus.MONITORING: "yellow",
    IncidentStatus.RESOLVED: "green",
}
IMPACT_STYLES: Final = {
    Impact.CRITICAL: "bold red",
    Impact.MAJOR: "red",
    Impact.MINOR: "yellow",
    Impact.NONE: "dim",
}
INDENT: Final = " " * 11


def list_lines(states: Sequence[IncidentState], wall: float) -> Iterator[Text]:
    """One line for each incident."""
    width = max((len(one.id) for one in states), default=0)
    for one in states:
        where = f"part of {one.merged_into}" if one.merged_into else one.status.value
        style = "dim" if one.merged_into else STATUS_STYLES[one.status]
        yield Text.assemble(
            (one.id.ljust(width), "bold"),
            "  ",
            (where.ljust(13), style),
            "  ",
            (one.impact.value.ljust(8), IMPACT_STYLES[one.impact]),
            f"  {_moment(one.opened_at)}  {duration(one.seconds(wall)):>10}  ",
            shown(one.title),
            (" (private)" if one.is_private else ""),
        )


def incident_lines(state: IncidentState, wall: float) -> Iterator[Text]:
    """All of an incident: what it is now, then its timeline."""
    yield Text.assemble((f"{state.id}  ", "bold"), (shown(state.title), "bold"))
    where = f"part of {state.merged_into}" if state.merged_into else state.status.value
    yield Text.assemble(
        (where, STATUS_STYLES[state.status]), ", impact ", (state.impact.value, IMPACT_STYLES[state.impact])
    )
    for name, value in _facts(state, wall):
        yield Text(f"{name + ':':<13} {shown(value)}")
    yield Text("")
    day = ""
    for entry in state.timeline:
        if (today := _day(entry.at)) != day:
            day = today
            yield Text(f"{day} (UTC)", style="bold")
        yield from _entry_lines(entry)


def duration(seconds: float) -> str:
    """A length of time for people."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{int(seconds)} s"
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _facts(state: IncidentState, wall: float) -> Iterator[tuple[str, str]]:
    for one in state.affected:
        yield component_shown(one.component), f"{STATUS_WORDS[one.status]} ({one.component})"
    end = "" if state.resolved_at is None else f", until {_moment(state.resolved_at)}"
    yield "began", f"{_moment(state.started_at)}{end} ({duration(state.seconds(wall))})"
    yield "opened", f"{_moment(state.opened_at)} by {state.source}"
    if state.acknowledged_at is not None:
        yield "acknowledged", f"{_moment(state.acknowledged_at)} by {state.acknowledged_by}"
    for role in state.roles:
        yield role.role, role.person
    if state.regressions:
        yield "went back", f"{_times(state.regressions)}, reopened {_times(state.reopenings)}"
    for link in state.links:
        yield link.link.kind, f"{link.link.id} {link.link.text}".rstrip()
    if state.took:
        yield "goes on for", ", ".join(state.took)
    if state.is_private:
        yield "private", "kept from the status page"


def _entry_lines(entry: Entry) -> Iterator[Text]:
    first, *rest = entry.words.split("\n")
    mark = "*" if entry.is_public else " "
    late = " (written down late)" if entry.is_late else ""
    yield Text.assemble(f"{_time(entry.at)} {mark} ", (shown(entry.by), "cyan"), f"  {shown(first)}", (late, "dim"))
    for line in rest:
        yield Text(f"{INDENT}{shown(line)}")
    for evidence in entry.evidence:
        if evidence.words not in entry.words:
            yield Text(f"{INDENT}{evidence.kind} evidence: {shown(evidence.words)}", style="dim")


def _moment(at: float) -> str:
    return f"{_day(at)} {_time(at)}Z"


def _day(at: float) -> str:
    return instant(at)[:10]


def _time(at: float) -> str:
    return instant(at)[11:19]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
