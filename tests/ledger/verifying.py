"""A small state folder, ways to spoil it behind its writer's back, and ways to look at what is found."""

import shutil
import sqlite3
from pathlib import Path

from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_public_keys
from mainstay.ledger.marks import Mark, marks_folder, write_mark
from mainstay.ledger.verify import Finding, verify_journal
from tests.ledger.conftest import new_journal

COLUMNS = ("first_sequence", "records", "first_at", "last_at", "previous", "digest", "digests", "body")


def copied(original: Path, state: Path) -> Path:
    shutil.rmtree(state, ignore_errors=True)
    shutil.copytree(original, state)
    return state


def edit(path: Path, statement: str, *values: object) -> int:
    """Run SQL on the file behind its writer's back; give how many rows it changed."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return connection.execute(statement, values).rowcount
    finally:
        connection.close()


def findings(path: Path) -> list[Finding]:
    keys = read_public_keys(checkpoint_keys_folder(path.parent))
    return list(verify_journal(path, keys, marks_folder(path.parent)))


def broken(path: Path) -> Finding:
    (finding,) = findings(path)
    assert finding.severity == "broken"
    return finding


def unknown(path: Path) -> str:
    first, last = findings(path)
    assert (first.severity, last.severity) == ("unknown", "note")
    return first.what


def is_sound(path: Path) -> bool:
    return [finding.severity for finding in findings(path)] == ["note"]


def chain_of(path: Path) -> str:
    with ChainReader(path) as reader:
        return reader.chain().id


def digest_at(path: Path, sequence: int) -> str:
    with ChainReader(path) as reader:
        return (reader.digest_at(sequence) or b"").hex()


def mark(path: Path, sequence: int, digest: str = "") -> None:
    chain = chain_of(path)
    write_mark(marks_folder(path.parent), Mark(chain, sequence, digest or digest_at(path, sequence), 0.0))


def make_original(state: Path) -> Path:
    """4 commits of 20 records, a checkpoint at the end and one at 40, all in the main file."""
    path = state / "journal-0.sqlite"
    new_journal(path, commits=2, records=20, files=True)
    new_journal(path, commits=2, records=20, files=True)
    edit(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    return state
