"""Where the status page answers over HTTP, and who may see it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.people.roles import Role
from mainstay.control.status_page.public_files import PREFIX, PublicFiles
from mainstay.control.status_page.publisher import FOLDER_NAME
from mainstay.control.status_page.subscribing import Subscribing

SUBSCRIBE: Final = f"{PREFIX}/subscribe"
UNSUBSCRIBE: Final = f"{PREFIX}/unsubscribe"

Endpoint = Callable[[Request], Awaitable[Response]]


def status_page_endpoints(state: Path, subscribing: Subscribing | None) -> dict[str, Endpoint]:
    """Path -> endpoint. `state` is the state folder; without `subscribing` nobody can subscribe a webhook."""
    files = PublicFiles(state / FOLDER_NAME)
    found: dict[str, Endpoint] = {}
    if subscribing is not None:
        found = {SUBSCRIBE: subscribing.subscribe, UNSUBSCRIBE: subscribing.unsubscribe}
    return {**found, PREFIX: files.endpoint, f"{PREFIX}/{{file:path}}": files.endpoint}


def status_page_access(*, is_public: bool) -> dict[str, dict[str, Role | None]]:
    """Path -> method -> least role, for the table of who may do what. Only where the page is public may strangers
    subscribe."""
    least = None if is_public else Role.VIEWER
    found: dict[str, dict[str, Role | None]] = {PREFIX: {"GET": least}, f"{PREFIX}/{{file:path}}": {"GET": least}}
    return {SUBSCRIBE: {"POST": None}, UNSUBSCRIBE: {"POST": None}, **found} if is_public else found
