"""A real server that is paused, killed, started again, and one that says no."""

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ledger.errors import DamagedStoreError, StoreError
from mainstay.ledger.store.port import ALL
from mainstay.ledger.store.postgres import APPEND_LOCK, Limits, PostgresDatabase, connect, masked, name_of
from mainstay.ledger.store.sql import SqlStore
from tests.ledger.conftest import attempt
from tests.ledger.store.conftest import CHAIN, OTHER, chained_segments
from tests.services.postgres import PASSWORD, PostgresServer

SHORT = Limits(connect_seconds=2, answer_seconds=0.5, lock_seconds=0.2)
NEVER_SECONDS = 20.0
"""Nothing here may take as long, on any machine."""


@pytest.fixture
def store(postgres: str) -> Iterator[SqlStore]:
    store = SqlStore(PostgresDatabase(postgres, limits=SHORT))
    yield store
    store.close()


@pytest.fixture
def paused(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    yield postgres_server
    postgres_server.resume()


def test_a_paused_server_fails_our_call_by_our_own_limit(store: SqlStore, paused: PostgresServer) -> None:
    began = time.monotonic()
    paused.pause()
    with pytest.raises(StoreError, match="timeout"):
        store.append(CHAIN, chained_segments(CHAIN, [attempt()]))
    assert time.monotonic() - began < NEVER_SECONDS
    began = time.monotonic()
    with pytest.raises(StoreError):
        store.position(CHAIN.id)
    store.close()
    assert time.monotonic() - began < NEVER_SECONDS


@pytest.mark.parametrize(("set_", "kept"), [("off", "on"), ("remote_write", "remote_write"), ("local", "local")])
def test_what_the_server_says_is_written_is_written(postgres: str, set_: str, kept: str) -> None:
    store = PostgresDatabase(f"{postgres}?options=-csynchronous_commit%3D{set_}")
    assert store.rows("SHOW synchronous_commit") == [(kept,)]
    store.close()


def test_a_paused_server_lets_nobody_wait_for_a_connection(postgres: str, paused: PostgresServer) -> None:
    paused.pause()
    began = time.monotonic()
    with pytest.raises(StoreError, match="timeout"):
        PostgresDatabase(postgres, limits=SHORT)
    assert time.monotonic() - began < NEVER_SECONDS


def test_what_a_paused_server_took_is_not_taken_twice(store: SqlStore, postgres: str, paused: PostgresServer) -> None:
    segments = chained_segments(CHAIN, [attempt(1)], [attempt(2)])
    store.append(CHAIN, segments[:1])
    paused.pause()
    with pytest.raises(StoreError):
        store.append(CHAIN, segments)
    paused.resume()
    again = SqlStore(PostgresDatabase(postgres))
    assert again.append(CHAIN, segments).sequence == 2
    assert [row.sequence for row in again.records(ALL, None, 9)] == [1, 2]
    again.close()


def test_a_server_that_was_killed_has_what_was_committed(
    store: SqlStore, postgres: str, paused: PostgresServer
) -> None:
    segments = chained_segments(CHAIN, [attempt(1)], [attempt(2)])
    # This server need not survive a power cut, but it must not confirm before it has written.
    store._database.rows("SET synchronous_commit = on")
    store.append(CHAIN, segments[:1])
    paused.restart()
    with pytest.raises(StoreError):
        store.append(CHAIN, segments)
    again = SqlStore(PostgresDatabase(postgres))
    assert again.position(CHAIN.id).sequence == 1
    assert again.append(CHAIN, segments).sequence == 2
    again.close()


def test_the_lock_of_another_process_is_an_error_that_passes(store: SqlStore, postgres: str) -> None:
    segments = chained_segments(CHAIN, [attempt(1)])
    with psycopg.connect(postgres) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
        with pytest.raises(StoreError, match="lock timeout"):
            store.append(CHAIN, segments)
        other.rollback()
    assert store.append(CHAIN, segments).sequence == 1


def test_a_statement_that_takes_too_long_is_given_up_by_the_server_first(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="statement timeout"):
        store._database.rows("SELECT pg_sleep(60)")
    assert store._database.rows("SELECT 1") == [(1,)]


def test_two_machines_that_ship_the_same_record_store_it_once_for_readings(postgres: str) -> None:
    began, failures = threading.Barrier(2), list[Exception]()

    def ship(chain_number: int) -> None:
        chain = (CHAIN, OTHER)[chain_number]
        store = SqlStore(PostgresDatabase(postgres))
        segments = chained_segments(chain, *([attempt(number)] for number in range(40)))
        began.wait()
        try:
            for number in range(40):
                store.append(chain, segments[number : number + 1])
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)
        store.close()

    threads = [threading.Thread(target=ship, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    store = SqlStore(PostgresDatabase(postgres))
    assert sorted(row.id for row in store.records(ALL, None, 99)) == sorted(f"ex_1-{number}" for number in range(40))
    both = [row for chain in (CHAIN, OTHER) for row in store.of_chain(chain.id, 0, 99)]
    assert len(both) == 80
    arrivals = sorted(row.arrival for row in both if not row.duplicate)
    assert [row.arrival for row in store.arrivals(ALL, 0, 99)] == arrivals
    store.close()


def test_a_schema_of_something_else_is_refused(postgres: str, postgres_server: PostgresServer) -> None:
    database = postgres.rpartition("/")[2]
    postgres_server.execute("CREATE SCHEMA mainstay", database)
    postgres_server.execute("CREATE TABLE mainstay.meta(name text, value text)", database)
    with pytest.raises(DamagedStoreError, match="something else than Mainstay's store"):
        PostgresDatabase(postgres)


def test_the_tables_of_others_are_left_alone(postgres: str, postgres_server: PostgresServer) -> None:
    database = postgres.rpartition("/")[2]
    postgres_server.execute("CREATE TABLE record(mine text)", database)
    PostgresDatabase(postgres).close()
    assert postgres_server.execute("SELECT count(*) FROM public.record", database) == [(0,)]


def test_a_page_is_planned_with_the_indexes(store: SqlStore) -> None:
    store._database.rows("SET enable_seqscan = off")
    for term, index in (
        ("kind = 'alert' AND kind NOT IN ('attempt', 'exchange')", "record_kind"),
        ("exchange = 'ex' AND exchange <> ''", "record_exchange"),
        ("at > 1", "record_at"),
    ):
        plan = store._database.rows(f"EXPLAIN SELECT 1 FROM record WHERE NOT duplicate AND {term} ORDER BY at")  # noqa: S608 - so
        assert index in str(plan), term


REFUSED = {
    "wrong password": lambda dsn: dsn.replace(PASSWORD, "wrong-canary"),
    "no such database": lambda dsn: dsn + "_not",
    "nobody listens": lambda dsn: dsn.replace("127.0.0.1:", "127.0.0.1:1"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_server_that_says_no_is_told_without_the_password(postgres: str, how: str) -> None:
    with pytest.raises(StoreError, match="PostgreSQL") as caught:
        connect(REFUSED[how](postgres), SHORT)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "dsn",
    [
        "canary",
        "postgresql://u:canary@[::1/x",
        "host=h password='canary",
        "mysql://u:canary@h/d",
        "postgresql://u:canary/x@h/d",
        "postgresql://u:x@canary@h/d",
        "port=canary",
    ],
)
def test_a_connection_string_that_is_none_is_not_quoted(dsn: str) -> None:
    with pytest.raises(StoreError) as caught:
        connect(dsn, SHORT)
    assert "canary" not in str(caught.value)


def test_no_message_of_a_working_connection_holds_the_password(store: SqlStore) -> None:
    with pytest.raises(StoreError) as caught:
        store._database.rows(f"SELECT {PASSWORD.replace('-', '_')} FROM nowhere_{PASSWORD.replace('-', '_')}")  # noqa: S608 - so
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("dsn", "name"),
    [
        ("postgresql://u:p@h:1/d", "PostgreSQL u@h:1/d"),
        ("host=h user=u password=p", "PostgreSQL u@h:5432/u"),
        ("postgresql://u:p@one,two/d?sslmode=require", "PostgreSQL u@one,two:5432/d"),
        ("nonsense=p", "PostgreSQL"),
    ],
)
def test_the_name_tells_where_and_no_secret(dsn: str, name: str) -> None:
    assert name_of(dsn) == name


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=20))
def test_the_password_is_masked_as_it_is_written_and_as_it_is_meant(password: str) -> None:
    escaped = "".join(f"%{ord(character):02X}" for character in password)
    dsn = f"postgresql://someone:{escaped}@host/database"
    assert password not in masked(f"[{password}]", dsn).replace("***", "")
    assert escaped not in masked(f"[{dsn}]", dsn)
