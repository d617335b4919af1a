"""The trust bundle in Valkey or Redis, for replicas that were away when it changed, and for bundles too large for a
bulletin. It proves itself by its signature, so nothing that lies there is believed for lying there."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec

from mainstay.gateway.shared.port import Shared, SharedTroubleError
from mainstay.model.news import TrustNews

KEY = "mainstay:trust"
BUNDLE_BYTES_MAX = 1_100_000
LOOK_SECONDS = 30.0
RETRY_SECONDS = 2.0
LOOK_PAUSE_SECONDS = 1.0
"""At least so long between two looks, whatever is told."""

_DECODER = msgspec.msgpack.Decoder(TrustNews)


class TrustShelf:
    """Keeps our bundle and the shared one at the newer of both."""

    def __init__(self, shared: Shared, offer: Callable[[TrustNews], None], written: Callable[[], None]) -> None:
        """`offer` takes a bundle with a higher serial than ours; `written` is told when ours lies there."""
        self._shared = shared
        self._offer = offer
        self._written = written
        self._ours: TrustNews | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.get_running_loop().create_task(self._looking())

    def ours_is(self, serial: int, bundle: str) -> None:
        """Learn which bundle we trust now."""
        self._ours = TrustNews(serial, bundle)
        self._wake.set()

    def look_soon(self) -> None:
        """Somebody has a newer bundle."""
        self._wake.set()

    async def close(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> bool:
        """Compare once. True where we have written: then look again, for somebody with an older one may have written
        over it at the same moment. Raises `SharedTroubleError`."""
        kept = _read(await self._shared.call("GET", KEY))
        ours = self._ours
        if kept is not None and (ours is None or kept.serial > ours.serial):
            self._offer(kept)
        elif ours is not None and (kept is None or kept.serial < ours.serial):
            await self._shared.call("SET", KEY, msgspec.msgpack.encode(ours))
            self._written()
            return True
        return False

    async def _looking(self) -> None:
        while True:
            self._wake.clear()
            pause = LOOK_SECONDS
            try:
                if await self.look():
                    self._wake.set()
            except SharedTroubleError:
                pause = RETRY_SECONDS
            await asyncio.sleep(LOOK_PAUSE_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()


def _read(answer: object) -> TrustNews | None:
    if not isinstance(answer, bytes) or len(answer) > BUNDLE_BYTES_MAX:
        return None
    try:
        return _DECODER.decode(answer)
    except (ValueError, RecursionError):
        return None
