"""The fake provider for synchronous callers: the same provider on a loop of its own, in a thread."""

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.seen import RequestSeen
from mainstay.lab.provider.server import DEFAULT_PERSONALITY, FakeProvider

START_SECONDS_MAX = 10.0
_Result = TypeVar("_Result")


class FakeProviderThread:
    """`FakeProvider` without asyncio: `start()` and `stop()`, or a `with` block. Arguments and faults as there.

    `start` raises what entering a `FakeProvider` raises; methods raise `TimeoutError` if the thread does not answer.
    """

    def __init__(
        self, name: str = "primary", *, fault: str = "ok", port: int = 0, personality: Personality = DEFAULT_PERSONALITY
    ) -> None:
        self._provider = FakeProvider(name, fault=fault, port=port, personality=personality)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"fake-provider-{name}", daemon=True)

    def start(self) -> Self:
        """Serve until `stop`."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._provider.__aenter__(), self._loop).result(START_SECONDS_MAX)
        except OSError:
            self._end()
            raise
        return self

    def stop(self) -> None:
        """Close the ports and every connection."""
        leaving = self._provider.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(leaving, self._loop).result(START_SECONDS_MAX)
        self._end()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Base URL (Anthropic's form; OpenAI's has `/v1` behind it)."""
        return self._provider.url

    @property
    def control_url(self) -> str:
        """Base URL of the port that serves `/lab` even while connections are refused."""
        return self._provider.control_url

    @property
    def requests(self) -> tuple[RequestSeen, ...]:
        """The last requests, oldest first."""
        return self._call(lambda: self._provider.requests)

    def break_with(self, fault: str, count: int | None = None, *, key: str = "", model: str = "") -> None:
        """Put a fault in force, as `FakeProvider.break_with`. Raises `FaultTextError`."""
        self._call(lambda: self._provider.break_with(fault, count, key=key, model=model))

    def heal(self) -> None:
        """Take every fault back."""
        self._call(self._provider.heal)

    def cut_now(self) -> int:
        """Reset every connection on which an answer is being given; how many there were."""
        return self._call(self._provider.cut_now)

    def forget(self) -> None:
        """Forget the requests that were seen."""
        self._call(self._provider.forget)

    def until(self, condition: Callable[[], bool], seconds_max: float = START_SECONDS_MAX) -> None:
        """Wait until the condition holds. It runs in the provider's thread and reads `requests` there. Raises
        `TimeoutError`."""
        waiting = asyncio.run_coroutine_threadsafe(self._provider.until(condition), self._loop)
        waiting.result(seconds_max)

    def _call(self, function: Callable[[], _Result]) -> _Result:
        if threading.current_thread() is self._thread:
            return function()

        async def call() -> _Result:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(START_SECONDS_MAX)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS_MAX)
        self._loop.close()
