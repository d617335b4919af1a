"""The timeline: everything that is known to have happened, in order, each line with its source."""

from collections.abc import Iterator
from typing import Final

from mainstay.model.components import component_of
from mainstay.model.playbook import Approved, Asked, Cancelled, Refused, RunBegan, RunEnded, StepEnded
from mainstay.model.records import (
    AlertRecord,
    BreakerRecord,
    CapacityRecord,
    ConfigurationRecord,
    DetectionRecord,
    FeedRecord,
    LeaseRecord,
    NoticeRecord,
    OrderRecord,
    ProbeRecord,
    ProcessRecord,
    PublicationRecord,
    Record,
    RunRecord,
)
from mainstay.ops.incidents.words import instant
from mainstay.ops.report.lead import told_at
from mainstay.ops.report.report import Line
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.report.words import counted

LINES_OF_SOURCE_MAX: Final = 120
"""Of each source but the incident itself."""
TEXT_CHARACTERS_MAX: Final = 500

_TOLD_OUTCOMES: Final = frozenset({"sent", "failed", "gave-up", "escalated", "acknowledged"})
_TOLD_CAPACITIES: Final = frozenset({"admission", "suspect"})
_LATE_SECONDS: Final = 60.0


def timeline(sources: ReportSources) -> tuple[Line, ...]:
    """All lines in order. Of a source with too many the first are kept, and a line says how many more there are."""
    lines = [
        Line(entry.at, "incident", _cut(entry.words), entry.by, entry.id, entry.is_late)
        for entry in sources.incident.timeline
    ]
    by_source: dict[str, list[Line]] = {}
    for line in _Reader(sources).lines():
        by_source.setdefault(line.source, []).append(line)
    for source, found in by_source.items():
        lines += found[:LINES_OF_SOURCE_MAX]
        more = found[LINES_OF_SOURCE_MAX:]
        if more:
            lines.append(Line(more[0].at, source, f"{counted(len(more), 'further line')} left out here"))
    return tuple(sorted(lines, key=lambda line: line.at))


def is_about(sources: ReportSources, component: str) -> bool:
    """Whether a component has to do with the incident; all have where it names none."""
    found = component_of(component)
    if found is None or not (sources.upstreams or sources.models):
        return True
    if found.upstream:
        return found.upstream in sources.upstreams
    return not found.model or not sources.models or found.model in sources.models


class _Reader:
    """Reads records; knows what belongs to the incident."""

    def __init__(self, sources: ReportSources) -> None:
        self._sources = sources
        self._incident = sources.incident.id
        self._upstreams = sources.upstreams
        links = [one.link for one in sources.incident.links]
        self._orders = {link.id for link in links if link.kind == "order"}
        self._runs = {link.id for link in links if link.kind == "run"}
        runs = [one for one in sources.records if isinstance(one, RunRecord)]
        self._runs |= {
            one.run for one in runs if isinstance(one.event, RunBegan) and one.event.incident == self._incident
        }

    def lines(self) -> Iterator[Line]:
        """All lines, in order of their records."""
        last_probe: dict[str, str] = {}
        for record in sorted(self._sources.records, key=lambda one: one.at):
            # Probes are many; what counts is when their outcome changed.
            if isinstance(record, ProbeRecord):
                if last_probe.get(record.component) == record.outcome:
                    continue
                last_probe[record.component] = record.outcome
            line = self._acted(record) or self._found(record) or _house(record, self._sources)
            if line is not None:
                yield line

    def _acted(self, record: Record) -> Line | None:
        """What was done about it."""
        match record:
            case OrderRecord(order=order) if order.incident in ("", self._incident) or order.id in self._orders:
                about = f"{order.kind.value} {order.upstream}".rstrip()
                words = f"{order.id} {record.event}: {about} ({record.text or order.reason})"
                return _made(record, "order", words, record.by or order.author)
            case RunRecord(run=run) if run in self._runs and (words := _run_words(record)):
                return _made(record, "playbook", words, record.by)
            case NoticeRecord() if record.incident in ("", self._incident) and record.outcome in _TOLD_OUTCOMES:
                why = f" ({record.text})" if record.text else ""
                return _made(record, "notice", f"{record.outcome} at {record.target}: {record.title}{why}")
            case PublicationRecord():
                return _made(record, "status page", f"{record.outcome}: {record.indicator} {record.reason}")
            case _:
                return None

    def _found(self, record: Record) -> Line | None:
        """What was seen of it."""
        match record:
            case DetectionRecord(component=component) if is_about(self._sources, component):
                cause = f" Common cause: {record.cause}." if record.cause else ""
                return _made(record, "detection", f"{component} is {record.state}: {record.reason}{cause}")
            case FeedRecord(feed=feed) if not self._upstreams or feed in self._upstreams:
                return _feed(record)
            case ProbeRecord(component=component) if is_about(self._sources, component):
                why = f" ({record.fault})" if record.fault else ""
                return _made(record, "probe", f"{component}: {record.outcome}{why}")
            case _:
                return None


def _run_words(record: RunRecord) -> str:
    """What a run did; empty for what is of no interest afterwards."""
    match record.event:
        case RunBegan(playbook=playbook, cause=cause):
            words = f" began: {playbook.name} ({cause})"
        case StepEnded(step=step, outcome=outcome, words=why):
            words = f", step {step}: {outcome}{_after(why)}"
        case Asked(step=step, words=why):
            words = f", step {step} asks for approval{_after(why)}"
        case Approved(step=step, comment=why):
            words = f", step {step} was approved{_after(why)}"
        case Refused(step=step, comment=why):
            words = f", step {step} was refused{_after(why)}"
        case Cancelled(why=why):
            words = f" was stopped{_after(why)}"
        case RunEnded(outcome=ended, words=why):
            words = f" ended: {ended}{_after(why)}"
        case _:
            return ""
    return f"{record.run}{words}"


def _after(text: str) -> str:
    return f": {text}" if text else ""


def _feed(record: FeedRecord) -> Line:
    at = told_at(record)
    read = f" (we read it at {instant(record.at)})" if record.at - at > _LATE_SECONDS else ""
    about = record.subject.removeprefix("about ").removeprefix("feed")
    words = f"{record.feed}{f', {about}' if about else ''}: {record.state.replace('_', ' ')}{_after(record.text)}{read}"
    return Line(at, "provider page", _cut(words), "", record.id)


def _house(record: Record, sources: ReportSources) -> Line | None:
    """What happened to gateways and control planes themselves."""
    source = "gateway"
    match record:
        case BreakerRecord(upstream=upstream) if is_about(sources, f"upstream:{upstream}"):
            words = f"breaker of {upstream}/{record.model} is {record.state}: {record.reason}"
        case AlertRecord():
            about = f" {record.upstream}/{record.model}".rstrip("/ ")
            words = f"{record.kind}{about}: {record.message}"
        case CapacityRecord(what=what) if what in _TOLD_CAPACITIES:
            about = f" {record.upstream}/{record.model}".rstrip("/ ")
            words = f"{what}{about}: {record.state} ({record.reason})"
        case ConfigurationRecord():
            words = f"configuration {record.sha256[:12]} was accepted"
        case ProcessRecord():
            words = f"{record.role} {record.event} ({record.version})"
        case LeaseRecord():
            source, words = "control plane", f"{record.holder} {record.event}{_after(record.reason)}"
        case _:
            return None
    return _made(record, source, words)


def _made(record: Record, source: str, words: str, who: str = "") -> Line:
    return Line(record.at, source, _cut(words), who, record.id)


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= TEXT_CHARACTERS_MAX else f"{flat[: TEXT_CHARACTERS_MAX - 1]}…"
