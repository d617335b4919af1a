"""What a journal file holds, and how it is read back.

One row is a *segment*: up to some hundred records of one commit, as JSON lines in the order of writing. A line stands
for itself (its tag tells the kind; id, exchange and instant are in it), so a body needs nothing else to be understood.
Rows are few and their one index is small, because a row and its index entries cost more than the record in it. The
price is paid by those who read: see `ledger.reader` and docs/decisions/0006.

Records are chained: each one's hash covers the hash before it (see `ledger.chain` and docs/ledger.md). A row keeps the
hash before its first record, the hash after its last, and the beginning of every hash in between.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from mainstay.ledger.errors import DamagedStoreError, LedgerError
from mainstay.model.records import ExchangeRecord, Record

SCHEMA_VERSION: Final = 2
"""Kept in SQLite's `user_version`. A file with a higher number is refused, one with a lower is migrated by its writer
(`ledger.migration`). Version 1 had no chain."""

SHORT_DIGEST_BYTES: Final = 8
"""So much of each record's hash is kept, to name the record that was altered. Proof are the whole hashes."""

PAGE_BYTES: Final = 8_192
"""SQLite's page. Twice the default spares a quarter of SQLite's work on a busy journal; still more would only make the
commits of a quiet one larger."""

CHAIN_STATEMENTS: Final = (
    # One row. All but the anchor never changes; the anchor moves when old records are pruned.
    """CREATE TABLE chain(
        id TEXT NOT NULL,
        gateway TEXT NOT NULL,
        worker INTEGER NOT NULL,
        begun_at REAL NOT NULL,
        follows TEXT NOT NULL,
        follows_sequence INTEGER NOT NULL,
        follows_digest BLOB NOT NULL,
        anchor_sequence INTEGER NOT NULL,
        anchor_digest BLOB NOT NULL
    )""",
    "CREATE TABLE checkpoint(sequence INTEGER PRIMARY KEY, statement TEXT NOT NULL)",
)

CREATE_STATEMENTS: Final = (
    # What is small stands before the body, which reaches over several pages.
    """CREATE TABLE segment(
        first_sequence INTEGER PRIMARY KEY,
        records INTEGER NOT NULL,
        first_at REAL NOT NULL,
        last_at REAL NOT NULL,
        previous BLOB NOT NULL,
        digest BLOB NOT NULL,
        digests BLOB NOT NULL,
        body BLOB NOT NULL
    )""",
    # Both ends, so that a search by instant passes over segments without touching their rows.
    "CREATE INDEX segment_last_at ON segment(last_at, first_at)",
    *CHAIN_STATEMENTS,
)

SEGMENT_RECORDS_MAX: Final = 4_000
SEGMENT_BYTES_MAX: Final = 4 * 1024 * 1024
"""A segment is read as a whole, so these bound the memory of a reader. A larger record has no written form."""

UNREADABLE_KIND: Final = "unreadable"
"""The kind of a line that does not even tell its kind. No record has this tag."""

_EXCHANGE_KIND: Final = str(ExchangeRecord.__struct_config__.tag)


class UnreadableRecordError(LedgerError):
    """A line that this version cannot read as a record, for example of a kind that came later."""


class Stored(msgspec.Struct, frozen=True):
    """One record at rest. `body` is the record as JSON; `record()` reads it.

    `exchange` is the exchange that the record belongs to (its own id, for the record of an exchange); empty for none.
    """

    sequence: int
    kind: str
    id: str
    exchange: str
    at: float
    body: bytes

    def record(self) -> Record:
        """Give the record. Raises `UnreadableRecordError` where this version does not know such a record."""
        try:
            return _record_decoder.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            msg = f"record {self.sequence} ({self.kind}) cannot be read: {error}"
            raise UnreadableRecordError(msg) from error


class Segment(msgspec.Struct, frozen=True):
    """One row, with its columns in order: `records` lines, the first with the sequence number `first_sequence`.

    No record of it has an instant before `first_at` or after `last_at` (seconds since 1970). `previous` is the chain's
    hash before its first record, `digest` the one after its last, `digests` the first `SHORT_DIGEST_BYTES` of every
    record's hash. The three are empty in a file that has not been migrated.
    """

    first_sequence: int
    records: int
    first_at: float
    last_at: float
    body: bytes
    previous: bytes = b""
    digests: bytes = b""
    digest: bytes = b""

    @property
    def last_sequence(self) -> int:
        """The sequence number of its last record."""
        return self.first_sequence + self.records - 1

    def lines(self) -> list[bytes]:
        """Give its records as JSON, without line breaks.

        Raises `DamagedStoreError` if the body does not hold as many lines as the row says.
        """
        lines = self.body.split(b"\n")
        if lines.pop() or len(lines) != self.records:
            msg = f"segment {self.first_sequence}: {self.records} whole lines were written, the file holds others"
            raise DamagedStoreError(msg)
        return lines

    def stored(self, skip: int = 0) -> Iterator[Stored]:
        """Give its records in the order of writing, without the first `skip`. Raises like `lines`."""
        lines = self.lines()
        for number in range(max(0, skip), len(lines)):
            yield stored(self.first_sequence + number, lines[number], self.first_at)


def stored(sequence: int, line: bytes, otherwise_at: float = 0.0) -> Stored:
    """Read what a line says of itself. One that says nothing is given as `UNREADABLE_KIND` at `otherwise_at`."""
    try:
        head = _head_decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Stored(sequence, UNREADABLE_KIND, "", "", otherwise_at, line)
    exchange = head.id if head.kind == _EXCHANGE_KIND else head.exchange
    return Stored(sequence, head.kind, head.id, exchange, head.at, line)


class _Head(msgspec.Struct, frozen=True, gc=False):
    """What every record has, whatever else it has."""

    id: str
    at: float
    kind: str = msgspec.field(name="type")
    exchange: str = ""


_head_decoder: Final[msgspec.json.Decoder[_Head]] = msgspec.json.Decoder(_Head)
_record_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)
