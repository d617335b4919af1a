"""The control plane's web application (ASGI)."""

import time
from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from mainstay.config.address import Address
from mainstay.control.console import Control
from mainstay.control.people.people import People
from mainstay.control.people.provider_login import ProviderLogin
from mainstay.control.telemetry.metrics_endpoint import MetricsEndpoint
from mainstay.control.web.access import Access, access_of
from mainstay.control.web.answers import Answers
from mainstay.control.web.asking import Asker
from mainstay.control.web.bench import Bench
from mainstay.control.web.cookies import Cookies
from mainstay.control.web.guard import Guard
from mainstay.control.web.health import Health
from mainstay.control.web.hosts import Hosts
from mainstay.control.web.live import Live
from mainstay.control.web.login_pages import LoginPages
from mainstay.control.web.operations_routes import operations_endpoints
from mainstay.control.web.overview import OverviewPages
from mainstay.control.web.people_pages import PeoplePages
from mainstay.control.web.static_files import Endpoint, static_endpoints

PULSE_SECONDS: Final = 5.0
"""Where operations do not run, open pages are renewed so often."""


class Place:
    """Where the control plane is: its listen address, and the address at which people reach it (`control.url`)."""

    def __init__(self, listen: Address, url: str) -> None:
        self.hosts = Hosts(listen, url)
        self.cookies = Cookies(listen.port, url)


def console_app(
    control: Control,
    people: People,
    provider: ProviderLogin | None,
    place: Place,
    wall: Callable[[], float],
    access: Access | None = None,
) -> ASGIApp:
    """All pages behind their guard. `wall` gives seconds since 1970; `provider` is how people log in elsewhere;
    `access` stands instead of the table of who may do what."""
    desks = control.desks
    answers = Answers(control.version, has_provider=provider is not None, has_operations=desks is not None)
    asker = Asker()
    overview = OverviewPages(control, people, answers, asker, wall)
    health = Health(control, overview)
    login = LoginPages(people, provider, place.cookies, answers, control.report, control.evidence)
    accounts = PeoplePages(people, answers, wall, control.report, control.evidence)
    pulse = (lambda: str(wall() // PULSE_SECONDS)) if desks is None else desks.pulse
    endpoints: dict[str, Endpoint] = {
        "/livez": health.livez,
        "/readyz": health.readyz,
        "/version": health.version,
        **static_endpoints(),
        "/login": login.login,
        "/login/provider": login.begin_at_provider,
        "/login/callback": login.finish_at_provider,
        "/logout": login.logout,
        "/": overview.page,
        "/live": Live(pulse, control.is_draining, answers).endpoint,
        "/people": accounts.page,
        "/people/add": accounts.add,
        "/people/role": accounts.set_role,
        "/people/remove": accounts.remove,
        "/metrics": MetricsEndpoint(control, wall, time.monotonic).metrics,
        "/api/me": accounts.me,
        "/api/overview": overview.api,
        "/api/people": accounts.api,
    }
    is_public = False
    if desks is not None:
        # Whether strangers may come is decided once: what was public stays so until the control plane starts anew.
        is_public = desks.snapshot().status_page.public
        endpoints |= operations_endpoints(Bench(desks, answers, asker, wall), control, is_public=is_public)
    table = access_of(has_operations=desks is not None, is_public=is_public) if access is None else access
    return guarded(endpoints, Guard(table, people, place.hosts, place.cookies, answers, control.report))


def guarded(endpoints: dict[str, Endpoint], guard: Guard) -> ASGIApp:
    """Endpoints that can only be reached through the guard, which alone knows who may do what."""
    methods = ["GET", "POST"]
    guard.app = Starlette(routes=[Route(path, endpoint, methods=methods) for path, endpoint in endpoints.items()])
    return guard
