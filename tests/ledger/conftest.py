"""Shared by all tests of records at rest: small records with names that can be told apart."""

import sqlite3
from pathlib import Path

from mainstay.ledger.files import JournalFile
from mainstay.ledger.sqlite import RecordStore
from mainstay.model.records import AlertRecord, AttemptRecord, BreakerRecord, ExchangeRecord


def attempt(number: int = 1, exchange: str = "ex_1", at: float = 1_000.0) -> AttemptRecord:
    return AttemptRecord(
        id=f"{exchange}-{number}",
        at=at,
        exchange=exchange,
        number=number,
        upstream="anthropic",
        model="claude",
        credential="main",
        dialect="anthropic",
        chosen="first choice",
        outcome="served",
        status=200,
    )


def exchange(identity: str = "ex_1", at: float = 1_000.0) -> ExchangeRecord:
    return ExchangeRecord(
        id=identity,
        at=at,
        tenant="",
        workload="default",
        dialect="anthropic",
        kind="answer",
        stream=True,
        model_asked="claude",
        outcome="answered",
        status=200,
        model_served="claude",
        upstream="anthropic",
        attempts=1,
    )


def alert(identity: str = "al_1", at: float = 1_000.0, exchange: str = "") -> AlertRecord:
    return AlertRecord(
        id=identity,
        at=at,
        kind="billing",
        upstream="anthropic",
        model="claude",
        credential="main",
        message="the credit is used up",
        exchange=exchange,
    )


def breaker(state: str, at: float = 1_000.0, credential: str = "main") -> BreakerRecord:
    return BreakerRecord(
        id=f"br_{state}_{at}",
        at=at,
        upstream="anthropic",
        model="claude",
        credential=credential,
        state=state,
        reason="5 failures in a row",
    )


def new_journal(path: Path, commits: int = 1, records: int = 5, *, files: bool = False) -> None:
    """A journal with so many commits of so many records each; with head and checkpoints if it is made by `files`."""
    journal = JournalFile(path, lambda: 5_000.0)
    with journal.open() if files else RecordStore(path) as store:
        for commit in range(commits):
            store.append([attempt(number, f"ex_{commit}", at=float(number)) for number in range(records)])
    journal.release()


VERSION_1 = (
    """CREATE TABLE segment(
        first_sequence INTEGER PRIMARY KEY,
        records INTEGER NOT NULL,
        first_at REAL NOT NULL,
        last_at REAL NOT NULL,
        body BLOB NOT NULL
    )""",
    "CREATE INDEX segment_last_at ON segment(last_at, first_at)",
    "PRAGMA user_version = 1",
)


def write_version_1(path: Path, records: int, size: int = 100) -> list[bytes]:
    """A journal as the first version wrote it, by SQL and nothing of ours. Give its lines."""
    line = b'{"type":"process","id":"pr_%d","at":%d.5,"role":"r","event":"e","version":"1"}'
    lines = [line % (number, number) for number in range(records)]
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA page_size = 8192")
    connection.execute("PRAGMA journal_mode = WAL")
    for statement in VERSION_1:
        connection.execute(statement)
    for start in range(0, records, size):
        some = lines[start : start + size]
        row = (start + 1, len(some), start + 0.5, start + len(some) - 0.5, b"\n".join(some) + b"\n")
        connection.execute("INSERT INTO segment VALUES (?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()
    return lines
