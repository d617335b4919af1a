"""What a journal file says of its chain: for shipping and for verification."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Self

from mainstay.ledger.chain import Anchor, Chain, digest_within
from mainstay.ledger.connection import connect_for_reading, user_version
from mainstay.ledger.errors import DamagedStoreError, StoreError, sqlite_errors_translated
from mainstay.ledger.schema import Segment, Stored

CHECKPOINTS_MAX: Final = 1_000
"""Most checkpoints that one question gives."""

FIRST_CHAINED_VERSION: Final = 2

COLUMNS: Final = "first_sequence, records, first_at, last_at, body, previous, digests, digest"
COLUMNS_BEFORE_CHAINS: Final = "first_sequence, records, first_at, last_at, body"

# SQLite lets any value stand in any column.
SEGMENT_TYPES: Final = (int, int, float, float, bytes, bytes, bytes, bytes)
CHAIN_TYPES: Final = (str, str, int, float, str, int, bytes, int, bytes)

Segments = Generator[Segment, None, None]


class ChainReader:
    """Reads one journal file, also while a gateway writes it.

    Each method raises `StoreError` if the file cannot be read and `DamagedStoreError` if it is broken; the constructor
    also raises `NewerStoreError`. A method may be called from any thread, but only from one at a time.
    """

    def __init__(self, path: Path) -> None:
        """Open an existing file for reading only."""
        self.path = path
        self._columns: str | None = None
        self._connection = connect_for_reading(path)

    def chain(self) -> Chain:
        """Whose records these are. `StoreError` for a file that its gateway has not migrated yet."""
        return self._chain_and_anchor()[0]

    def anchor(self) -> Anchor:
        """Where the records that are kept begin. `StoreError` for a file that its gateway has not migrated yet."""
        return self._chain_and_anchor()[1]

    def last_sequence(self) -> int:
        """Give the sequence number of the newest record, 0 if there is none."""
        return self._number(
            "SELECT COALESCE("
            "(SELECT first_sequence + records - 1 FROM segment ORDER BY first_sequence DESC LIMIT 1), 0)"
        )

    def end(self) -> Anchor:
        """The place of the newest record; the anchor if there is none."""
        with closing(self._segments("ORDER BY first_sequence DESC LIMIT 1", ())) as segments:
            newest = next(segments, None)
        return self.anchor() if newest is None else Anchor(newest.last_sequence, newest.digest)

    def segments_after(self, sequence: int, bytes_max: int) -> list[Segment]:
        """Segments in order that hold the records after the one with this number, as many as make `bytes_max` bytes,
        but at least one if there is one. The first may hold some records up to that number too.

        Damage ends the answer early; it is raised where nothing comes before it.
        """
        which = (
            "WHERE first_sequence >= COALESCE((SELECT MAX(first_sequence) FROM segment WHERE first_sequence <= ?), 0) "
            "ORDER BY first_sequence"
        )
        found: list[Segment] = []
        with closing(self._segments(which, (sequence + 1,))) as segments:
            try:
                for segment in segments:
                    if segment.last_sequence > sequence:
                        found.append(segment)
                        bytes_max -= len(segment.body)
                    if found and bytes_max <= 0:
                        break
            except DamagedStoreError:
                if not found:
                    raise
        return found

    def digest_at(self, sequence: int) -> bytes | None:
        """The hash after this record, computed from the record itself; `None` if it is not in the file."""
        anchor = self.anchor()
        if sequence == anchor.sequence:
            return anchor.digest
        which = "WHERE first_sequence <= ? ORDER BY first_sequence DESC LIMIT 1"
        with closing(self._segments(which, (sequence,))) as segments:
            segment = next(segments, None)
        if segment is None or segment.last_sequence < sequence:
            return None
        try:
            return digest_within(segment, sequence)
        except DamagedStoreError as error:
            raise DamagedStoreError(f"{self.path}: {error}") from error

    def checkpoints_after(self, sequence: int) -> list[str]:
        """The first `CHECKPOINTS_MAX` signed checkpoints of records after the one with this number, in order."""
        return [statement for _sequence, statement in self.numbered_checkpoints_after(sequence)]

    def numbered_checkpoints_after(self, sequence: int) -> list[tuple[int, str]]:
        """The same, each with the number that the file keeps beside it."""
        self._require_chain()
        question = "SELECT sequence, statement FROM checkpoint WHERE sequence > ? ORDER BY sequence LIMIT ?"
        return [(int(row[0]), str(row[1])) for row in self._rows(question, sequence, CHECKPOINTS_MAX)]

    def segments(self) -> Segments:
        """All segments, in order, one at a time."""
        return self._segments("NOT INDEXED ORDER BY first_sequence", ())

    def damage(self) -> str | None:
        """What SQLite itself finds wrong with the file, by reading all of it; `None` if nothing."""
        answer = str(self._rows("PRAGMA integrity_check(1)")[0][0])
        return None if answer == "ok" else f"{self.path}: {answer}"

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let every answer of the block be of one instant, whatever is written meanwhile. The file's log grows as long
        as the block lasts."""
        with sqlite_errors_translated(self.path):
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            with sqlite_errors_translated(self.path):
                self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file. Nothing may be asked afterwards."""
        with sqlite_errors_translated(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        """Use as `with RecordReader(path) as reader`."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close at the end of the block."""
        self.close()

    def _chain_and_anchor(self) -> tuple[Chain, Anchor]:
        self._require_chain()
        rows = self._rows(
            "SELECT id, gateway, worker, begun_at, follows, follows_sequence, follows_digest, "
            "anchor_sequence, anchor_digest FROM chain LIMIT 2"
        )
        if len(rows) != 1:
            raise DamagedStoreError(f"{self.path}: {len(rows)} chains are named, one should be")
        row = rows[0]
        if tuple(map(type, row)) != CHAIN_TYPES:
            raise DamagedStoreError(f"{self.path}: what names the chain was altered")
        return Chain(*row[:7]), Anchor(*row[7:])

    def _require_chain(self) -> None:
        with sqlite_errors_translated(self.path):
            version = user_version(self._connection)
        if version < FIRST_CHAINED_VERSION:
            raise StoreError(
                f"{self.path}: written by an older version of Mainstay and not chained yet; the gateway does that when "
                "it starts"
            )

    def _segments(self, which: str, values: tuple[object, ...]) -> Segments:
        # `which` is a constant of this floor; what callers give is bound, never pasted in.
        question = f"SELECT {self._segment_columns()} FROM segment {which}"  # noqa: S608
        with sqlite_errors_translated(self.path), closing(self._connection.execute(question, values)) as rows:
            for row in rows:
                if tuple(map(type, row)) != SEGMENT_TYPES[: len(row)]:
                    raise DamagedStoreError(f"{self.path}: segment {row[0]!r} was altered: a column has another type")
                yield Segment(*row)

    def _segment_columns(self) -> str:
        """What can be asked of a segment. A file of the first version gets the other columns while we look at it."""
        if self._columns == COLUMNS:
            return COLUMNS
        names = {row[1] for row in self._rows("PRAGMA table_info(segment)")}
        self._columns = COLUMNS if "digest" in names else COLUMNS_BEFORE_CHAINS
        return self._columns

    def _stored(self, segment: Segment, skip: int = 0) -> Iterator[Stored]:
        try:
            yield from segment.stored(skip)
        except DamagedStoreError as error:
            raise DamagedStoreError(f"{self.path}: {error}") from error

    def _rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        with sqlite_errors_translated(self.path):
            return self._connection.execute(question, values).fetchall()

    def _number(self, question: str, *values: object) -> int:
        with sqlite_errors_translated(self.path):
            return int(self._connection.execute(question, values).fetchone()[0])
