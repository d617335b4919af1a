"""The one table of who may do what: path and method to the least role. What does not stand here is refused."""

from collections.abc import Mapping
from typing import Final

from mainstay.control.people.roles import Role

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
    "/api/me": {"GET": Role.VIEWER},
    "/api/overview": {"GET": Role.VIEWER},
    "/api/people": {"GET": Role.ADMIN},
}

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})


def methods_of(path: str, access: Access = ACCESS) -> tuple[str, ...]:
    """The methods of a path, for the header `allow`; empty for a path that does not exist."""
    methods = access.get(path, {})
    return tuple(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))


def least_role(path: str, method: str, access: Access = ACCESS) -> Role | None:
    """The least role for a path and a method that stand in the table. Raises `KeyError` for others."""
    return access[path]["GET" if method == "HEAD" else method]
