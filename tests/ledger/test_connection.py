import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.ledger.connection import connect_for_reading, read_text, refuse_newer, transaction, user_version
from mainstay.ledger.errors import NewerStoreError, StoreError
from mainstay.ledger.schema import SCHEMA_VERSION


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "j.sqlite", isolation_level=None)
    connection.execute("CREATE TABLE t(x INTEGER PRIMARY KEY)")
    yield connection
    connection.close()


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM t").fetchone()[0])


def test_what_is_newer_is_refused_and_nothing_else() -> None:
    refuse_newer(Path("j"), SCHEMA_VERSION)
    refuse_newer(Path("j"), 1)
    with pytest.raises(NewerStoreError, match="start that version, or name another state folder"):
        refuse_newer(Path("j"), SCHEMA_VERSION + 1)


def test_the_number_of_the_schema_is_read_from_the_file(connection: sqlite3.Connection) -> None:
    assert user_version(connection) == 0
    connection.execute("PRAGMA user_version = 7")
    assert user_version(connection) == 7


def test_a_reader_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        connect_for_reading(tmp_path / "missing.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_refused_file_is_let_go(tmp_path: Path, connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(NewerStoreError):
        connect_for_reading(tmp_path / "j.sqlite")


def test_text_that_is_none_any_more_is_read_as_something_else() -> None:
    assert read_text(b"ab\xffc") == "ab\N{REPLACEMENT CHARACTER}c"


def write(connection: sqlite3.Connection, statement: str, *numbers: int) -> None:
    with transaction(connection):
        for number in numbers:
            connection.execute(statement, (number,))


def test_a_transaction_is_whole_or_nothing(connection: sqlite3.Connection) -> None:
    write(connection, "INSERT INTO t VALUES (?)", 1)
    with pytest.raises(sqlite3.IntegrityError):
        write(connection, "INSERT INTO t VALUES (?)", 2, 1)
    assert count(connection) == 1
    assert not connection.in_transaction


def test_a_transaction_that_sqlite_ended_by_itself_raises_the_reason(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        write(connection, "INSERT OR ROLLBACK INTO t VALUES (?)", 1, 1)
    assert count(connection) == 0
