"""Spans and marks in SQL, as far as SQLite and PostgreSQL say it alike."""

from collections.abc import Sequence
from typing import Final

from mainstay.ledger.store.database import ROWS_MAX, SPANS, Database
from mainstay.ledger.store.port import Span

_SAVE: Final = (
    "INSERT INTO span(seconds, start, body) VALUES (?, ?, ?) "
    "ON CONFLICT (seconds, start) DO UPDATE SET body = excluded.body"
)
_MOVE: Final = (
    "INSERT INTO mark(reader, arrival) VALUES (?, ?) ON CONFLICT (reader) DO UPDATE SET arrival = excluded.arrival"
)


class SqlSpans:
    """A `port.SpanStore`."""

    def __init__(self, database: Database) -> None:
        """`database` is ours to use; whoever opened it closes it."""
        self._database = database

    def spans(self, seconds: int, since: float, until: float) -> list[Span]:
        """See the port."""
        statement = (
            f"SELECT {SPANS.text} FROM span WHERE seconds = ? AND start >= ? AND start < ? ORDER BY start LIMIT ?"  # noqa: S608 - constants
        )
        rows = self._database.page(SPANS, statement, (seconds, since, until, ROWS_MAX), "start")
        return [Span(*row) for row in rows]

    def save_spans(self, reader: str, before: int, after: int, spans: Sequence[Span]) -> bool:
        """See the port."""
        with self._database.transaction():
            if self.mark(reader) != before:
                return False
            for span in spans:
                self._database.rows(_SAVE, (span.seconds, span.start, span.body))
            self._database.rows(_MOVE, (reader, after))
        return True

    def mark(self, reader: str) -> int:
        """See the port."""
        rows = self._database.rows("SELECT arrival FROM mark WHERE reader = ?", (reader,))
        return int(rows[0][0]) if rows else 0

    def forget_spans(self, seconds: int, until: float) -> int:
        """See the port."""
        terms, values = "FROM span WHERE seconds = ? AND start < ?", (seconds, until)
        with self._database.transaction():
            ((count,),) = self._database.rows(f"SELECT COUNT(*) {terms}", values)
            if count:
                self._database.rows(f"DELETE {terms}", values)
        return int(count)
