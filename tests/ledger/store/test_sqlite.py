"""What only the file does."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mainstay.ledger.errors import DamagedStoreError, StoreError
from mainstay.ledger.store import sqlite as module
from mainstay.ledger.store.port import ALL
from mainstay.ledger.store.sql import SqlStore
from mainstay.ledger.store.sqlite import SqliteDatabase
from tests.ledger.conftest import attempt
from tests.ledger.store.conftest import CHAIN, chained_segments


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_a_file_that_is_locked_by_another_process_is_an_error_that_passes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.0)
    store = SqlStore(SqliteDatabase(path))
    segments = chained_segments(CHAIN, [attempt()])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            store.append(CHAIN, segments)
        other.execute("ROLLBACK")
    assert store.append(CHAIN, segments).sequence == 1
    store.close()


def test_a_file_that_was_replaced_is_noticed_before_anything_is_written(path: Path) -> None:
    store = SqlStore(SqliteDatabase(path))
    path.unlink()
    with pytest.raises(StoreError, match="removed or replaced"):
        store.append(CHAIN, chained_segments(CHAIN, [attempt()]))
    store.close()


@pytest.mark.parametrize("content", [b"no database at all" * 100, None])
def test_a_file_of_something_else_is_refused(path: Path, content: bytes | None) -> None:
    if content is None:
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE something(id)")
    else:
        path.write_bytes(content)
    with pytest.raises(DamagedStoreError, match=r"ledger\.sqlite"):
        SqliteDatabase(path)


def test_a_value_of_another_type_is_damage(path: Path) -> None:
    store = SqlStore(SqliteDatabase(path))
    store.append(CHAIN, chained_segments(CHAIN, [attempt()]))
    store._database.rows("UPDATE record SET body = 'text'")
    with pytest.raises(DamagedStoreError, match="record 1 of 'ch_0a' was altered"):
        store.records(ALL, None, 9)
    store._database.rows("UPDATE chain SET reached_sequence = 'text'")
    with pytest.raises(DamagedStoreError, match="'ch_0a' was altered"):
        store.chains()
    store.close()


def test_what_was_appended_is_on_disk_at_once(path: Path) -> None:
    store = SqlStore(SqliteDatabase(path))
    assert store._database.rows("PRAGMA synchronous") == [(2,)]
    assert store._database.rows("PRAGMA journal_mode") == [("wal",)]
    store.close()


def test_a_question_by_kind_or_exchange_uses_its_index(path: Path) -> None:
    database = SqliteDatabase(path)
    plan = "EXPLAIN QUERY PLAN SELECT 1 FROM record WHERE NOT duplicate AND "
    rare = "kind = ? AND kind NOT IN ('attempt', 'exchange')"
    assert "record_kind" in str(database.rows(plan + rare, ("alert",)))
    assert "record_exchange" in str(database.rows(plan + "exchange = ? AND exchange <> ''", ("ex",)))
    assert "record_at" in str(database.rows(plan + "at > ? ORDER BY at, chain, sequence", (1,)))
    database.close()
