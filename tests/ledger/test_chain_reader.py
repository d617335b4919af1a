import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.ledger.chain import Anchor, chained, genesis, verify_segment
from mainstay.ledger.chain_reader import CHECKPOINTS_MAX, ChainReader
from mainstay.ledger.errors import DamagedStoreError, StoreError
from mainstay.ledger.sqlite import RecordStore
from tests.ledger.conftest import attempt, new_journal, write_version_1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal-0.sqlite"


@pytest.fixture
def reader(path: Path) -> Iterator[ChainReader]:
    """Three commits of 250 records each: segments of 100, 100, 50."""
    new_journal(path, commits=3, records=250)
    with ChainReader(path) as reader:
        yield reader


def spoil(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement, values)
    connection.close()


def test_segments_follow_each_other_from_the_beginning_to_the_end(reader: ChainReader) -> None:
    place = reader.anchor()
    assert place == Anchor(0, genesis(reader.chain().id))
    for segment in reader.segments():
        assert verify_segment(segment, place.digest, place.sequence + 1) is None
        place = Anchor(segment.last_sequence, segment.digest)
    assert place == reader.end()
    assert place.sequence == reader.last_sequence() == 750


@pytest.mark.parametrize(
    ("sequence", "bytes_max", "ranges"),
    [
        (0, 10**9, [(1, 125), (126, 250), (251, 375), (376, 500)]),
        (99, 1, [(1, 125)]),
        (125, 1, [(126, 250)]),
        (249, 0, [(126, 250)]),
        (749, 10**9, [(626, 750)]),
        (750, 10**9, []),
        (9_999, 10**9, []),
    ],
)
def test_what_comes_after_a_record_is_given_in_bounded_parts(
    reader: ChainReader, sequence: int, bytes_max: int, ranges: list[tuple[int, int]]
) -> None:
    given = reader.segments_after(sequence, bytes_max)
    assert [(one.first_sequence, one.last_sequence) for one in given][: len(ranges)] == ranges


def test_a_chain_is_read_in_order_by_asking_again_and_again(reader: ChainReader) -> None:
    sequence, seen = 0, 0
    while segments := reader.segments_after(sequence, 60_000):
        assert segments[0].first_sequence == sequence + 1
        seen += sum(one.records for one in segments)
        sequence = segments[-1].last_sequence
    assert seen == 750


def test_no_row_is_read_beyond_the_bytes_that_were_asked_for(path: Path, reader: ChainReader) -> None:
    first, second = reader.segments_after(0, 10**9)[:2]
    spoil(path, "UPDATE segment SET body = 'a text' WHERE first_sequence = ?", second.last_sequence + 1)
    assert reader.segments_after(0, 0) == [first]
    assert reader.segments_after(first.last_sequence, len(second.body)) == [second]


def test_what_comes_before_damage_is_given(path: Path, reader: ChainReader) -> None:
    before = reader.segments_after(0, 10**9)[:2]
    damaged = before[-1].last_sequence + 1
    spoil(path, "UPDATE segment SET body = 'a text' WHERE first_sequence = ?", damaged)
    assert reader.segments_after(0, 10**9) == before
    with pytest.raises(DamagedStoreError, match=f"segment {damaged} was altered"):
        reader.segments_after(damaged - 1, 10**9)


def test_the_hash_after_any_record_is_computed_from_the_records(reader: ChainReader) -> None:
    digests = chained(reader.anchor().digest, [line for one in reader.segments() for line in one.lines()])
    for sequence in (1, 99, 100, 101, 250, 251, 749, 750):
        assert reader.digest_at(sequence) == digests[sequence - 1]
    assert reader.digest_at(0) == reader.anchor().digest
    assert reader.digest_at(751) is None


def test_a_young_chain_has_its_name_and_nothing_else(path: Path) -> None:
    RecordStore(path).close()
    with ChainReader(path) as reader:
        assert reader.end() == reader.anchor() == Anchor(0, genesis(reader.chain().id))
        assert list(reader.segments()) == reader.segments_after(0, 10**9) == []
        assert reader.checkpoints_after(0) == []
        assert reader.damage() is None


def test_checkpoints_are_given_in_order_and_in_bounded_parts(path: Path) -> None:
    RecordStore(path).close()
    connection = sqlite3.connect(path)
    connection.executemany("INSERT INTO checkpoint VALUES (?, ?)", [(n, f"s{n}") for n in range(2_500, 0, -1)])
    connection.commit()
    connection.close()
    with ChainReader(path) as reader:
        assert len(reader.checkpoints_after(0)) == CHECKPOINTS_MAX
        assert reader.checkpoints_after(0)[:2] == ["s1", "s2"]
        assert reader.numbered_checkpoints_after(2_498) == [(2_499, "s2499"), (2_500, "s2500")]


def test_a_file_of_the_first_version_has_no_chain_yet_and_can_be_read(path: Path) -> None:
    write_version_1(path, 250)
    with ChainReader(path) as reader:
        for question in (reader.chain, reader.anchor, lambda: reader.checkpoints_after(0)):
            with pytest.raises(StoreError, match="not chained yet; the gateway does that when it starts"):
                question()
        assert [one.records for one in reader.segments_after(0, 10**9)] == [100, 100, 50]
        with RecordStore(path) as store:
            store.append([attempt()])
        # Migrated under our eyes.
        assert reader.end().sequence == 251
        assert reader.digest_at(251) == reader.end().digest


def test_answers_of_a_block_are_of_one_instant(path: Path, reader: ChainReader) -> None:
    with reader.frozen():
        before = reader.end()
        with RecordStore(path) as store:
            store.append([attempt()])
        assert reader.end() == before
    assert reader.end().sequence == 751


@pytest.mark.parametrize("value", ["text", 7, 7.5])
@pytest.mark.parametrize("column", ["body", "previous", "digest", "digests"])
def test_a_column_of_another_type_is_damage(path: Path, column: str, value: object) -> None:
    new_journal(path)
    spoil(path, f"UPDATE segment SET {column} = ?", value)  # noqa: S608
    with ChainReader(path) as reader, pytest.raises(DamagedStoreError, match="segment 1 was altered"):
        reader.end()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM chain", "0 chains are named"),
        ("INSERT INTO chain SELECT * FROM chain", "2 chains are named"),
        ("UPDATE chain SET anchor_digest = 'text'", "what names the chain was altered"),
        ("UPDATE chain SET worker = 'text'", "what names the chain was altered"),
    ],
)
def test_a_chain_that_does_not_know_its_name_is_damage(path: Path, statement: str, says: str) -> None:
    new_journal(path)
    spoil(path, statement)
    with ChainReader(path) as reader, pytest.raises(DamagedStoreError, match=says):
        reader.chain()


def test_damage_below_the_rows_is_told(path: Path) -> None:
    new_journal(path, records=250)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("DELETE FROM sqlite_master WHERE name = 'segment_last_at'")
    connection.close()
    with ChainReader(path) as reader:
        damage = reader.damage()
    assert damage is not None
    assert "journal-0.sqlite" in damage
