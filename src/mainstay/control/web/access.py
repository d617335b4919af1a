"""The one table of who may do what: path and method to the least role. What does not stand here is refused."""

import re
from collections.abc import Mapping
from typing import Final

from mainstay.control.people.roles import Role
from mainstay.control.status_page.endpoints import status_page_access

Access = Mapping[str, Mapping[str, Role | None]]
"""Path -> method -> least role; `None`: everybody, also without a login."""

HEALTH_PATHS: Final = ("/livez", "/readyz", "/version")
"""For probes: they answer everybody, under every host name, and say nothing that is secret."""

ACCESS: Final[Access] = {
    "/livez": {"GET": None},
    "/readyz": {"GET": None},
    "/version": {"GET": None},
    "/static/console.css": {"GET": None},
    "/static/console.js": {"GET": None},
    "/static/icon.svg": {"GET": None},
    "/login": {"GET": None, "POST": None},
    "/login/provider": {"GET": None},
    "/login/callback": {"GET": None},
    "/logout": {"GET": Role.VIEWER, "POST": Role.VIEWER},
    "/": {"GET": Role.VIEWER},
    "/people": {"GET": Role.ADMIN},
    "/people/add": {"POST": Role.ADMIN},
    "/people/role": {"POST": Role.ADMIN},
    "/people/remove": {"POST": Role.ADMIN},
    "/metrics": {"GET": Role.VIEWER},
    "/api/me": {"GET": Role.VIEWER},
    "/api/overview": {"GET": Role.VIEWER},
    "/api/people": {"GET": Role.ADMIN},
    "/live": {"GET": Role.VIEWER},
}
"""What there is on every control plane."""

OPERATIONS_ACCESS: Final[Access] = {
    "/upstreams": {"GET": Role.VIEWER},
    "/upstreams/{name}": {"GET": Role.VIEWER},
    "/incidents": {"GET": Role.VIEWER},
    "/incidents/open": {"GET": Role.OPERATOR, "POST": Role.OPERATOR},
    "/incidents/{id}": {"GET": Role.VIEWER},
    "/incidents/{id}/act": {"POST": Role.OPERATOR},
    "/incidents/{id}/report/{form}": {"GET": Role.VIEWER},
    "/orders": {"GET": Role.VIEWER},
    "/orders/new": {"GET": Role.OPERATOR, "POST": Role.OPERATOR},
    "/orders/give": {"POST": Role.OPERATOR},
    "/orders/{id}/end": {"POST": Role.OPERATOR},
    "/playbooks": {"GET": Role.VIEWER},
    "/playbooks/{name}": {"GET": Role.VIEWER},
    "/playbooks/{name}/run": {"POST": Role.OPERATOR},
    "/runs/{id}": {"GET": Role.VIEWER},
    "/runs/{id}/answer": {"POST": Role.OPERATOR},
    "/ledger": {"GET": Role.VIEWER},
    "/ledger/{id}": {"GET": Role.VIEWER},
    "/status-page": {"GET": Role.VIEWER},
    "/notifications": {"GET": Role.OPERATOR},
    "/notifications/test": {"POST": Role.OPERATOR},
    "/api/upstreams": {"GET": Role.VIEWER},
    "/api/upstreams/{name}": {"GET": Role.VIEWER},
    "/api/incidents": {"GET": Role.VIEWER, "POST": Role.OPERATOR},
    "/api/incidents/{id}": {"GET": Role.VIEWER},
    "/api/incidents/{id}/events": {"POST": Role.OPERATOR},
    "/api/incidents/{id}/report/{form}": {"GET": Role.VIEWER},
    "/api/orders": {"GET": Role.VIEWER, "POST": Role.OPERATOR},
    "/api/orders/preview": {"POST": Role.OPERATOR},
    "/api/orders/{id}": {"GET": Role.VIEWER},
    "/api/orders/{id}/end": {"POST": Role.OPERATOR},
    "/api/playbooks": {"GET": Role.VIEWER},
    "/api/playbooks/{name}/plan": {"GET": Role.VIEWER},
    "/api/runs": {"GET": Role.VIEWER, "POST": Role.OPERATOR},
    "/api/runs/{id}": {"GET": Role.VIEWER},
    "/api/runs/{id}/approve": {"POST": Role.OPERATOR},
    "/api/runs/{id}/refuse": {"POST": Role.OPERATOR},
    "/api/runs/{id}/cancel": {"POST": Role.OPERATOR},
    "/api/ledger": {"GET": Role.VIEWER},
    "/api/ledger/{id}": {"GET": Role.VIEWER},
    "/api/status": {"GET": Role.VIEWER},
    "/api/notifications": {"GET": Role.OPERATOR},
    "/api/notifications/test": {"POST": Role.OPERATOR},
}
"""What there is beside it where operations run."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})

FREE_FORMS: Final = frozenset({"/trouble", "/api/trouble", "/status/subscribe", "/status/unsubscribe"})
"""What everybody may send from anywhere: they act for nobody who is logged in, so nobody's session can be abused."""

_PART: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


def access_of(*, has_operations: bool, is_public: bool) -> Access:
    """The whole table. `is_public`: whether strangers may see the status page, and report trouble."""
    if not has_operations:
        return ACCESS
    least = None if is_public else Role.VIEWER
    trouble = {"/trouble": {"GET": least, "POST": least}, "/api/trouble": {"GET": Role.VIEWER, "POST": least}}
    return {**ACCESS, **OPERATIONS_ACCESS, **trouble, **status_page_access(is_public=is_public)}


def place_of(path: str, access: Access = ACCESS) -> str:
    """The entry of the table that a path belongs to: itself, or the one whose placeholders it fits (`{id}` stands for
    one part of a path, `{file:path}` for all the rest); the path itself where there is none."""
    if path in access:
        return path
    parts = path.split("/")
    return next((place for place in access if "{" in place and _fits(parts, place.split("/"))), path)


def _fits(parts: list[str], places: list[str]) -> bool:
    if places[-1].endswith(":path}") and len(parts) >= len(places):
        places, parts = places[:-1], parts[: len(places) - 1]
    if len(parts) != len(places):
        return False
    pairs = zip(parts, places, strict=True)
    return all(place == part or (place.startswith("{") and _PART.fullmatch(part)) for part, place in pairs)


def methods_of(path: str, access: Access = ACCESS) -> tuple[str, ...]:
    """The methods of a path, for the header `allow`; empty for a path that does not exist."""
    methods = access.get(place_of(path, access), {})
    return tuple(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))


def least_role(path: str, method: str, access: Access = ACCESS) -> Role | None:
    """The least role for a path and a method that stand in the table. Raises `KeyError` for others."""
    return access[place_of(path, access)]["GET" if method == "HEAD" else method]
