import sqlite3
from pathlib import Path

import pytest

from mainstay.ledger.chain import Anchor, chained, genesis, verify_segment
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.migration import SLICE_BYTES
from mainstay.ledger.reader import RecordReader
from mainstay.ledger.sqlite import RecordStore
from tests.ledger.conftest import attempt, write_version_1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal-0.sqlite"


class CutOffError(Exception):
    pass


def verified(path: Path) -> list[bytes]:
    """All lines of a journal whose chain holds."""
    lines: list[bytes] = []
    with ChainReader(path) as reader:
        place = reader.anchor()
        assert place == Anchor(0, genesis(reader.chain().id))
        for segment in reader.segments():
            assert verify_segment(segment, place.digest, place.sequence + 1) is None
            place = Anchor(segment.last_sequence, segment.digest)
            lines += segment.lines()
        assert reader.damage() is None
    return lines


@pytest.mark.parametrize("records", [0, 1, 250])
def test_an_old_journal_gets_its_chain_with_the_next_record(path: Path, records: int) -> None:
    lines = write_version_1(path, records)
    with RecordStore(path) as store:
        assert not store.is_chained
        assert store.last_sequence() == records
        assert store.append([attempt()]) == records + 1
        assert [store.is_chained] == [True]
        assert store.digest_at(records) == [genesis(store.chain().id), *chained(genesis(store.chain().id), lines)][-1]
    assert verified(path)[:-1] == lines


def test_an_old_journal_is_read_as_before_until_it_is_migrated(path: Path) -> None:
    write_version_1(path, 250)
    with RecordReader(path) as reader:
        assert [row.id for row in reader.tail(2)] == ["pr_248", "pr_249"]
        assert [row.id for row in reader.newest_since("process", 249.0, 9)] == ["pr_249"]
        assert len(reader.since(0)) == reader.count() == 250


def test_a_migration_that_was_cut_off_goes_on_where_it_stopped(path: Path) -> None:
    many = 4 * SLICE_BYTES // 70
    lines = write_version_1(path, many, size=4_000)
    slices = 0

    def cut_off() -> None:
        nonlocal slices
        slices += 1
        raise CutOffError

    names = set()
    for _ in range(20):
        with RecordStore(path, rest=cut_off) as store:
            if store.is_chained:
                break
            try:
                store.append([])
            except CutOffError:
                names.add(store._rows("SELECT id FROM chain")[0][0])
    assert 2 < slices < 10
    assert len(names) == 1
    assert verified(path) == lines


def test_until_its_end_the_file_is_one_of_the_first_version(path: Path) -> None:
    write_version_1(path, 250)

    def cut_off() -> None:
        raise CutOffError

    with RecordStore(path, rest=cut_off) as store, pytest.raises(CutOffError):
        store.append([attempt()])
    older = sqlite3.connect(path)
    assert older.execute("PRAGMA user_version").fetchone() == (1,)
    # What the first version does to append.
    line = b'{"type":"process","id":"late","at":1.0,"role":"r","event":"e","version":"1"}\n'
    insert = "INSERT INTO segment(first_sequence, records, first_at, last_at, body) VALUES (?, ?, ?, ?, ?)"
    older.execute(insert, (251, 1, 1.0, 1.0, line))
    older.commit()
    older.close()
    with RecordStore(path) as store:
        assert store.append([attempt()]) == 252
    assert len(verified(path)) == 252


@pytest.mark.parametrize(
    ("spoiling", "says"),
    [
        ("DELETE FROM segment WHERE first_sequence = 101", "records 101 to 200 are missing"),
        ("UPDATE segment SET records = 99 WHERE first_sequence = 101", "segment 101"),
    ],
)
def test_an_old_journal_that_lost_something_is_damaged(path: Path, spoiling: str, says: str) -> None:
    write_version_1(path, 250)
    connection = sqlite3.connect(path)
    connection.execute(spoiling)
    connection.commit()
    connection.close()
    with RecordStore(path) as store, pytest.raises(DamagedStoreError, match=says):
        store.append([attempt()])
