"""The end of a worker: nothing new, time for what runs, honest last words for the rest."""

import asyncio
from typing import Final, Protocol

IDLE_GRACE_SECONDS: Final = 2.0
"""So long an idle connection may bring one more request. Closed at once, it could cross with one that is on its way,
which its caller could not tell from a failure; answered, the caller is told to use the connection no more."""
LAST_WORDS_SECONDS: Final = 2.0
"""So long last words may take to leave."""
GLANCE_SECONDS: Final = 0.05
ROUND_SECONDS: Final = 0.25


class Serving(Protocol):
    """What drains (`http.server.Server`)."""

    async def stop_listening(self) -> None:
        """Accept no more."""

    def close_idle(self) -> None:
        """Close the connections that nobody has a request on."""

    async def emptied(self, seconds: float, hurry: asyncio.Event | None = None) -> bool:
        """Wait until no connection is open."""

    async def close(self) -> None:
        """Cut every connection."""


class Working(Protocol):
    """Who has exchanges (`app.Gateway`)."""

    @property
    def running(self) -> int:
        """Exchanges that run now, with a caller or without."""

    def end_running(self) -> None:
        """End all of them honestly, at once."""


async def drain(server: Serving, gateway: Working, seconds: float, hurry: asyncio.Event) -> None:
    """Stop serving: within `seconds` by themselves, else (or once `hurry` is set) by our doing; a few seconds more at
    the most."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    await server.stop_listening()
    await server.emptied(min(IDLE_GRACE_SECONDS, seconds), hurry)
    server.close_idle()
    await server.emptied(max(0.0, deadline - loop.time()), hurry)
    while gateway.running and loop.time() < deadline and not hurry.is_set():
        await _moment(hurry)
    patience_ends_at = loop.time() + LAST_WORDS_SECONDS
    while True:
        # More than once: a request may have been on its way into a connection that had just answered.
        gateway.end_running()
        if await server.emptied(ROUND_SECONDS) or loop.time() >= patience_ends_at:
            break
    await server.close()


async def _moment(hurry: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(hurry.wait(), GLANCE_SECONDS)
    except TimeoutError:
        return
