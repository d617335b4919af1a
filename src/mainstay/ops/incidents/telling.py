"""What of an incident is worth a notice, and the notice itself."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from mainstay.model.evidence import Evidence
from mainstay.model.incident import Acknowledged, Impact, IncidentStatus, Merged, Moved, Opened, Rated
from mainstay.model.notice import Notice, Severity
from mainstay.ops.detection.values import Decision
from mainstay.ops.incidents.clocks import Due
from mainstay.ops.incidents.fold import STATUSES, is_worse
from mainstay.ops.incidents.placing import shown, title
from mainstay.ops.incidents.state import Entry, IncidentState
from mainstay.ops.incidents.words import CLOCK_WORDS, affected_words, instant

EVIDENCE_TOLD_MAX: Final = 5

_SEVERITIES: Final[Mapping[Impact, Severity]] = {
    Impact.NONE: Severity.INFO,
    Impact.MINOR: Severity.WARNING,
    Impact.MAJOR: Severity.MAJOR,
    Impact.CRITICAL: Severity.CRITICAL,
}
_TITLES: Final[Mapping[str, str]] = {
    "opened": "{id} opened ({impact}): {title}",
    "reopened": "{id} reopened ({impact}): {title}",
    "back": "{id} is back ({impact}): {title}",
    "worse": "{id} is worse ({impact}): {title}",
    "resolved": "{id} resolved: {title}",
}


_ENDS: Final = (Acknowledged, Moved, Merged)


class News(msgspec.Struct, frozen=True):
    """What people are to be told of an incident. `number` is that of the event that it is about."""

    kind: str
    number: int
    at: float


def news(state: IncidentState, after: int) -> News | None:
    """The one thing that is to be told of all that was written behind the event `after`: that it was opened, reopened,
    came back while it was monitored, became worse, or was resolved. `None`: nothing of it."""
    found = [one for one in _all_news(state) if one.number > after]
    wanted = ("resolved",) if state.status is IncidentStatus.RESOLVED else ("reopened", "opened", "back", "worse")
    if state.merged_into:
        return None
    return next((one for kind in wanted for one in reversed(found) if one.kind == kind), None)


def has_ended_escalation(state: IncidentState, after: int) -> bool:
    """Whether something behind the event `after` says that nobody need be called any more, and nothing took it back."""
    ends = any(entry.number > after and isinstance(entry.event, _ENDS) for entry in state.timeline)
    return ends and (not state.is_open or state.acknowledged_at is not None)


def notice(state: IncidentState, what: News, wall: float) -> Notice:
    """The notice of it."""
    words = _TITLES[what.kind].format(id=state.id, impact=state.impact.value, title=state.title)
    is_over = what.kind == "resolved"
    impact = state.worst_impact if is_over else state.impact
    text = "\n".join(_over(state, wall) if is_over else _going_on(state))
    is_waiting = not is_over and impact is not Impact.NONE and state.acknowledged_at is None
    return Notice(f"{state.id} {what.kind} {what.number}", _SEVERITIES[impact], words, text, wall, state.id, is_waiting)


def reminder(state: IncidentState, due: Due, wall: float) -> Notice:
    """The notice that a clock ran out."""
    what = CLOCK_WORDS[due.clock]
    words = f"{state.id} waits for {what}: {state.title}"
    command = f"mainstay incident scope {state.id} COMPONENT=STATUS"
    if due.clock != "scope":
        command = f'mainstay incident post {state.id} "..."'
    text = f"Due since {instant(due.due_at)}. Write it with `{command}`."
    severity = Severity.MAJOR if state.impact is Impact.CRITICAL else Severity.WARNING
    return Notice(f"{state.id} {due.clock} {due.due_at:.0f} {due.nagged + 1}", severity, words, text, wall, state.id)


def detection_notice(decision: Decision, wall: float) -> Notice:
    """What detection found, where it opens no incidents itself."""
    is_over = decision.state == "well"
    words = f"{shown(decision.component)} works again" if is_over else title(decision)
    lines = [one.words for one in _best(decision.evidence)]
    if not is_over:
        advice = f'mainstay incident open "..." --component {decision.component} --impact {decision.impact.value}'
        lines.append(f"Open an incident with `{advice}`.")
    key = f"detection {decision.component} {decision.state} {decision.started_at:.0f}"
    severity = Severity.INFO if is_over else _SEVERITIES[decision.impact]
    return Notice(key, severity, words, "\n".join(lines), wall)


def _all_news(state: IncidentState) -> Iterator[News]:
    """In order of their instants; what was written late is old."""
    status, impact = IncidentStatus.INVESTIGATING, state.impact
    for entry in state.timeline:
        match entry.event:
            case Opened() if entry.number == 1:
                impact = entry.event.impact
                yield _one("opened", entry)
            case Moved() if not entry.is_late:
                kind = _kind(status, entry.event.status)
                status = entry.event.status
                if kind:
                    yield _one(kind, entry)
            case Rated() if not entry.is_late:
                if is_worse(entry.event.impact, impact):
                    yield _one("worse", entry)
                impact = entry.event.impact
            case _:
                pass


def _one(kind: str, entry: Entry) -> News:
    return News(kind, entry.number, entry.at)


def _kind(before: IncidentStatus, after: IncidentStatus) -> str:
    if after is IncidentStatus.RESOLVED:
        return "resolved"
    if before is IncidentStatus.RESOLVED:
        return "reopened"
    is_back = before is IncidentStatus.MONITORING and STATUSES.index(after) < STATUSES.index(before)
    return "back" if is_back else ""


def _going_on(state: IncidentState) -> Iterator[str]:
    yield f"Status: {state.status.value}, since {instant(state.started_at)}."
    yield f"Affected: {affected_words(state.affected)}."
    evidence = [one for entry in state.timeline for one in entry.evidence if one.is_bad]
    for one in _best(evidence):
        yield f"Evidence: {one.words}"
    if state.acknowledged_at is None:
        yield f"Acknowledge it with `mainstay incident ack {state.id}`."
    yield f"All of it: `mainstay incident show {state.id}`."


def _over(state: IncidentState, wall: float) -> Iterator[str]:
    minutes = max(1, round(state.seconds(wall) / 60))
    yield f"It lasted {minutes} min; its worst impact was {state.worst_impact.value}."
    if state.updates and state.updates[-1].text:
        yield state.updates[-1].text
    yield f"All of it: `mainstay incident show {state.id}`."


def _best(evidence: tuple[Evidence, ...] | list[Evidence]) -> list[Evidence]:
    """The newest and most telling ones."""
    return sorted(evidence, key=lambda one: (not one.is_conclusive, -one.at))[:EVIDENCE_TOLD_MAX]
