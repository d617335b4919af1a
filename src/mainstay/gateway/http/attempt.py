"""One request to an upstream, from opening to its last event."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from mainstay.model.commands import Open
from mainstay.model.events import Breakage, Broke, Ended, Event, Opened


class Line(Protocol):
    """The connection that an attempt is on."""

    def drop(self) -> None:
        """Close at once; tell the attempt nothing."""

    def pause(self) -> None:
        """Stop reading."""

    def resume(self) -> None:
        """Read on."""


class UpstreamAttempt:
    """A running request. Its events go to `deliver`, until the last one or until it is cancelled."""

    __slots__ = ("command", "connected_at", "connecting", "deliver", "head", "line", "over", "paused")

    def __init__(self, command: Open, deliver: Callable[[Event], None], head: bytes) -> None:
        """`head` is the finished request head; it is kept, for a request may have to be sent twice."""
        self.command = command
        self.deliver = deliver
        self.head = head
        self.line: Line | None = None
        self.connected_at: float | None = None
        """When the connection stood; `None` where one is used that stood already."""
        self.connecting: asyncio.Task[None] | None = None
        self.paused = False
        self.over = False

    def cancel(self) -> None:
        """Close the connection at once, even while connecting; deliver nothing more."""
        line, connecting = self.line, self.connecting
        self._leave()
        if line is not None:
            line.drop()
        if connecting is not None:
            connecting.cancel()

    def pause(self) -> None:
        """Stop reading: the caller is slow."""
        self.paused = True
        if self.line is not None:
            self.line.pause()

    def resume(self) -> None:
        """Read on."""
        self.paused = False
        if self.line is not None:
            self.line.resume()

    def fail(self, at: float, how: Breakage, detail: str) -> None:
        """Deliver the end of an attempt that failed."""
        if not self.over:
            deliver = self.deliver
            self._leave()
            deliver(Broke(self.command.attempt, at, how, detail))

    def end(self, last: Opened | Ended) -> None:
        """Deliver the last event of a complete response."""
        deliver = self.deliver
        self._leave()
        deliver(last)

    def _leave(self) -> None:
        """Let go of everybody; a circle of references would wait for the garbage collector."""
        self.over = True
        self.line = self.connecting = None
        self.deliver = _nobody


def _nobody(event: Event) -> None:
    """Nobody listens to an attempt that is over."""
    del event
