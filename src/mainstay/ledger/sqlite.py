"""Records in SQLite. The journal's writer thread owns a `RecordStore`; everybody else reads with a `RecordReader`.

WAL lets readers read while the writer writes; `synchronous=FULL` means that what was appended survives a power cut.
An `append` writes a few segments (see `schema`), so that a record costs its encoding and its bytes and little else.
"""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from mainstay.ledger.errors import DamagedStoreError, StoreError, sqlite_errors_translated
from mainstay.ledger.reader import BUSY_SECONDS, SEARCH_BYTES_MAX, RecordReader, refuse_newer, user_version
from mainstay.ledger.schema import CREATE_STATEMENTS, PAGE_BYTES, Segment
from mainstay.ledger.segments import Rest, segments_of
from mainstay.model.records import Record

__all__ = ["RecordReader", "RecordStore"]

CHECKPOINT_BYTES: Final = 4 * 1024 * 1024
"""The write-ahead log is brought into the file when it has grown to this, and begun anew: it stays in caches."""

WAL_BYTES_KEPT: Final = 64 * 1024 * 1024
"""A write-ahead log that grew beyond this (behind a slow reader) is cut back."""

REST_SECONDS: Final = 0.0005


def breathe() -> None:
    """Let other threads have the interpreter between two slices of encoding."""
    time.sleep(REST_SECONDS)


class RecordStore(RecordReader):
    """Appends to one journal file, which it makes if there is none. The only writer of its file (see `files`)."""

    def __init__(self, path: Path, *, rest: Rest = breathe, search_bytes_max: int = SEARCH_BYTES_MAX) -> None:
        """Open or make the file. The folder must exist. `rest` comes between slices of encoding.

        Raises like `RecordReader`.
        """
        self.path = path
        self._rest = rest
        self._search_bytes_max = search_bytes_max
        self._last_sequence: int | None = None
        with sqlite_errors_translated(path):
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
                self._file_identity = _file_identity(path)
            except BaseException:
                self._connection.close()
                raise

    def append(self, records: Sequence[Record]) -> int:
        """Write all of these records, or none, durably. Give the last sequence number.

        Raises `UnwritableRecordError` for a record that no disk could take, and `StoreError` or `DamagedStoreError`
        when the disk does not take them (`StoreError` also if the file was removed or replaced under us).
        """
        # After a failure the file is asked again: what failed may have been written.
        last, self._last_sequence = self._last_sequence, None
        if last is None:
            last = self.last_sequence()
        if _file_identity(self.path) != self._file_identity:
            msg = f"{self.path}: the file was removed or replaced while it was in use"
            raise StoreError(msg)
        if records:
            last = self._insert(segments_of(records, last + 1, self._rest))
        self._last_sequence = last
        return last

    def _insert(self, segments: Sequence[Segment]) -> int:
        # One statement is one transaction, and one time that the interpreter's lock is handed over: beside a busy event
        # loop each costs tens of microseconds. Numbers that are taken, by a writer that should not be, are refused.
        statement = "INSERT INTO segment(first_sequence, records, first_at, last_at, body) VALUES (?, ?, ?, ?, ?)"
        statement += ", (?, ?, ?, ?, ?)" * (len(segments) - 1)
        values = [value for one in segments for value in msgspec.structs.astuple(one)]
        with sqlite_errors_translated(self.path):
            self._connection.execute(statement, values)
        return segments[-1].last_sequence

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

    def _create(self) -> None:
        # Both are kept in the file; the size of pages must be known before there is one.
        self._connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("BEGIN IMMEDIATE")
        for statement in CREATE_STATEMENTS:
            self._connection.execute(statement)
        self._connection.execute("COMMIT")


def _file_identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
