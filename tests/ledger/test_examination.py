import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.ledger.chain import genesis
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.checkpoint import Checkpoint
from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.examination import HEAD_ALERT, MARK_ALERT, contradiction, examine
from mainstay.ledger.marks import Mark, mark_path, write_mark
from tests.ledger.conftest import new_journal


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    return tmp_path / "shipped"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[ChainReader]:
    new_journal(tmp_path / "journal-0.sqlite", commits=2, records=5)
    with ChainReader(tmp_path / "journal-0.sqlite") as reader:
        yield reader


def digest(reader: ChainReader, sequence: int) -> str:
    return (reader.digest_at(sequence) or b"").hex()


def head(reader: ChainReader, sequence: int = 10) -> Checkpoint:
    return Checkpoint(reader.chain().id, sequence, digest(reader, sequence), 0.0)


def test_what_agrees_is_no_contradiction(reader: ChainReader) -> None:
    for sequence in range(11):
        assert contradiction(reader, "the head", sequence, digest(reader, sequence)) is None


def test_what_is_missing_or_different_is_told(reader: ChainReader) -> None:
    missing = contradiction(reader, "the head", 12, digest(reader, 10))
    assert missing == "records 11 to 12 are missing, which the head knows"
    other = contradiction(reader, "the store", 9, digest(reader, 10))
    assert other == "record 9 is not the one that the store knows"


def test_what_was_pruned_contradicts_nothing(reader: ChainReader) -> None:
    connection = sqlite3.connect(reader.path)
    connection.execute("DELETE FROM segment WHERE first_sequence = 1")
    connection.execute("UPDATE chain SET anchor_sequence = 5, anchor_digest = ?", (reader.digest_at(5),))
    connection.commit()
    connection.close()
    assert contradiction(reader, "the store", 3, "00") is None


def test_a_sound_journal_passes_without_a_remark(reader: ChainReader, marks: Path) -> None:
    write_mark(marks, Mark(reader.chain().id, 7, digest(reader, 7), 0.0))
    assert examine(reader, head(reader), "", marks) == []
    # A crash between the commit and its head.
    assert examine(reader, head(reader, 5), "", marks) == []


def test_a_journal_that_was_set_back_is_damaged(reader: ChainReader, marks: Path) -> None:
    write_mark(marks, Mark(reader.chain().id, 11, digest(reader, 10), 0.0))
    with pytest.raises(DamagedStoreError, match="records 11 to 11 are missing, which the store knows"):
        examine(reader, head(reader), "", marks)


def test_a_journal_with_other_records_than_the_head_knows_is_damaged(reader: ChainReader, marks: Path) -> None:
    other = msgspec.structs.replace(head(reader), digest="00" * 32)
    with pytest.raises(DamagedStoreError, match="record 10 is not the one that the head knows"):
        examine(reader, other, "", marks)


def test_a_journal_in_place_of_another_is_damaged(reader: ChainReader, marks: Path) -> None:
    with pytest.raises(DamagedStoreError, match="the head beside it is that of another chain, ch_x"):
        examine(reader, Checkpoint("ch_x", 0, genesis("ch_x").hex(), 0.0), "", marks)


def test_a_head_that_stayed_that_of_the_chain_before_is_remarked(reader: ChainReader, marks: Path) -> None:
    connection = sqlite3.connect(reader.path)
    connection.execute("UPDATE chain SET follows = 'ch_0'")
    connection.commit()
    connection.close()
    (remark,) = examine(reader, Checkpoint("ch_0", 0, genesis("ch_0").hex(), 0.0), "", marks)
    assert (remark.kind, "it is that of the chain before" in remark.message) == (HEAD_ALERT, True)


def test_the_newest_segment_is_verified(reader: ChainReader, marks: Path) -> None:
    connection = sqlite3.connect(reader.path)
    connection.execute("UPDATE segment SET digests = zeroblob(40) WHERE first_sequence = 6")
    connection.commit()
    connection.close()
    with pytest.raises(DamagedStoreError, match="record 6: the hash kept of this record was altered"):
        examine(reader, None, "", marks)


def test_a_head_or_mark_that_cannot_tell_is_remarked(reader: ChainReader, marks: Path) -> None:
    marks.mkdir()
    mark_path(marks, reader.chain().id).write_bytes(b"no mark")
    remarks = examine(reader, None, "not a genuine checkpoint", marks)
    assert [remark.kind for remark in remarks] == [HEAD_ALERT, MARK_ALERT]
    assert "not a genuine checkpoint" in remarks[0].message
    assert "it is missing" in examine(reader, None, "", marks)[0].message
