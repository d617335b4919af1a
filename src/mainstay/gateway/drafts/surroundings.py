"""What the draft store needs around it: an event loop and, where replicas share, a store of theirs."""

import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from mainstay.gateway.drafts.errands import TaskLoop
from mainstay.gateway.drafts.writer import Done
from mainstay.gateway.shared.port import Shared


class Timer(Protocol):
    """A call that is due."""

    def cancel(self) -> None:
        """Do not make it."""


class Loop(Protocol):
    """What the store needs of the event loop."""

    def call_soon(self, callback: Callable[[], object], /) -> object:
        """Call in this turn or the next."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Timer:
        """Call after so many seconds."""

    def call_soon_threadsafe(self, callback: Callable[[list[Done]], None], done: list[Done], /) -> object:
        """Call in the event loop, from another thread; raises `RuntimeError` once it is closed."""


class Sharing(msgspec.Struct, frozen=True):
    """How to reach other replicas: their shared store, an event loop that runs coroutines, and a clock that is never
    set."""

    shared: Shared
    loop: TaskLoop
    clock: Callable[[], float] = time.monotonic
