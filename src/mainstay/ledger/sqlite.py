"""Records in SQLite. The journal's writer thread owns a `RecordStore`; everybody else reads with a `RecordReader`.

WAL lets readers read while the writer writes; `synchronous=FULL` means that what was appended survives a power cut.
An `append` writes a few segments (see `schema`), so that a record costs its encoding, its hash, its bytes and little
else.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from mainstay.ledger.chain import Anchor, Chain, new_chain
from mainstay.ledger.connection import BUSY_SECONDS, read_text, refuse_newer, transaction, user_version
from mainstay.ledger.errors import DamagedStoreError, StoreError, sqlite_errors_translated
from mainstay.ledger.head import Witness
from mainstay.ledger.migration import insert_chain, migrate
from mainstay.ledger.pruning import cut_log, prune, usage_bytes
from mainstay.ledger.reader import SEARCH_BYTES_MAX, RecordReader
from mainstay.ledger.schema import CREATE_STATEMENTS, PAGE_BYTES, SCHEMA_VERSION, Segment
from mainstay.ledger.segments import Rest, segments_of
from mainstay.model.records import Record

__all__ = ["RecordReader", "RecordStore"]

CHECKPOINT_BYTES: Final = 4 * 1024 * 1024
"""The write-ahead log is brought into the file when it has grown to this, and begun anew: it stays in caches."""

WAL_BYTES_KEPT: Final = 64 * 1024 * 1024
"""A write-ahead log that grew beyond this (behind a slow reader) is cut back."""

REST_SECONDS: Final = 0.0005

STATEMENT_SECONDS: Final = 60.0
STATEMENT_RECORDS: Final = 10_000
"""After so long or so many records the head is also kept in the file, to be shipped."""

_INSERT: Final = (
    "INSERT INTO segment(first_sequence, records, first_at, last_at, previous, digest, digests, body) VALUES "
)
_PLACES: Final = "(?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_CHECKPOINT: Final = "INSERT OR REPLACE INTO checkpoint VALUES (?, ?)"


def breathe() -> None:
    """Let other threads have the interpreter between two slices of encoding."""
    time.sleep(REST_SECONDS)


def nameless_chain() -> Chain:
    """A chain of no gateway."""
    return new_chain("", 0, 0.0)


class RecordStore(RecordReader):
    """Appends to one journal file, which it makes if there is none. The only writer of its file (see `files`)."""

    def __init__(
        self,
        path: Path,
        *,
        rest: Rest = breathe,
        search_bytes_max: int = SEARCH_BYTES_MAX,
        begin: Callable[[], Chain] = nameless_chain,
        witness: Witness | None = None,
    ) -> None:
        """Open or make the file. The folder must exist. `rest` comes between slices of encoding; `begin` names the
        chain of a file that has none; `witness` signs, and without it there are neither heads nor checkpoints.

        Raises like `RecordReader`.
        """
        with sqlite_errors_translated(path):
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        self._connection.text_factory = read_text
        self.path = path
        self.witness = witness
        self._rest = rest
        self._search_bytes_max = search_bytes_max
        self._begin = begin
        self._columns: str | None = None
        self._chain: Chain | None = None
        self._end: Anchor | None = None
        self._statement = ""
        self._stated = Anchor(0, b"")
        self._stated_at = witness.wall() if witness else 0.0
        try:
            with sqlite_errors_translated(path):
                self._prepare()
            self._file_identity = _file_identity(path)
        except BaseException:
            self._connection.close()
            raise

    @property
    def is_chained(self) -> bool:
        """Whether the file has its chain; one of an older version gets it with the next `append`."""
        with sqlite_errors_translated(self.path):
            return user_version(self._connection) == SCHEMA_VERSION

    @property
    def head_trouble(self) -> str | None:
        """Why the last commit could not be witnessed beside the file; `None` where all is well."""
        return self.witness.trouble if self.witness else None

    def append(self, records: Sequence[Record]) -> int:
        """Write all of these records, or none, durably. Give the last sequence number.

        Raises `UnwritableRecordError` for a record that no disk could take, and `StoreError` or `DamagedStoreError`
        when the disk does not take them (`StoreError` also if the file was removed or replaced under us).
        """
        # After a failure the file is asked again: what failed may have been written.
        end, self._end = self._end, None
        chain = self._own_chain()
        if end is None:
            end = self.end()
        if _file_identity(self.path) != self._file_identity:
            msg = f"{self.path}: the file was removed or replaced while it was in use"
            raise StoreError(msg)
        if records:
            segments = segments_of(records, end, self._rest)
            end = Anchor(segments[-1].last_sequence, segments[-1].digest)
            self._commit(segments, chain, end)
        self._end = end
        return end.sequence

    def prune_up_to(self, sequence: int, before: float, segments_max: int) -> int:
        """Delete the oldest segments, at most so many, that hold no record after this number and none whose instant is
        `before` this one or later; never the newest. Give how many were deleted. Raises like `append`."""
        chain = self._own_chain()
        state = self.witness.statement if self.witness else None
        with sqlite_errors_translated(self.path):
            return prune(self._connection, chain, (sequence, before, segments_max), state)

    def usage_bytes(self) -> int:
        """What the records take on disk: file and write-ahead log, without what was pruned and will be used again."""
        with sqlite_errors_translated(self.path):
            return usage_bytes(self._connection, self.path)

    def cut_log(self) -> None:
        """Let the write-ahead log take no disk, as far as readers allow. Raises like `append`."""
        with sqlite_errors_translated(self.path):
            cut_log(self._connection)

    def close(self) -> None:
        """Keep the last checkpoint in the file, and let go of it. Nothing may be asked afterwards."""
        if self._statement and self._end is not None and self._end != self._stated:
            # It ships a little later, that is all.
            with suppress(sqlite3.Error):
                self._connection.execute(_INSERT_CHECKPOINT, (self._end.sequence, self._statement))
        super().close()

    def _own_chain(self) -> Chain:
        if self._chain is None:
            if not self.is_chained:
                migrate(self.path, self._connection, self._begin, self._rest)
                self._columns = None
            self._chain = self.chain()
        return self._chain

    def _commit(self, segments: Sequence[Segment], chain: Chain, end: Anchor) -> None:
        statement = self.witness.statement(chain, end) if self.witness else ""
        with sqlite_errors_translated(self.path):
            if self.witness is None or not self._is_statement_due(end, self.witness.wall()):
                self._insert(segments)
            else:
                with transaction(self._connection):
                    self._insert(segments)
                    self._connection.execute(_INSERT_CHECKPOINT, (end.sequence, statement))
                self._stated, self._stated_at = end, self.witness.wall()
        self._statement = statement
        if self.witness is not None:
            self.witness.keep(statement)

    def _is_statement_due(self, end: Anchor, now: float) -> bool:
        # A clock that was set back must not put them off.
        return (
            end.sequence - self._stated.sequence >= STATEMENT_RECORDS or abs(now - self._stated_at) >= STATEMENT_SECONDS
        )

    def _insert(self, segments: Sequence[Segment]) -> None:
        # One statement is one transaction, and one time that the interpreter's lock is handed over: beside a busy event
        # loop each costs tens of microseconds. Numbers that are taken, by a writer that should not be, are refused.
        values: list[object] = []
        for one in segments:
            values += (one.first_sequence, one.records, one.first_at, one.last_at)
            values += (one.previous, one.digest, one.digests, one.body)
        self._connection.execute(_INSERT + ", ".join([_PLACES] * len(segments)), values)

    def _prepare(self) -> None:
        version = user_version(self._connection)
        refuse_newer(self.path, version)
        tables = {str(row[0]) for row in self._connection.execute("SELECT name FROM sqlite_master")}
        if version == 0 and not tables:
            self._create()
        elif "segment" not in tables:
            msg = f"{self.path}: a database of something else than Mainstay, or of one of its unreleased versions"
            raise DamagedStoreError(msg)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_BYTES // PAGE_BYTES}")
        self._connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_KEPT}")
        # Touches table and newest segment, so that a broken file shows itself now rather than at the first record.
        self._connection.execute("SELECT body FROM segment ORDER BY first_sequence DESC LIMIT 1").fetchone()
        if version == SCHEMA_VERSION:
            newest = self._connection.execute("SELECT MAX(sequence) FROM checkpoint").fetchone()[0]
            self._stated = Anchor(newest or 0, b"")

    def _create(self) -> None:
        # Both are kept in the file; the size of pages must be known before there is one.
        self._connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        self._connection.execute("PRAGMA journal_mode = WAL")
        chain = self._begin()
        with transaction(self._connection):
            for statement in CREATE_STATEMENTS:
                self._connection.execute(statement)
            insert_chain(self._connection, chain)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        if self.witness is not None:
            # Whatever happens to this file from now on, the head says that there was one.
            self.witness.keep(self.witness.statement(chain, self.end()))


def _file_identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - asked at every commit, and half as dear
    except OSError:
        return None
    return status.st_dev, status.st_ino
