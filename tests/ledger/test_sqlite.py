import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ledger.errors import DamagedStoreError, NewerStoreError, StoreError, UnwritableRecordError
from mainstay.ledger.schema import ROW_COLUMNS, SCHEMA_VERSION
from mainstay.ledger.sqlite import BATCH_RECORDS_MAX, RecordReader, RecordStore
from mainstay.model.records import Record
from tests.ledger.conftest import alert, attempt, exchange

SQLITE_VALUES_MAX = 32_766


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal-0.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[RecordStore]:
    with RecordStore(path) as store:
        yield store


def ids(store: RecordReader) -> list[str]:
    return [row.id for row in store.tail(1_000)]


def test_what_was_appended_is_there_in_order(store: RecordStore) -> None:
    records: list[Record] = [attempt(1), attempt(2), exchange()]
    assert store.append(records) == 3
    assert [row.record() for row in store.tail(10)] == records
    assert store.append([alert()]) == 4
    assert store.count() == store.last_sequence() == 4


def test_nothing_appended_changes_nothing(store: RecordStore) -> None:
    assert store.append([]) == 0
    assert store.append([attempt()]) == 1
    assert store.append([]) == 1


def test_tail_gives_the_last_ones_oldest_first(store: RecordStore) -> None:
    store.append([attempt(1), attempt(2), attempt(3)])
    assert [row.id for row in store.tail(2)] == ["ex_1-2", "ex_1-3"]
    assert store.tail(0) == []
    assert store.tail(-1) == []


def test_tail_of_a_kind_gives_the_newest_of_it_by_instant(store: RecordStore) -> None:
    store.append([exchange("late", at=30), attempt(at=40), exchange("early", at=10), exchange("middle", at=20)])
    assert [row.id for row in store.tail(2, "exchange")] == ["middle", "late"]


def test_since_goes_on_where_the_last_question_ended(store: RecordStore) -> None:
    store.append([attempt(number) for number in range(1, 6)])
    first = store.since(0, 2)
    then = store.since(first[-1].sequence, 10)
    assert [row.id for row in first + then] == [f"ex_1-{number}" for number in range(1, 6)]
    assert store.since(then[-1].sequence) == []


def test_newest_since_counts_from_the_end(store: RecordStore) -> None:
    store.append([alert(f"al_{at}", at=at) for at in (1, 2, 3, 4)])
    assert [row.id for row in store.newest_since("alert", 2, 10)] == ["al_2", "al_3", "al_4"]
    assert [row.id for row in store.newest_since("alert", 2, 2)] == ["al_3", "al_4"]
    assert store.newest_since("breaker", 0, 10) == []


def test_by_exchange_gives_everything_about_one_exchange(store: RecordStore) -> None:
    store.append([attempt(1, "ex_1"), attempt(1, "ex_2"), alert("al", exchange="ex_1"), exchange("ex_1"), alert("no")])
    assert [row.id for row in store.by_exchange("ex_1")] == ["ex_1-1", "al", "ex_1"]
    assert store.by_exchange("ex_3") == []


@given(sizes=st.lists(st.integers(min_value=0, max_value=40), max_size=6))
def test_batches_of_any_size_are_written_whole(sizes: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    with RecordStore(tmp_path_factory.mktemp("journal") / "j.sqlite") as store:
        for batch, size in enumerate(sizes):
            store.append([attempt(number, f"ex_{batch}") for number in range(size)])
        assert ids(store) == [f"ex_{batch}-{number}" for batch, size in enumerate(sizes) for number in range(size)]


def test_the_largest_batch_fits_into_one_statement(store: RecordStore) -> None:
    assert BATCH_RECORDS_MAX * ROW_COLUMNS <= SQLITE_VALUES_MAX
    assert store.append([attempt(number) for number in range(BATCH_RECORDS_MAX)]) == BATCH_RECORDS_MAX


def test_a_batch_with_an_unwritable_record_is_not_written_at_all(store: RecordStore) -> None:
    with pytest.raises(UnwritableRecordError) as caught:
        store.append([attempt(1), attempt(2), attempt(3, at=math.nan), attempt(4)])
    assert caught.value.position == 2
    assert store.count() == 0


def test_commits_are_durable_and_readers_do_not_wait(store: RecordStore) -> None:
    full = 2
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (full,)


def test_a_full_disk_writes_nothing_and_heals(store: RecordStore) -> None:
    store.append([attempt(0)])
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    many = [attempt(number) for number in range(1, 1_000)]
    with pytest.raises(StoreError, match="full"):
        store.append(many)
    assert ids(store) == ["ex_1-0"]
    store._connection.execute("PRAGMA max_page_count = 100000")
    assert store.append(many) == 1_000


def test_a_lock_held_by_somebody_else_is_an_error_that_passes(store: RecordStore, path: Path) -> None:
    store._connection.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        store.append([attempt()])
    other.execute("ROLLBACK")
    other.close()
    assert store.append([attempt()]) == 1


def test_a_file_that_was_removed_or_replaced_under_us_is_noticed(store: RecordStore, path: Path) -> None:
    store.append([attempt(1)])
    path.unlink()
    with pytest.raises(StoreError, match="removed or replaced"):
        store.append([attempt(2)])
    path.write_bytes(b"somebody else's")
    with pytest.raises(StoreError, match="removed or replaced"):
        store.append([attempt(2)])


def test_reopening_finds_what_was_written(path: Path) -> None:
    for number in (1, 2):
        with RecordStore(path) as store:
            store.append([attempt(number)])
    with RecordStore(path) as store:
        assert ids(store) == ["ex_1-1", "ex_1-2"]


@pytest.mark.parametrize("kind", [RecordStore, RecordReader])
def test_a_newer_file_is_refused_by_name_and_left_alone(path: Path, kind: type[RecordReader]) -> None:
    with RecordStore(path) as store:
        store._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(NewerStoreError, match=rf"{path}.*newer version of Mainstay.*schema {SCHEMA_VERSION + 1}"):
        kind(path)


@pytest.mark.parametrize("kind", [RecordStore, RecordReader])
def test_a_file_that_is_no_database_is_damaged(path: Path, kind: type[RecordReader]) -> None:
    path.write_bytes(b"certainly no database " * 100)
    with pytest.raises(DamagedStoreError):
        kind(path)


def test_a_database_of_something_else_is_not_touched(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE recipes(name)")
    other.close()
    with pytest.raises(DamagedStoreError, match="something else"):
        RecordStore(path)
    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    other.close()


def test_a_broken_newest_page_shows_itself_at_the_opening(path: Path) -> None:
    with RecordStore(path) as store:
        store.append([attempt(number) for number in range(2_000)])
    size = path.stat().st_size
    with path.open("r+b") as file:
        for offset in range(4_096, size, 4_096):
            file.seek(offset)
            file.write(b"\xff" * 512)
    with pytest.raises(DamagedStoreError):
        RecordStore(path)


def test_a_store_in_a_missing_folder_is_an_error_that_passes(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        RecordStore(tmp_path / "missing" / "journal-0.sqlite")


def test_a_reader_reads_while_the_writer_writes(store: RecordStore, path: Path) -> None:
    store.append([attempt(1)])
    with RecordReader(path) as reader:
        assert ids(reader) == ["ex_1-1"]
        store.append([attempt(2)])
        assert ids(reader) == ["ex_1-1", "ex_1-2"]


def test_a_reader_reads_a_journal_whose_writer_is_gone(path: Path) -> None:
    with RecordStore(path) as store:
        store.append([attempt(1)])
    assert list(path.parent.iterdir()) == [path]
    with RecordReader(path) as reader:
        assert ids(reader) == ["ex_1-1"]


def test_a_reader_makes_and_changes_nothing(path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        RecordReader(path)
    assert not path.exists()
    RecordStore(path).close()
    with RecordReader(path) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("DELETE FROM record")


def test_a_reader_opens_a_file_whose_name_needs_quoting(tmp_path: Path) -> None:
    path = tmp_path / "a ?b#c%20.sqlite"
    RecordStore(path).close()
    with RecordReader(path) as reader:
        assert reader.count() == 0
