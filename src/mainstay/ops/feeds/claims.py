"""What a page claims of the components that matter to us, in our own names for them."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from mainstay.model.components import Component
from mainstay.model.incident import ComponentStatus
from mainstay.ops.feeds.naming import Named, named_in, troubled_in
from mainstay.ops.feeds.page import OF_IMPACT, RANKS, FeedKind, Page, PageIncident, worst

WORDS_CHARACTERS_MAX: Final = 300
_CLOUD_INFERENCE: Final = re.compile(r"\b(vertex|gemini|generative|bedrock|agent platform)\b")


class About(msgspec.Struct, frozen=True):
    """Whose page it is: an upstream and its own names of the models that we use of it."""

    upstream: str
    models: tuple[str, ...] = ()


class Claim(msgspec.Struct, frozen=True):
    """What the page says of one of our components. `words` are the page's; `said_at` is when it last said so."""

    component: str
    status: ComponentStatus
    words: str
    said_at: float
    url: str = ""
    incident: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether it speaks of trouble."""
        return RANKS[self.status] > 0


class _Reading(msgspec.Struct, frozen=True):
    """An incident as it bears on us."""

    incident: PageIncident
    named: Named
    title: Named
    says: dict[str, ComponentStatus]

    @property
    def narrows(self) -> bool:
        """Whether it is about models or the administration alone, and not about inference as such."""
        return bool(self.named.models) or (self.title.admin_api and not self.title.inference)


def claims_of(page: Page, about: About, wall: float) -> dict[str, Claim]:
    """The worst claim on each of our components; components of which nothing bad is said are left out."""
    roles = {one: _role(one, page, about) for one in _names(page)}
    readings = [_reading(one, about, page) for one in page.open_incidents]
    found: dict[str, Claim] = {}
    for reading in readings:
        for claim in _of_incident(reading, roles, about, page, wall):
            _keep(found, claim)
    for claim in _of_components(page, readings, roles, about, wall):
        _keep(found, claim)
    return {name: claim for name, claim in found.items() if claim.is_bad}


def _role(name: str, page: Page, about: About) -> Named:
    role = named_in(name, about.models)
    if page.kind is FeedKind.GOOGLE:
        # A cloud has hundreds of products with an API.
        role = msgspec.structs.replace(role, inference=_CLOUD_INFERENCE.search(name.lower()) is not None)
    return role


def _keep(found: dict[str, Claim], claim: Claim) -> None:
    known = found.get(claim.component)
    if known is None or RANKS[claim.status] > RANKS[known.status]:
        found[claim.component] = claim


def _names(page: Page) -> list[str]:
    names = dict.fromkeys(one.name for one in page.components)
    for incident in page.open_incidents:
        names.update(dict.fromkeys(incident.says()))
    return list(names)


def _reading(incident: PageIncident, about: About, page: Page) -> _Reading:
    title = named_in(incident.title, about.models)
    named = title
    for update in incident.updates:
        named = named | troubled_in(update.text, about.models)
    says = incident.says() or dict.fromkeys(_listed_in(incident.title, page), OF_IMPACT[incident.impact])
    return _Reading(incident, named, title, says)


def _listed_in(title: str, page: Page) -> list[str]:
    """Components of the page that a title names: an update tells only those whose state it changes."""
    low = title.lower()
    return [one.name for one in page.components if re.search(rf"(?<!\w){re.escape(one.name.lower())}(?!\w)", low)]


def _of_incident(reading: _Reading, roles: Mapping[str, Named], about: About, page: Page, wall: float) -> list[Claim]:
    incident, named, says = reading.incident, reading.named, reading.says
    told = incident.updates[-1].told_at if incident.updates else incident.started_at
    at = wall if told is None else min(told, wall)
    said = worst(says.values()) if says else OF_IMPACT[incident.impact]
    found: dict[Component, ComponentStatus] = {}
    for model in named.models:
        found[Component(about.upstream, model)] = said
    if named.login:
        its = [status for name, status in says.items() if roles[name].login]
        found[Component(about.upstream, part="login")] = worst(its) if its else said
    if named.admin:
        its = [status for name, status in says.items() if roles[name].admin]
        found[Component(about.upstream, part="admin")] = worst(its) if its else said
    if not reading.narrows:
        found[Component(about.upstream)] = _whole(reading, roles, page)
    # What is about a model is about nothing else, however many components it sets.
    for name, status in says.items() if not named.models else ():
        for component in _parts(roles[name], about):
            found[component] = worst((found.get(component, status), status))
    words = f"{incident.title} ({incident.status.value})"[:WORDS_CHARACTERS_MAX]
    return [Claim(one.name, status, words, at, incident.url, incident.id) for one, status in found.items()]


def _whole(reading: _Reading, roles: Mapping[str, Named], page: Page) -> ComponentStatus:
    """What an incident says of the provider's inference: by its components that serve it; where the page knows none
    such, by all that it names; where it names nothing, by its impact."""
    says = reading.says
    serving = [status for name, status in says.items() if roles[name].inference]
    if serving:
        return worst(serving)
    if says:
        is_known = page.kind is FeedKind.GOOGLE or any(role.inference for role in roles.values())
        return ComponentStatus.OPERATIONAL if is_known else worst(says.values())
    return OF_IMPACT[reading.incident.impact]


def _of_components(
    page: Page, readings: Sequence[_Reading], roles: Mapping[str, Named], about: About, wall: float
) -> list[Claim]:
    """What the published states say, as far as no incident explains them."""
    claims: list[Claim] = []
    for one in page.components:
        role = roles[one.name]
        whole = [Component(about.upstream)] if role.inference and not role.models else []
        explained = worst(reading.says[one.name] for reading in readings if _explains(reading, one.name))
        if RANKS[one.status] <= RANKS[explained]:
            continue
        claims += [Claim(its.name, one.status, one.name, wall) for its in (*whole, *_parts(role, about))]
    return claims


def _explains(reading: _Reading, name: str) -> bool:
    return reading.narrows and name in reading.says


def _parts(role: Named, about: About) -> list[Component]:
    """Our components that a component of the page is about, but for the whole."""
    found = [Component(about.upstream, model) for model in sorted(role.models)]
    if role.login:
        found.append(Component(about.upstream, part="login"))
    if role.admin and not role.inference:
        found.append(Component(about.upstream, part="admin"))
    return found
