"""Idle connections to one origin, the most recently used first."""

from typing import Generic, Protocol, TypeVar


class Idle(Protocol):
    """A connection that can rest in a pool."""

    @property
    def closing(self) -> bool:
        """Whether it is of no use any more."""

    def drop(self) -> None:
        """Close at once."""


_IdleT = TypeVar("_IdleT", bound=Idle)


class Pool(Generic[_IdleT]):
    """Last in, first out, so that those not needed grow old and go."""

    __slots__ = ("_idle", "_idle_seconds", "_limit")

    def __init__(self, limit: int, idle_seconds: float) -> None:
        """At most `limit` connections rest here, each for at most `idle_seconds`."""
        self._idle: list[tuple[float, _IdleT]] = []
        self._limit = limit
        self._idle_seconds = idle_seconds

    def __len__(self) -> int:
        """How many connections rest here."""
        return len(self._idle)

    def take(self, now: float) -> _IdleT | None:
        """The freshest connection that may still be used."""
        while self._idle:
            since, connection = self._idle.pop()
            if not connection.closing and now - since < self._idle_seconds:
                return connection
            connection.drop()
        return None

    def give(self, connection: _IdleT, now: float) -> None:
        """Let a connection rest; too many are closed."""
        if len(self._idle) >= self._limit:
            connection.drop()
        else:
            self._idle.append((now, connection))

    def forget(self, connection: _IdleT) -> None:
        """Take out a connection that has ended."""
        self._idle = [entry for entry in self._idle if entry[1] is not connection]

    def sweep(self, now: float) -> None:
        """Close the connections that have rested too long."""
        while self._idle and now - self._idle[0][0] >= self._idle_seconds:
            self._idle.pop(0)[1].drop()

    def clear(self) -> None:
        """Close every connection."""
        idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.drop()
