"""What a status page says, ready to be shown. Every text is plain; a page still has to escape it."""

import msgspec

from mainstay.control.feeds.feed import Feed
from mainstay.model.incident import ComponentStatus, IncidentStatus
from mainstay.ops.feeds.claims import Claim
from mainstay.ops.feeds.fold import KnownIncident
from mainstay.ops.feeds.page import worst


class ComponentSaid(msgspec.Struct, frozen=True):
    """A component by the page's own name: the state that it publishes, and the worst that any open incident says."""

    name: str
    published: ComponentStatus
    effective: ComponentStatus


class FeedStanding(msgspec.Struct, frozen=True):
    """What the page of one upstream says.

    `state` is `ok` or says why the page is not read now (`down`, `slow`, `too-large`, `unreadable`, `refused`,
    `throttled`, `missing`), `trouble` in words; then the rest is what was read at `read_at`. `claims` are about our
    own components; none: nothing bad is said of them.
    """

    upstream: str
    url: str
    state: str
    trouble: str
    read_at: float | None
    kind: str
    name: str
    indicator: ComponentStatus
    """The worst claim."""
    components: tuple[ComponentSaid, ...]
    incidents: tuple[KnownIncident, ...]
    """Open ones."""
    claims: tuple[Claim, ...]


def standings_of(feed: Feed) -> tuple[FeedStanding, ...]:
    """One for each upstream with this page."""
    memory = feed.kept.memory
    components = tuple(
        ComponentSaid(name, memory.published.get(name, status), status) for name, status in memory.effective.items()
    )
    living = (one for one in memory.incidents.values() if one.status is not IncidentStatus.RESOLVED)
    incidents = tuple(sorted(living, key=lambda one: -one.said_at))
    kind = memory.kind.value if memory.kind else ""
    found = []
    for about in feed.source.abouts:
        claims = tuple(memory.claims.get(about.upstream, {}).values())
        indicator = worst(one.status for one in claims)
        said = (memory.read_at, kind, memory.name, indicator, components, incidents, claims)
        found.append(FeedStanding(about.upstream, feed.source.url, feed.state, feed.trouble, *said))
    return tuple(found)
