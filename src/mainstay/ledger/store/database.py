"""What SQLite and PostgreSQL say differently: one connection to a database that has the tables of a store.

Statements mark values with "?". No text that came from outside is ever part of a statement.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

import msgspec

from mainstay.ledger.store.rows import Row

PAGE_BYTES: Final = 4_000_000
"""So many bytes of bodies are given at once."""

Value = str | int | float | bytes | None
Rows = list[tuple[Any, ...]]
"""A database's answer; each statement knows the types of its columns."""


class Shape(msgspec.Struct, frozen=True):
    """The columns that a page has, and their types; only the last may be a boolean. One of them is `body`, whose bytes
    are counted. `name` is what a row is, `number` and `owner` which columns name it."""

    name: str
    columns: tuple[str, ...]
    types: tuple[type, ...]
    number: int
    owner: int

    @property
    def text(self) -> str:
        """The columns as a statement names them."""
        return ", ".join(self.columns)


RECORDS: Final = Shape(
    "record",
    ("arrival", "chain", "sequence", "id", "kind", "exchange", "tenant", "at", "hash", "body", "duplicate"),
    (int, str, int, str, str, str, str, float, bytes, bytes, bool),
    number=2,
    owner=1,
)
EVENTS: Final = Shape(
    "event",
    ("arrival", "stream", "number", "id", "at", "body"),
    (int, str, int, str, float, bytes),
    number=2,
    owner=1,
)
SPANS: Final = Shape("span", ("seconds", "start", "body"), (int, int, bytes), number=1, owner=0)

FAULT_PIECE: Final = b'"fault":"'
"""Stands in the line of a record that tells a fault, and in no other (fields that say nothing are not written)."""
SECONDS_PIECE: Final = b'"total_seconds":'


class Words(msgspec.Struct, frozen=True):
    """Expressions about the line of a record that databases word differently.

    `has` is true where the bytes "?" stand in the line; `is_faulty` where it tells a fault, word for word as in the
    index `record_fault`; `whole_seconds` is the number behind `"total_seconds":` without its fraction, or null.
    """

    has: str
    is_faulty: str
    whole_seconds: str


class Database(Protocol):
    """Every method may raise `StoreError`."""

    name: str
    words: Words

    def rows(self, statement: str, values: Sequence[Value] = ()) -> Rows:
        """Do one statement and give its rows, if it has any."""

    def page(self, shape: Shape, statement: str, values: Sequence[Value], order: str) -> Rows:
        """As `rows`, for a statement that gives columns of this shape in this order: as many of the first rows as
        `PAGE_BYTES` hold, at least one if there is one."""

    def transaction(self) -> AbstractContextManager[None]:
        """Everything in the block or nothing. Only one such block goes on at a time, whichever process it is in, so
        that what came to the store later has the higher arrival number."""

    def insert(self, chain_id: str, rows: Sequence[Row]) -> None:
        """Insert records; those whose id is there already, in the table or in these rows, as duplicates."""

    def close(self) -> None:
        """Let go of the connection. Raises nothing."""


ROWS_MAX: Final = 10_000
"""Most rows that one question gives."""


def bounded(limit: int) -> int:
    """So many rows as may be asked for."""
    return max(0, min(limit, ROWS_MAX))
