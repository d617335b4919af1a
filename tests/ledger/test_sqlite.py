import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from mainstay.ledger.checkpoint import SigningKey, verified
from mainstay.ledger.errors import DamagedStoreError, StoreError, UnwritableRecordError
from mainstay.ledger.head import Witness, head_path
from mainstay.ledger.schema import PAGE_BYTES, SEGMENT_BYTES_MAX
from mainstay.ledger.sqlite import STATEMENT_RECORDS, STATEMENT_SECONDS, RecordReader, RecordStore
from mainstay.model.records import Record
from tests.ledger.conftest import alert, attempt, exchange

KEY = SigningKey("ck_1", OKPKey.generate_key("Ed25519"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal-0.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[RecordStore]:
    with RecordStore(path) as store:
        yield store


def ids(store: RecordReader) -> list[str]:
    return [row.id for row in store.tail(10_000)]


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


@settings(max_examples=30)
@given(sizes=st.lists(st.integers(min_value=0, max_value=400), max_size=6))
def test_batches_of_any_size_are_written_whole(sizes: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    with RecordStore(tmp_path_factory.mktemp("journal") / "j.sqlite") as store:
        for batch, size in enumerate(sizes):
            store.append([attempt(number, f"ex_{batch}") for number in range(size)])
        assert ids(store) == [f"ex_{batch}-{number}" for batch, size in enumerate(sizes) for number in range(size)]


def test_a_batch_of_many_segments_is_one_commit(store: RecordStore) -> None:
    store.append([attempt()])
    statements: list[str] = []
    store._connection.set_trace_callback(statements.append)
    assert store.append([attempt(number) for number in range(5_000)]) == 5_001
    assert [statement.split("(")[0] for statement in statements] == ["INSERT INTO segment"]
    assert store._connection.execute("SELECT COUNT(*) > 1 FROM segment").fetchone() == (1,)


def test_a_record_costs_its_bytes_and_little_else(store: RecordStore, path: Path) -> None:
    records: list[Record] = [attempt(number) for number in range(4_000)]
    store.append(records)
    store.close()
    assert path.stat().st_size < 1.1 * sum(len(msgspec.json.encode(record)) for record in records)
    store._connection = sqlite3.connect(path)


class Clock:
    def __init__(self) -> None:
        self.now = 5_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signed(path: Path, clock: Clock) -> Iterator[RecordStore]:
    with RecordStore(path, witness=Witness(KEY, head_path(path), clock)) as store:
        yield store


def kept(store: RecordStore) -> list[int]:
    """The records that the checkpoints in the file are about; all of them genuine and true."""
    checkpoints = [verified(one, {"ck_1": KEY.key}) for one in store.checkpoints_after(-1)]
    assert [bytes.fromhex(one.digest) for one in checkpoints] == [store.digest_at(one.sequence) for one in checkpoints]
    return [one.sequence for one in checkpoints]


def test_a_checkpoint_is_kept_once_a_minute(signed: RecordStore, clock: Clock) -> None:
    signed.append([attempt()])
    clock.now += STATEMENT_SECONDS - 0.1
    signed.append([attempt()])
    assert kept(signed) == []
    clock.now += 0.1
    signed.append([attempt()])
    signed.append([attempt()])
    assert kept(signed) == [3]
    clock.now -= 3_600.0
    signed.append([attempt()])
    assert kept(signed) == [3, 5]


def test_a_checkpoint_is_kept_after_many_records(signed: RecordStore) -> None:
    for _ in range(7):
        signed.append([attempt()] * (STATEMENT_RECORDS // 2))
    assert kept(signed) == [STATEMENT_RECORDS, 2 * STATEMENT_RECORDS, 3 * STATEMENT_RECORDS]


def test_closing_keeps_the_last_checkpoint(path: Path, clock: Clock) -> None:
    for last in (2, 4):
        with RecordStore(path, witness=Witness(KEY, head_path(path), clock)) as store:
            store.append([attempt(), attempt()])
        with RecordStore(path) as store:
            assert kept(store)[-1] == last


def test_a_commit_that_fails_leaves_the_head_behind_the_file(signed: RecordStore, path: Path) -> None:
    signed.append([attempt()])
    before = head_path(path).read_bytes()
    signed._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="readonly"):
        signed.append([attempt()])
    assert head_path(path).read_bytes() == before
    signed._connection.execute("PRAGMA query_only = OFF")
    assert signed.append([attempt()]) == 2
    assert head_path(path).read_bytes() != before


def test_a_head_that_cannot_be_written_does_not_lose_the_commit(signed: RecordStore, path: Path) -> None:
    head_path(path).unlink()
    head_path(path).mkdir()
    assert signed.append([attempt()]) == 1
    assert signed.head_trouble is not None


def test_without_a_witness_there_is_nothing_beside_the_file(store: RecordStore, path: Path) -> None:
    store.append([attempt()])
    assert store.head_trouble is None
    assert not head_path(path).exists()


def test_encoding_rests_and_a_short_batch_does_not(path: Path) -> None:
    rests: list[int] = []
    with RecordStore(path, rest=lambda: rests.append(1)) as store:
        store.append([attempt()])
        assert rests == []
        store.append([attempt()] * 1_000)
        assert len(rests) == 9


def test_records_with_much_to_tell_are_written(store: RecordStore) -> None:
    store.append([alert("x" * (SEGMENT_BYTES_MAX // 2), at=at) for at in range(4)])
    assert [row.at for row in store.tail(9)] == [0, 1, 2, 3]


def test_a_batch_with_an_unwritable_record_is_not_written_at_all(store: RecordStore) -> None:
    with pytest.raises(UnwritableRecordError) as caught:
        store.append([attempt(number, at=math.nan if number == 999 else 0.0) for number in range(1_000)])
    assert caught.value.position == 999
    assert store.count() == 0
    assert store.append([attempt()]) == 1


def test_a_number_is_never_given_twice(store: RecordStore, path: Path) -> None:
    store.append([attempt(1)])
    with RecordStore(path) as intruder:
        intruder.append([attempt(2), attempt(3)])
    with pytest.raises(StoreError, match="UNIQUE"):
        store.append([attempt(4)])
    assert store.append([attempt(4)]) == 4
    assert ids(store) == ["ex_1-1", "ex_1-2", "ex_1-3", "ex_1-4"]


def test_commits_are_durable_and_readers_do_not_wait(store: RecordStore) -> None:
    full = 2
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (full,)
    assert store._connection.execute("PRAGMA page_size").fetchone() == (PAGE_BYTES,)


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


def test_a_database_of_something_else_is_not_touched(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE recipes(name)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(DamagedStoreError, match="something else"):
        RecordStore(path)
    assert path.read_bytes() == before


def test_a_journal_of_an_unreleased_version_is_moved_aside_like_a_damaged_one(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE record(sequence INTEGER PRIMARY KEY, body BLOB)")
    other.execute("PRAGMA user_version = 1")
    other.close()
    with pytest.raises(DamagedStoreError, match="unreleased"):
        RecordStore(path)


def test_a_broken_newest_page_shows_itself_at_the_opening(path: Path) -> None:
    with RecordStore(path) as store:
        store.append([attempt(number) for number in range(2_000)])
    size = path.stat().st_size
    with path.open("r+b") as file:
        for offset in range(PAGE_BYTES, size, PAGE_BYTES):
            file.seek(offset)
            file.write(b"\xff" * 512)
    with pytest.raises(DamagedStoreError):
        RecordStore(path)


def test_a_store_in_a_missing_folder_is_an_error_that_passes(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        RecordStore(tmp_path / "missing" / "journal-0.sqlite")
