"""What may have contributed: hypotheses, each with its grade and its grounds. Nothing here claims to know a cause."""

from collections.abc import Iterator
from typing import Final

import msgspec

from mainstay.model.components import component_of
from mainstay.model.evidence import Evidence
from mainstay.model.records import (
    AlertRecord,
    ConfigurationRecord,
    DetectionRecord,
    OrderRecord,
    ProcessRecord,
)
from mainstay.ops.report.impact import added, before, during
from mainstay.ops.report.report import Factor, Grade
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.report.words import counted, length, share
from mainstay.ops.status.traffic import TalliedSpan

NEAR_SECONDS: Final = 1_800.0
"""What we changed so shortly before may have to do with it."""
GROUNDS_MAX: Final = 6
ALERTS_MAX: Final = 5
_ATTEMPTS_MIN: Final = 10
_TIMES_WORSE: Final = 3.0
_NOTABLE_SHARE: Final = 0.05
_CLASS_WORDS: Final = {"own": "our own requests", "page": "the provider's page", "people": "reports of people"}


class _Attempts(msgspec.Struct):
    attempts: int = 0
    blamed: int = 0
    faults: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def share(self) -> float:
        return self.blamed / self.attempts if self.attempts else 0.0


def factors(sources: ReportSources) -> tuple[Factor, ...]:
    """The best founded first."""
    found = [*_providers(sources), *_common_causes(sources), *_overload(sources), *_alerts(sources), *_changes(sources)]
    order = tuple(Grade)
    return tuple(sorted(found, key=lambda factor: order.index(factor.grade)))


def evidence_of(sources: ReportSources, upstream: str) -> list[Evidence]:
    """All bad evidence about a provider, of decisions and of the incident."""
    found = [one for entry in sources.incident.timeline for one in entry.evidence]
    found += [one for record in sources.records if isinstance(record, DetectionRecord) for one in record.evidence]
    return [
        one
        for one in dict.fromkeys(found)
        if one.is_bad and (component := component_of(one.component)) is not None and component.upstream == upstream
    ]


def _providers(sources: ReportSources) -> Iterator[Factor]:
    now, usual = _attempts(during(sources)), _attempts(before(sources))
    hurt = {
        name
        for name, one in now.items()
        if one.attempts >= _ATTEMPTS_MIN
        and one.share >= max(_NOTABLE_SHARE, _TIMES_WORSE * usual.get(name, _Attempts()).share)
    }
    for name in sorted(sources.upstreams | hurt):
        evidence = evidence_of(sources, name)
        classes = {one.kind for one in evidence} | ({"own"} if name in hurt else set())
        if not classes:
            continue
        is_strong = len(classes) > 1 or any(one.is_conclusive for one in evidence)
        is_moderate = "own" in classes or "people" in classes
        grade = Grade.STRONG if is_strong else Grade.MODERATE if is_moderate else Grade.WEAK
        grounds = [f"Told by {' and '.join(_CLASS_WORDS[kind] for kind in sorted(classes))}."]
        if name in now and now[name].attempts:
            grounds.append(_attempt_words(now[name], usual.get(name)))
        grounds += dict.fromkeys(f"{one.component}: {one.words.rstrip('.')}." for one in evidence)
        yield Factor(f"The provider {name} did not serve as it should.", grade, tuple(grounds[:GROUNDS_MAX]))


def _attempt_words(now: _Attempts, usual: _Attempts | None) -> str:
    kinds = sorted(now.faults.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    named = ", ".join(f"{kind} {number:,}" for kind, number in kinds)
    was = "" if usual is None or not usual.attempts else f"; before: {share(usual.blamed, usual.attempts)}"
    return (
        f"{now.blamed:,} of {counted(now.attempts, 'attempt')} failed by its doing "
        f"({share(now.blamed, now.attempts)}{was}){f': {named}' if named else ''}."
    )


def _attempts(spans: tuple[TalliedSpan, ...]) -> dict[str, _Attempts]:
    found: dict[str, _Attempts] = {}
    for span in spans:
        for key, tally in span.tallies.attempts.items():
            one = found.setdefault(key.partition("/")[0], _Attempts())
            one.attempts += max(tally.attempts - tally.no_sample, 0)
            one.blamed += tally.blamed
            for kind, number in tally.faults.items():
                one.faults[kind] = one.faults.get(kind, 0) + number
    return found


def _common_causes(sources: ReportSources) -> Iterator[Factor]:
    by_cause: dict[str, set[str]] = {}
    for record in sources.records:
        if isinstance(record, DetectionRecord) and record.cause:
            by_cause.setdefault(record.cause, set()).add(record.component)
    for cause, components in sorted(by_cause.items()):
        grade = Grade.MODERATE if len(components) > 1 else Grade.WEAK
        grounds = (f"Declared as shared by components that were ill together: {', '.join(sorted(components))}.",)
        yield Factor(f"A shared dependency failed: {cause}.", grade, grounds)


def _overload(sources: ReportSources) -> Iterator[Factor]:
    total = added(during(sources), sources.models)
    if total.asked and total.shed / total.asked >= _NOTABLE_SHARE / 5:
        grounds = (f"{total.shed:,} of {counted(total.asked, 'request')} were turned away for want of capacity.",)
        yield Factor("More was asked than could be served.", Grade.MODERATE, grounds)


def _alerts(sources: ReportSources) -> Iterator[Factor]:
    kinds: dict[tuple[str, str], list[AlertRecord]] = {}
    for record in sources.records:
        if isinstance(record, AlertRecord) and record.upstream and _is_near(record.at, sources):
            kinds.setdefault((record.kind, record.upstream), []).append(record)
    for (kind, upstream), found in sorted(kinds.items())[:ALERTS_MAX]:
        grounds = (f"{counted(len(found), 'alert')} of a gateway, the first: {found[0].message}",)
        yield Factor(f"{kind} at {upstream}.", Grade.MODERATE, grounds)


def _changes(sources: ReportSources) -> Iterator[Factor]:
    """What we did ourselves shortly before."""
    for record in sources.records:
        earlier = sources.started_at - record.at
        if not 0 <= earlier <= NEAR_SECONDS:
            continue
        when = f"{length(earlier)} before it began; the same time is all that speaks for it."
        match record:
            case ConfigurationRecord():
                yield Factor("Our configuration was changed.", Grade.WEAK, (f"{record.sha256[:12]}, {when}",))
            case OrderRecord(event="given", order=order):
                words = f"An order of ours was given: {order.kind.value} {order.upstream}".rstrip()
                yield Factor(f"{words}.", Grade.WEAK, (f"{order.id}, {when}",))
            case ProcessRecord(event="started", role="gateway"):
                yield Factor("A gateway was started.", Grade.WEAK, (f"Version {record.version}, {when}",))
            case _:
                pass


def _is_near(at: float, sources: ReportSources) -> bool:
    return sources.started_at - NEAR_SECONDS <= at <= sources.ended_at
