"""Streams of events in SQL, as far as SQLite and PostgreSQL say it alike."""

from typing import Final

from mainstay.ledger.store.database import EVENTS, Database, bounded
from mainstay.ledger.store.port import StreamEvent, StreamHead
from mainstay.ledger.store.rows import CHARACTERS_MAX

LAST_CHARACTER: Final = "\U0010ffff"
"""Behind all others, in Unicode and in UTF-8."""

_HEAD: Final = (
    "INSERT INTO stream(stream, number, arrival, at) VALUES (?, ?, (SELECT arrival FROM event WHERE stream = ? AND "
    "number = ?), ?) ON CONFLICT (stream) DO UPDATE SET number = excluded.number, arrival = excluded.arrival, "
    "at = excluded.at"
)


class SqlEvents:
    """A `port.EventStore`."""

    def __init__(self, database: Database) -> None:
        """`database` is ours to use; whoever opened it closes it."""
        self._database = database

    def append_event(self, stream: str, number: int, event_id: str, at: float, body: bytes) -> bool:
        """See the port."""
        if not stream or not _is_name(stream) or not _is_name(event_id):
            raise ValueError(f"a stream's or an event's name has at most {CHARACTERS_MAX} characters, and no NUL")
        with self._database.transaction():
            head = self._database.rows("SELECT number FROM stream WHERE stream = ?", (stream,))
            last = int(head[0][0]) if head else 0
            if number != last + 1:
                # Who did not hear that his event was taken may say it again.
                return self._database.rows(
                    "SELECT id, body FROM event WHERE stream = ? AND number = ?", (stream, number)
                ) == [(event_id, body)]
            self._database.rows(
                "INSERT INTO event(stream, number, id, at, body) VALUES (?, ?, ?, ?, ?)",
                (stream, number, event_id, float(at), body),
            )
            self._database.rows(_HEAD, (stream, number, stream, number, float(at)))
        return True

    def stream(self, stream: str, after: int, limit: int) -> list[StreamEvent]:
        """See the port."""
        if not _is_name(stream):
            return []
        statement = f"SELECT {EVENTS.text} FROM event WHERE stream = ? AND number > ? ORDER BY number LIMIT ?"  # noqa: S608 - constants
        rows = self._database.page(EVENTS, statement, (stream, after, bounded(limit)), "number")
        return [StreamEvent(*row) for row in rows]

    def streams(self, prefix: str, before: int | None, limit: int) -> list[StreamHead]:
        """See the port."""
        if not _is_name(prefix):
            return []
        older, values = ("", ()) if before is None else ("AND arrival < ? ", (before,))
        rows = self._database.rows(
            f"SELECT stream, number, arrival, at FROM stream WHERE stream >= ? AND stream < ? {older}"  # noqa: S608 - constants
            "ORDER BY arrival DESC LIMIT ?",
            (prefix, prefix + LAST_CHARACTER, *values, bounded(limit)),
        )
        return [StreamHead(*row) for row in rows]

    def event_arrivals(self, after: int, limit: int) -> list[StreamEvent]:
        """See the port."""
        statement = f"SELECT {EVENTS.text} FROM event WHERE arrival > ? ORDER BY arrival LIMIT ?"  # noqa: S608 - constants
        rows = self._database.page(EVENTS, statement, (after, bounded(limit)), "arrival")
        return [StreamEvent(*row) for row in rows]


def _is_name(text: str) -> bool:
    """Whether the databases' texts and indexes take it."""
    return len(text) <= CHARACTERS_MAX and "\0" not in text
