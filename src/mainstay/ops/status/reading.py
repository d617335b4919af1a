"""From sources to the status page as a value."""

from typing import Final

from mainstay.model.components import GATEWAY, Component
from mainstay.model.incident import Affected, ComponentStatus, Impact
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.status.course import concerns, joined, status_now, stretches
from mainstay.ops.status.history import DEFINITION, History
from mainstay.ops.status.names import NAME_CHARACTERS_MAX, component_name, public_id, safe_url, shown
from mainstay.ops.status.providers import said_view
from mainstay.ops.status.public_incidents import public_incidents
from mainstay.ops.status.sources import Said, StatusSources
from mainstay.ops.status.traffic import DAY_SECONDS, worse
from mainstay.ops.status.view import ComponentView, IncidentView, PastDay, ProviderView, StatusView

COMPONENTS_MAX: Final = 500
PAST_DAYS: Final = 14

_INDICATORS: Final = {
    ComponentStatus.OPERATIONAL: Impact.NONE,
    ComponentStatus.DEGRADED: Impact.MINOR,
    ComponentStatus.PARTIAL_OUTAGE: Impact.MAJOR,
    ComponentStatus.MAJOR_OUTAGE: Impact.CRITICAL,
    ComponentStatus.MAINTENANCE: Impact.NONE,
}
_HEADLINES: Final = {
    Impact.NONE: "All systems operational",
    Impact.MINOR: "Minor trouble",
    Impact.MAJOR: "Partial outage",
    Impact.CRITICAL: "Major outage",
}
_UNKNOWN_HEADLINE: Final = "No trouble known"
_PUBLIC_STATES: Final = frozenset({"ill", "recovering"})
"""What detection only suspects is not told to strangers."""


def status_view(sources: StatusSources) -> StatusView:
    """The page. What must not be known to strangers is not in it."""
    settings = sources.settings
    models = [name for name in settings.components or sources.models if name in sources.models][:COMPONENTS_MAX]
    upstreams = sources.upstreams[:COMPONENTS_MAX] if settings.providers else ()
    ours = [GATEWAY, *(Component(model=name) for name in models)]
    public = tuple(incident for incident in sources.incidents if not incident.is_private)

    def is_shown(component: Component) -> bool:
        return component in ours or (component.is_provider and component.upstream in upstreams)

    incidents = public_incidents(public, is_shown)
    components = tuple(_component(one, sources, public) for one in ours)
    said = {one.upstream: one for one in sources.said}
    providers = tuple(_provider(name, sources, public, said.get(name)) for name in upstreams)
    indicator = _indicator(components, incidents)
    is_known = any(component.days[-1].status is not None for component in components)
    changed = [one.since for one in (*components, *(provider.seen for provider in providers))]
    changed += [incident.updated_at for incident in incidents]
    return StatusView(
        name=shown(settings.name, NAME_CHARACTERS_MAX),
        url=safe_url(settings.url),
        support=shown(settings.support),
        generated_at=sources.at,
        changed_at=max(changed, default=0.0),
        indicator=indicator,
        headline=_HEADLINES[indicator] if is_known or indicator != Impact.NONE else _UNKNOWN_HEADLINE,
        components=components,
        providers=providers,
        incidents=incidents,
        past_days=_past_days(incidents, sources.at),
        definition=DEFINITION,
    )


def _component(component: Component, sources: StatusSources, incidents: tuple[IncidentState, ...]) -> ComponentView:
    parts = [part for incident in incidents for part in stretches(incident, component, sources.at)]
    history = History(sources.traffic.get(component.name, ()), tuple(joined(parts)), sources.at)
    status, since = _now(component, sources, incidents)
    if status == ComponentStatus.OPERATIONAL:
        since = max((part.end for part in parts), default=0.0)
    return ComponentView(
        id=public_id(component.name),
        name=component_name(component),
        status=status,
        since=since,
        description=_description(component),
        days=history.days,
        uptime_percent=history.uptime_percent,
        days_known=history.days_known,
        first_day=history.first_day,
    )


def _now(
    component: Component, sources: StatusSources, incidents: tuple[IncidentState, ...]
) -> tuple[ComponentStatus, float]:
    """The worst that open incidents and detection say, and since when it is so."""
    found: list[tuple[ComponentStatus, float]] = []
    for standing in sources.standings:
        status = concerns(Affected(standing.component, standing.status), component)
        if status is not None and standing.state in _PUBLIC_STATES:
            found.append((status, standing.since))
    for incident in incidents:
        part = status_now(incident, component, sources.at)
        if part is not None:
            found.append((part.status, part.start))
    worst = ComponentStatus.OPERATIONAL
    for status, _ in found:
        worst = worse(worst, status)
    return worst, min((since for status, since in found if status == worst), default=0.0)


def _provider(
    name: str, sources: StatusSources, incidents: tuple[IncidentState, ...], said: Said | None
) -> ProviderView:
    seen = _component(Component(name), sources, incidents)
    return ProviderView(seen, None if said is None else said_view(said, seen.status, sources.at))


def _description(component: Component) -> str:
    if component.is_provider:
        return "As our own requests to it find it"
    return "As callers see it, whoever serves it" if component.model else "Takes requests in and passes them on"


def _indicator(components: tuple[ComponentView, ...], incidents: tuple[IncidentView, ...]) -> Impact:
    order = tuple(Impact)
    found = [_INDICATORS[component.status] for component in components]
    found += [incident.impact for incident in incidents if incident.is_open]
    return max(found, key=order.index, default=Impact.NONE)


def _past_days(incidents: tuple[IncidentView, ...], now: float) -> tuple[PastDay, ...]:
    today = int(now // DAY_SECONDS) * DAY_SECONDS
    days = [today - number * DAY_SECONDS for number in range(PAST_DAYS)]
    return tuple(
        PastDay(day, tuple(one for one in incidents if day <= one.started_at < day + DAY_SECONDS)) for day in days
    )
