"""The way to identity services: over the gateway's client for HTTPS, and past every proxy for plain HTTP.

Plain HTTP is spoken with metadata services of this machine alone (`reading.unsafe`). A proxy is another machine: it
could not reach ours, and must not learn what it would be asked for.
"""

from collections.abc import Callable
from typing import Protocol

from mainstay.gateway.driver import UpstreamAttempt, Upstreams
from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.http.proxies import Proxies
from mainstay.model.commands import Open
from mainstay.model.events import Event


class IdentityServices(Protocol):
    """Opens requests to identity services."""

    def open(self, command: Open, deliver: Callable[[Event], None]) -> UpstreamAttempt:
        """Start a request; its events go to `deliver`, never before this call has returned."""

    async def close(self) -> None:
        """Close what was opened for this alone."""


class IdentityClient:
    """Opens requests to identity services for real."""

    def __init__(self, client: Upstreams) -> None:
        """`client` is the gateway's own and stays open. Made within the event loop.

        Raises:
            RuntimeError: no event loop runs.
        """
        self._client = client
        self._direct = UpstreamClient(proxies=Proxies({}))

    def open(self, command: Open, deliver: Callable[[Event], None]) -> UpstreamAttempt:
        """See `IdentityServices`."""
        way: Upstreams = self._direct if command.url.startswith("http://") else self._client
        return way.open(command, deliver)

    async def close(self) -> None:
        """See `IdentityServices`."""
        await self._direct.close()
