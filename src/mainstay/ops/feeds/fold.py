"""What changes from one reading of a page to the next, and what is remembered of it."""

from collections.abc import Container, Iterable, Iterator
from typing import Final

import msgspec

from mainstay.model.evidence import Evidence
from mainstay.model.incident import ComponentStatus, IncidentStatus
from mainstay.ops.feeds.claims import About, Claim, claims_of
from mainstay.ops.feeds.history import Statement, pruned
from mainstay.ops.feeds.page import RANKS, FeedKind, Page, PageIncident, PageUpdate, bounded

CHANGES_MAX: Final = 200
"""More from one reading are not written down one by one: a page that says so much says nothing."""
INCIDENTS_KEPT_MAX: Final = 1_000
RESOLVED_KEPT_SECONDS: Final = 604_800.0
GONE: Final = "gone"
"""Stands for the update that a page never made about an incident which it lists no more."""
STAGES: Final = tuple(IncidentStatus)
"""As an incident goes while it goes forward."""


class KnownIncident(msgspec.Struct, frozen=True):
    """An incident of the page as we know it. `regressions` counts how often it went back to an earlier stage."""

    id: str
    title: str
    status: IncidentStatus
    heard_at: float
    said_at: float
    regressions: int = 0
    url: str = ""


class Memory(msgspec.Struct):
    """All that is remembered of one page; kept on disk too. Components are the page's, by its own names."""

    read_at: float | None = None
    kind: FeedKind | None = None
    name: str = ""
    published: dict[str, ComponentStatus] = {}
    effective: dict[str, ComponentStatus] = {}
    incidents: dict[str, KnownIncident] = {}
    statements: list[Statement] = []
    claims: dict[str, dict[str, Claim]] = {}
    """By upstream and by our own component, what is claimed now."""


class Change(msgspec.Struct, frozen=True):
    """Something that the page says now and did not say before; see `model.records.FeedRecord`. `upstream` is empty
    for what concerns every upstream with this page."""

    subject: str
    state: str
    said_at: float | None = None
    text: str = ""
    url: str = ""
    upstream: str = ""


class Heard(msgspec.Struct, frozen=True):
    """What came of a reading. Evidence is given again as long as the page says so."""

    changes: tuple[Change, ...]
    evidence: tuple[Evidence, ...]


def take(memory: Memory, page: Page, abouts: Iterable[About], source: str, wall: float) -> Heard:
    """Take note of a reading. `source` is the page's address."""
    before = memory.read_at
    page = bounded(page)
    changes = [*_components(memory, page), *_incidents(memory, page, wall)]
    evidence: list[Evidence] = []
    for about in abouts:
        now = claims_of(page, about, wall)
        old = memory.claims.get(about.upstream, {})
        changes += _claims(about, old, now, before, wall)
        evidence += [*_bad_news(now, source, wall), *_good_news(old, now, source, wall)]
        memory.claims[about.upstream] = now
    memory.read_at, memory.kind, memory.name = wall, page.kind, page.name
    memory.statements = pruned(memory.statements, memory.incidents, wall)
    more = len(changes) - CHANGES_MAX
    if more > 0:
        changes = [*changes[:CHANGES_MAX], Change("feed", "floods", wall, f"{more} more changes in one reading")]
    return Heard(tuple(changes), tuple(evidence))


def repeated(memory: Memory, source: str, wall: float) -> tuple[Evidence, ...]:
    """Take note that the page says what it said before."""
    memory.read_at = wall
    return tuple(one for now in memory.claims.values() for one in _bad_news(now, source, wall))


def _components(memory: Memory, page: Page) -> Iterator[Change]:
    published, effective = page.published(), page.effective()
    for name, status in effective.items():
        shown = published.get(name, status)
        was = (memory.effective.get(name, ComponentStatus.OPERATIONAL), memory.published.get(name, shown))
        if (status, shown) != was:
            text = "" if shown is status else f"the page shows {shown.value}"
            yield Change(f"component {name}", status.value, None, text)
    for name, status in memory.effective.items():
        if name not in effective and RANKS[status]:
            yield Change(f"component {name}", ComponentStatus.OPERATIONAL.value, None, "no longer listed")
    memory.published, memory.effective = published, effective


def _incidents(memory: Memory, page: Page, wall: float) -> Iterator[Change]:
    is_first = memory.read_at is None
    listed = {one.id: one for one in page.incidents}
    for incident in listed.values():
        # What was over before we ever looked is history, no news; it is remembered for its statements.
        is_old = is_first and not incident.is_open
        changes = _one_incident(memory, incident, wall, tells_history=page.tells_history)
        yield from (change for change in changes if not is_old)
    for known in tuple(memory.incidents.values()):
        if known.id in listed:
            continue
        if known.status is not IncidentStatus.RESOLVED:
            _state(memory, known.id, PageUpdate(GONE, wall, IncidentStatus.RESOLVED), wall)
            gone = msgspec.structs.replace(known, status=IncidentStatus.RESOLVED, said_at=wall)
            memory.incidents[known.id] = gone
            yield Change(f"incident {known.id}", "resolved", None, f"{known.title}: no longer listed", known.url)
    _forget(memory, listed, wall)


def _forget(memory: Memory, listed: Container[str], wall: float) -> None:
    """Forget incidents that are long over, or more of them than are kept."""
    over = [one for one in memory.incidents.values() if one.id not in listed]
    over.sort(key=lambda one: one.said_at)
    surplus = max(len(memory.incidents) - INCIDENTS_KEPT_MAX, 0)
    for number, one in enumerate(over):
        if number < surplus or wall - one.said_at > RESOLVED_KEPT_SECONDS:
            del memory.incidents[one.id]


def _one_incident(memory: Memory, incident: PageIncident, wall: float, *, tells_history: bool) -> Iterator[Change]:
    subject, known = f"incident {incident.id}", memory.incidents.get(incident.id)
    said = [one for one in memory.statements if one.incident == incident.id and one.withdrawn_at is None]
    for old in _taken_back(said, incident.updates) if tells_history else ():
        _withdraw(memory, old, wall)
        yield Change(subject, "withdrawn", old.said_at, f"took back: {old.text or old.status.value}", incident.url)
    stage, steps_back = (None if known is None else known.status), 0
    known_updates = {one.update_said for one in said}
    for update in incident.updates:
        if update in known_updates:
            continue
        _state(memory, incident.id, update, wall)
        if stage is not None and STAGES.index(update.status) < STAGES.index(stage):
            steps_back += 1
        stage = update.status
        yield Change(subject, update.status.value, update.told_at, _words(incident, update), incident.url)
    if not incident.updates and (known is None or known.status is not incident.status):
        yield Change(subject, incident.status.value, incident.started_at, incident.title, incident.url)
    last = incident.updates[-1].told_at if incident.updates else incident.started_at
    memory.incidents[incident.id] = KnownIncident(
        incident.id,
        incident.title,
        incident.status,
        wall if known is None else known.heard_at,
        wall if last is None else min(last, wall),
        (0 if known is None else known.regressions) + steps_back,
        incident.url,
    )


def _taken_back(said: Iterable[Statement], updates: Iterable[PageUpdate]) -> list[Statement]:
    """Statements that the page made and does not make any more."""
    now = set(updates)
    return [one for one in said if one.update != GONE and one.update_said not in now]


def _words(incident: PageIncident, update: PageUpdate) -> str:
    return f"{incident.title}: {update.text}" if update.text else incident.title


def _state(memory: Memory, incident: str, update: PageUpdate, wall: float) -> None:
    statement = Statement(incident, update.id, update.status, update.told_at, wall, update.text, update.touched)
    memory.statements.append(statement)


def _withdraw(memory: Memory, old: Statement, wall: float) -> None:
    place = memory.statements.index(old)
    memory.statements[place] = msgspec.structs.replace(old, withdrawn_at=wall)


def _claims(
    about: About, old: dict[str, Claim], now: dict[str, Claim], read_at: float | None, wall: float
) -> Iterator[Change]:
    """What the page says of our own components. It cannot have said so before we last looked, whatever it claims."""
    for name, claim in now.items():
        was = old.get(name)
        if was is None or was.status is not claim.status:
            said = claim.said_at if read_at is None else max(claim.said_at, read_at)
            yield Change(f"about {name}", claim.status.value, min(said, wall), claim.words, claim.url, about.upstream)
    for name, claim in old.items():
        if name not in now:
            yield Change(
                f"about {name}", ComponentStatus.OPERATIONAL.value, wall, claim.words, claim.url, about.upstream
            )


def _bad_news(now: dict[str, Claim], source: str, wall: float) -> Iterator[Evidence]:
    for name, claim in now.items():
        words = f"the provider's status page says {claim.status.value.replace('_', ' ')}: {claim.words}"
        yield Evidence(
            "page",
            name,
            wall,
            is_bad=True,
            words=words,
            measure="status",
            value=float(RANKS[claim.status]),
            usual=0.0,
            source=source,
        )


def _good_news(old: dict[str, Claim], now: dict[str, Claim], source: str, wall: float) -> Iterator[Evidence]:
    for name in sorted(old.keys() - now.keys()):
        words = "the provider's status page says that it is well again"
        yield Evidence(
            "page", name, wall, is_bad=False, words=words, measure="status", value=0.0, usual=0.0, source=source
        )
