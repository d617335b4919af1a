"""`/live`: tells an open page, by server-sent events, that what it shows has changed. The page then loads itself anew.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mainstay.control.web.answers import Answers, Problem

LOOK_SECONDS: Final = 1.0
QUIET_SECONDS: Final = 15.0
"""After so long without news a comment is sent, lest a middle box ends the connection."""
CONNECTION_SECONDS: Final = 600.0
"""Then the browser connects anew, and is looked at anew: its session may be over."""
LISTENERS_MAX: Final = 200
RETRY_MILLISECONDS: Final = 2_000

TOO_MANY: Final = Problem(
    503, "too_many_listeners", "Too many pages are open", "This one refreshes itself less often.", {"retry-after": "10"}
)
HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Live:
    """The endpoint. `pulse` gives a text that changes when anything that pages show has; it may not block or raise."""

    def __init__(
        self,
        pulse: Callable[[], str],
        is_draining: Callable[[], bool],
        answers: Answers,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pulse = pulse
        self._is_draining = is_draining
        self._answers = answers
        self._sleep = sleep
        self._listeners = 0

    async def endpoint(self, request: Request) -> Response:
        """One page that listens."""
        if self._listeners >= LISTENERS_MAX:
            return self._answers.problem(request.url.path, TOO_MANY)
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=HEADERS)

    async def _events(self) -> AsyncIterator[bytes]:
        self._listeners += 1
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
            async for event in self._changes():
                yield event
        finally:
            self._listeners -= 1

    async def _changes(self) -> AsyncIterator[bytes]:
        told, quiet, open_for = self._pulse(), 0.0, 0.0
        while open_for < CONNECTION_SECONDS and not self._is_draining():
            await self._sleep(LOOK_SECONDS)
            open_for += LOOK_SECONDS
            quiet += LOOK_SECONDS
            now = self._pulse()
            if now != told:
                told, quiet = now, 0.0
                yield b"event: changed\ndata: 1\n\n"
            elif quiet >= QUIET_SECONDS:
                quiet = 0.0
                yield b": quiet\n\n"
