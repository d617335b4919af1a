"""What all connections of one server share."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from mainstay.gateway.http.familiar_heads import FamiliarHeads
from mainstay.gateway.http.limits import ServerLimits
from mainstay.gateway.http.outbox import Outbox, Outgoing
from mainstay.gateway.http.request import Refuse, Request
from mainstay.gateway.http.responder import Responder

Handler = Callable[[Request, Responder], None]
"""Takes a request and answers through the responder, at once or later. If it raises, the caller gets status 500."""


class OpenConnection(Protocol):
    """A connection as the server sees it. `deadline`: from when on `expire` has something to do."""

    out: Outgoing
    deadline: float

    def expire(self, now: float) -> None:
        """Act on a deadline that has passed."""

    def close_if_idle(self) -> None:
        """Close the connection unless a request is on it."""


class Service:
    """The handler, the limits, and the connections being served. One event loop, one thread."""

    __slots__ = (
        "connections",
        "draining",
        "emptied",
        "familiar_heads",
        "fewer",
        "handler",
        "limits",
        "loop",
        "outbox",
        "refuse",
        "report",
        "running",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        handler: Handler,
        refuse: Refuse,
        report: Callable[[str], None],
        limits: ServerLimits,
    ) -> None:
        """`report` takes a line (or a traceback) for the operator."""
        self.loop = loop
        self.outbox = Outbox(loop)
        self.handler = handler
        self.refuse = refuse
        self.report = report
        self.limits = limits
        self.familiar_heads = FamiliarHeads()
        self.connections: set[OpenConnection] = set()
        self.fewer: Callable[[], None] | None = None
        """Called when a connection has gone, for those who share the work."""
        self.running = 0
        self.draining = False
        self.emptied = asyncio.Event()

    def joined(self, connection: OpenConnection) -> bool:
        """Count a new connection; false if it is one too many."""
        self.connections.add(connection)
        return len(self.connections) <= self.limits.connections

    def forget(self, connection: OpenConnection) -> None:
        """Count a connection no more."""
        self.connections.discard(connection)
        if self.fewer is not None:
            self.fewer()
        if self.draining and not self.connections:
            self.emptied.set()
