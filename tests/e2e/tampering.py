"""Somebody who may write where records are kept, and what they do there behind everybody's back."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
from typer.testing import CliRunner, Result

from mainstay.cli.main import app
from mainstay.ledger.chain import Anchor, chained, linked
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.checkpoint import SigningKey
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_or_make_signing_key
from mainstay.ledger.files import journal_path
from mainstay.ledger.head import Witness, head_path, write_head
from mainstay.ledger.marks import mark_path, marks_folder
from mainstay.ledger.schema import Segment
from mainstay.ledger.store.database import Value
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.sql import SqlStore

STORE_VARIABLE = "STORE"
COMPANIONS = ("", "-wal", "-shm")
FILE = """
state: {state}
{store}
upstreams: {{alpha: {{dialect: anthropic, base_url: "http://127.0.0.1:9"}}}}
models: {{claude: {{candidates: [{{upstream: alpha}}]}}}}
"""


class Evidence:
    """A state folder, and the store that goes with it: PostgreSQL at `dsn`, or SQLite in the folder."""

    def __init__(self, state: Path, dsn: str | None = None) -> None:
        self.state = state
        self.dsn = dsn
        self.journal = journal_path(state, 0)
        self.head = head_path(self.journal)
        with ChainReader(self.journal) as reader:
            self.chain = reader.chain()
            self.end = reader.end()
        self.mark = mark_path(marks_folder(state), self.chain.id)

    @property
    def name(self) -> str:
        """The name of the chain."""
        return self.chain.id

    def verify(self, *options: str) -> Result:
        """What `mainstay audit verify` says."""
        file = self.state.parent / f"{self.state.name}.yaml"
        store = "" if self.dsn is None else f"store: env:{STORE_VARIABLE}"
        file.write_text(FILE.format(state=self.state, store=store))
        arguments = ["audit", "verify", "-c", str(file), *options]
        return CliRunner().invoke(app, arguments, env={STORE_VARIABLE: self.dsn or ""})

    # -- the journal

    def segments(self) -> list[Segment]:
        """Its rows."""
        with ChainReader(self.journal) as reader:
            return list(reader.segments())

    def some(self, share: float = 0.5) -> Segment:
        """A row of several records about there; never the first and never one of the newest."""
        segments = [one for one in self.segments() if one.records > 2]
        return segments[1 + int((len(segments) - 4) * share)]

    def journal_sql(self, statement: str, *values: object) -> None:
        """Do something to the journal."""
        _sql(self.journal, statement, values)

    def write(self, segments: Sequence[Segment]) -> None:
        """Let the journal have these rows and no others."""
        with closing(sqlite3.connect(self.journal)) as connection, connection:
            connection.execute("DELETE FROM segment")
            connection.executemany(
                "INSERT INTO segment(first_sequence, records, first_at, last_at, body, previous, digests, digest) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [msgspec.structs.astuple(one) for one in segments],
            )

    def rechain(self, changed: Segment) -> None:
        """Put a changed row in place of the one with its number, and compute every hash from there to the end."""
        segments: list[Segment] = []
        for one in self.segments():
            if one.first_sequence < changed.first_sequence:
                segments.append(one)
                continue
            now = changed if one.first_sequence == changed.first_sequence else one
            first = segments[-1].last_sequence + 1
            segments.append(linked(msgspec.structs.replace(now, first_sequence=first), segments[-1].digest))
        self.write(segments)

    def next_checkpoint(self, sequence: int) -> int:
        """The record, this one or a later one, of which somebody has signed what it was."""
        with ChainReader(self.journal) as reader:
            later = reader.numbered_checkpoints_after(sequence - 1)
        return later[0][0] if later else self.end.sequence

    def signed(self, sequence: int, key: SigningKey) -> str:
        """A statement about a record, signed with this key."""
        with ChainReader(self.journal) as reader:
            place = Anchor(sequence, reader.digest_at(sequence) or b"")
        return Witness(key, self.head, lambda: 5_000.0).statement(self.chain, place)

    def sign_anew(self, key: SigningKey | None = None) -> None:
        """Sign head and checkpoints for what the journal holds now, with the machine's own key if none is given."""
        key = key or read_or_make_signing_key(checkpoint_keys_folder(self.state))
        with ChainReader(self.journal) as reader:
            numbers = [sequence for sequence, _ in reader.numbered_checkpoints_after(0)]
            end = reader.end().sequence
        for number in numbers:
            statement = self.signed(number, key)
            self.journal_sql("UPDATE checkpoint SET statement = ? WHERE sequence = ?", statement, number)
        write_head(self.head, self.signed(end, key))

    def remove_journal(self) -> None:
        """Delete the file, and leave everything else."""
        for companion in COMPANIONS:
            Path(f"{self.journal}{companion}").unlink(missing_ok=True)

    def put_back(self, old: "Evidence", *paths: Path) -> None:
        """Restore an old copy of these files."""
        for path in paths:
            path.unlink(missing_ok=True)
            for companion in COMPANIONS if path.suffix == ".sqlite" else ("",):
                Path(f"{path}{companion}").unlink(missing_ok=True)
                source = old.state / f"{path.relative_to(self.state)}{companion}"
                if source.exists():
                    shutil.copy(source, f"{path}{companion}")

    # -- the store

    @contextmanager
    def opened_store(self) -> Iterator[Callable[..., list[tuple[object, ...]]]]:
        """Gives what does something to the store: a statement, and its values."""
        store = open_store(self.dsn, self.state)
        assert isinstance(store, SqlStore)
        with closing(store):
            yield lambda statement, *values: store._database.rows(statement, values)

    def store_sql(self, statement: str, *values: Value) -> list[tuple[object, ...]]:
        """Do one thing to the store."""
        with self.opened_store() as sql:
            return sql(statement, *values)

    def at(self, sequence: int, statement: str, *values: Value) -> None:
        """Do something to one record or checkpoint of the chain in the store."""
        self.store_sql(f"{statement} WHERE chain = ? AND sequence = ?", *values, self.name, sequence)

    def shipped(self) -> int:
        """How far the store is."""
        with closing(open_store(self.dsn, self.state, read_only=True)) as store:
            return store.position(self.name).sequence

    def line(self, sequence: int) -> bytes:
        """A record's line in the store."""
        return self._stored("body", sequence)[0]

    def digest(self, sequence: int) -> bytes:
        """The chain's hash after a record, in the store."""
        return self._stored("hash", sequence)[0]

    def rechain_store(self, sequence: int, line: bytes) -> None:
        """Put another line in place of a record's, and compute every hash from there to the end."""
        _, *lines = self._stored("body", sequence, self.shipped())
        digests = chained(self.digest(sequence - 1), [line, *lines])
        with self.opened_store() as sql:
            sql("UPDATE record SET body = ? WHERE chain = ? AND sequence = ?", line, self.name, sequence)
            for number, digest in enumerate(digests, sequence):
                sql("UPDATE record SET hash = ? WHERE chain = ? AND sequence = ?", digest, self.name, number)
            sql("UPDATE chain SET reached_digest = ? WHERE id = ?", digests[-1], self.name)

    def _stored(self, column: str, first: int, last: int = 0) -> list[bytes]:
        between = f"SELECT {column} FROM record WHERE chain = ? AND sequence BETWEEN ? AND ? ORDER BY sequence"  # noqa: S608
        rows = self.store_sql(between, self.name, first, max(first, last))
        return [row[0] for row in rows if isinstance(row[0], bytes)]


def altered(line: bytes) -> bytes:
    """The same line with another figure in it."""
    changed = line.replace(b'"at":1', b'"at":2', 1)
    assert changed != line
    return changed


def with_line(segment: Segment, number: int, change: Callable[[bytes], bytes]) -> Segment:
    """A row one of whose lines is changed; what it says of itself beside its hashes fits."""
    lines = segment.lines()
    lines[number] = change(lines[number])
    return of_lines(segment, lines)


def of_lines(segment: Segment, lines: Sequence[bytes]) -> Segment:
    """A row with other lines; what it says of itself beside its hashes fits."""
    body = b"".join(line + b"\n" for line in lines)
    bare = msgspec.structs.replace(segment, records=len(lines), body=body)
    instants = [row.at for row in bare.stored()]
    return msgspec.structs.replace(bare, first_at=min(instants), last_at=max(instants))


def _sql(path: Path, statement: str, values: Sequence[object]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement, values)
