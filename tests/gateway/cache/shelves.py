"""Shelves for tests: one in memory, and what a real one needs."""

import threading
from collections.abc import Callable

from mainstay.engine.caching.answer import CachedAnswer
from mainstay.gateway.cache.sealing import Sealing
from mainstay.gateway.cache.shelf import Found, Made, Place, Shelf, ShelfStatus

KEY = b"k" * 32


class MemoryShelf(Shelf):
    """Keeps answers in memory; asked for one, it answers when the test says so."""

    def __init__(self) -> None:
        self.kept: dict[bytes, CachedAnswer] = {}
        self.waiting: list[Callable[[], None]] = []
        self.keep_seconds: list[float] = []
        self.is_slow = False
        self.is_shared = False
        self.sealing = Sealing(KEY)

    def status(self) -> ShelfStatus:
        return ShelfStatus(None, len(self.kept), 0, 0, len(self.keep_seconds), 0, shared=False)

    def name(self, digest: bytes) -> bytes | None:
        return self.sealing.name(digest)

    def may_have(self, name: bytes) -> bool:
        return name in self.kept or self.is_shared

    def read(self, place: Place, found: Found) -> None:
        if self.is_slow:
            self.waiting.append(lambda: found(self.kept.get(place.name)))
        else:
            found(self.kept.get(place.name))

    def put(self, place: Place, size: int, keep_seconds: float, made: Made) -> None:
        answer = made()
        if answer is not None:
            assert size >= answer.size
            self.kept[place.name] = answer
            self.keep_seconds.append(keep_seconds)


class Later:
    """A timer."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback = callback
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Turns:
    """An event loop that turns when a test says so. What a thread calls waits until then."""

    def __init__(self) -> None:
        self.timers: list[Later] = []
        self._calls: list[Callable[[], object]] = []
        self._news = threading.Condition()

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Later:
        self.timers.append(Later(callback))
        return self.timers[-1]

    def call_soon_threadsafe(self, callback: Callable[[], object], /) -> None:
        with self._news:
            self._calls.append(callback)
            self._news.notify()

    def turn(self) -> None:
        """Wait for one call from a thread, and make it."""
        with self._news:
            assert self._news.wait_for(lambda: self._calls, 20.0), "the thread said nothing"
            call = self._calls.pop(0)
        call()

    def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self.turn()

    def tick(self) -> None:
        """A second goes by."""
        timers, self.timers = self.timers, []
        for timer in timers:
            if not timer.is_cancelled:
                timer.callback()
        self.turn()
