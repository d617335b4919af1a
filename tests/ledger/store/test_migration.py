"""Stores of other versions, in both databases: older ones are migrated, newer ones refused by name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mainstay.ledger.errors import NewerStoreError, StoreError
from mainstay.ledger.store.database import Database
from mainstay.ledger.store.errors import MissingStoreError
from mainstay.ledger.store.migration import Steps, migrate, refuse_newer_store, refuse_older_store
from mainstay.ledger.store.port import ALL, EVERY_LINE
from mainstay.ledger.store.postgres import LIMITS, PostgresDatabase
from mainstay.ledger.store.postgres_steps import STEPS as POSTGRES_STEPS
from mainstay.ledger.store.rows import rows_of
from mainstay.ledger.store.sql import SqlStore
from mainstay.ledger.store.sqlite import STEPS as SQLITE_STEPS
from mainstay.ledger.store.sqlite import SqliteDatabase
from tests.ledger.conftest import attempt
from tests.ledger.store.conftest import CHAIN, chained_segments

KNOWN = len(SQLITE_STEPS)
LATER = ("ALTER TABLE record ADD COLUMN later text", "CREATE TABLE latest(name text)")
FAILING = ("ALTER TABLE record ADD COLUMN later text", "CREATE TABLE record(name text)")

OpenAt = Callable[..., Database]


@pytest.fixture
def open_at(dsn: str | None, tmp_path: Path) -> OpenAt:
    """Opens the test's database as a version that knows so many further steps than this one."""

    def opening(*further: tuple[str, ...], read_only: bool = False, known: int = KNOWN) -> Database:
        steps: Steps = (*(SQLITE_STEPS if dsn is None else POSTGRES_STEPS)[:known], *further)
        if dsn is None:
            return SqliteDatabase(tmp_path / "ledger.sqlite", read_only=read_only, steps=steps)
        return PostgresDatabase(dsn, read_only=read_only, steps=steps)

    return opening


def version_of(database: Database) -> str:
    return str(database.rows("SELECT value FROM meta WHERE name = 'schema'")[0][0])


def test_an_older_store_is_migrated_and_keeps_what_it_has(open_at: OpenAt) -> None:
    old = SqlStore(open_at())
    old.append(CHAIN, chained_segments(CHAIN, [attempt()]))
    old.close()
    migrated = open_at(LATER)
    assert version_of(migrated) == str(KNOWN + 1)
    assert migrated.rows("SELECT id, later FROM record") == [("ex_1-1", None)]
    migrated.close()
    again = open_at(LATER)
    assert version_of(again) == str(KNOWN + 1)
    again.close()


def test_a_store_of_the_first_version_gets_streams_spans_and_the_newest_first(open_at: OpenAt) -> None:
    old = open_at(known=1)
    old.insert(CHAIN.id, rows_of(CHAIN.id, chained_segments(CHAIN, [attempt()])))
    old.close()
    migrated = SqlStore(open_at())
    assert migrated.append_event("incident/INC-1", 1, "ev_1", 1.0, b"{}")
    assert migrated.save_spans("tallies", 0, 1, [])
    assert [row.id for row in migrated.newest(ALL, EVERY_LINE, None, 9, 9).rows] == ["ex_1-1"]
    migrated.close()


def test_a_migration_may_take_its_time_and_nothing_else(postgres: str) -> None:
    slow = ("CREATE TABLE told AS SELECT current_setting('statement_timeout') AS limit_of_migration",)
    database = PostgresDatabase(postgres, steps=(*POSTGRES_STEPS, slow))
    assert database.rows("SELECT limit_of_migration FROM told") == [("54min",)]
    assert database.rows("SHOW statement_timeout") == [("4500ms",)]
    assert database._connection.answer_seconds == LIMITS.answer_seconds
    database.close()


def test_a_newer_store_is_refused_by_name_and_not_touched(open_at: OpenAt) -> None:
    open_at(LATER).close()
    for read_only in (False, True):
        with pytest.raises(
            NewerStoreError, match=rf"newer version of Mainstay \(schema {KNOWN + 1}, this version knows {KNOWN}\)"
        ):
            open_at(read_only=read_only)
    left = open_at(LATER)
    assert version_of(left) == str(KNOWN + 1)
    left.close()


def test_a_step_that_fails_leaves_nothing_of_itself(open_at: OpenAt) -> None:
    open_at().close()
    with pytest.raises(StoreError, match="already exists"):
        open_at(FAILING)
    left = open_at()
    assert version_of(left) == str(KNOWN)
    with pytest.raises(StoreError, match="later"):
        left.rows("SELECT later FROM record")
    left.close()


def test_who_only_reads_makes_and_migrates_nothing(open_at: OpenAt) -> None:
    with pytest.raises(MissingStoreError, match="there is no store yet"):
        open_at(read_only=True)
    open_at().close()
    with pytest.raises(
        StoreError, match=rf"older version of Mainstay \(schema {KNOWN}, this version needs {KNOWN + 1}\)"
    ):
        open_at(LATER, read_only=True)
    reader = open_at(read_only=True)
    with pytest.raises(StoreError, match=r"read-?only"):
        reader.rows("INSERT INTO meta(name, value) VALUES ('a', 'b')")
    reader.close()


def test_the_missing_steps_are_done_in_order_and_noted() -> None:
    done: list[str] = []
    migrate("it", 1, (("first",), ("second", "third"), ("fourth",)), lambda text, _values: done.append(text))
    assert done[:3] == ["second", "third", "fourth"]
    assert len(done) == 4
    migrate("it", 3, (("first",), ("second",), ("third",)), lambda text, _values: done.append(text))
    assert len(done) == 4


def test_versions_are_told_apart() -> None:
    steps = (("first",), ("second",))
    refuse_newer_store("it", 2, steps)
    refuse_older_store("it", 2, steps)
    with pytest.raises(NewerStoreError):
        refuse_newer_store("it", 3, steps)
    with pytest.raises(MissingStoreError):
        refuse_older_store("it", 0, steps)
