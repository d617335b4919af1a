"""`/metrics` of the control plane."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.console import Control
from mainstay.control.telemetry.families import CONTENT_TYPE, metrics_page
from mainstay.control.telemetry.readings import readings_of

FRESH_SECONDS: Final = 1.0
"""A page is given again for so long: whoever asks often does not keep the store busy."""


class MetricsEndpoint:
    """Used by one event loop."""

    def __init__(self, control: Control, wall: Callable[[], float], clock: Callable[[], float]) -> None:
        """`wall` gives seconds since 1970, `clock` seconds of a clock that no one sets."""
        self._control = control
        self._wall = wall
        self._clock = clock
        self._lock = asyncio.Lock()
        self._page = b""
        self._made_at = float("-inf")

    async def metrics(self, _request: Request) -> Response:
        """All metrics as Prometheus text."""
        async with self._lock:
            if self._clock() - self._made_at >= FRESH_SECONDS:
                self._page = await asyncio.to_thread(self._made)
                self._made_at = self._clock()
        return Response(self._page, media_type=None, headers={"content-type": CONTENT_TYPE})

    def _made(self) -> bytes:
        return metrics_page(readings_of(self._control, self._wall()))
