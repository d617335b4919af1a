import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from mainstay.ledger.chain import Anchor, genesis
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_public_keys
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.marks import Mark, marks_folder, write_mark
from mainstay.ledger.verify import Finding
from mainstay.ledger.verify_lineage import verify_agreement, verify_lineage
from tests.ledger.conftest import new_journal

Stored = Callable[[str], Anchor | None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = journal_path(tmp_path, 0)
    new_journal(path, commits=2, files=True)
    return path


def nowhere(_chain: str) -> Anchor | None:
    return None


def place(path: Path, sequence: int) -> Anchor:
    with ChainReader(path) as reader:
        return Anchor(sequence, reader.digest_at(sequence) or b"")


def chain_of(path: Path) -> str:
    with ChainReader(path) as reader:
        return reader.chain().id


def mark(path: Path, sequence: int) -> None:
    write_mark(marks_folder(path.parent), Mark(chain_of(path), sequence, place(path, sequence).digest.hex(), 0.0))


def lineage(state: Path, stored: Stored = nowhere) -> list[Finding]:
    return list(verify_lineage(state, read_public_keys(checkpoint_keys_folder(state)), stored))


def removed(path: Path) -> None:
    for companion in ("", "-wal", "-shm"):
        Path(f"{path}{companion}").unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    files = JournalFile(path, lambda: 6_000.0)
    files.open().close()
    aside = files.set_aside()
    files.open().close()
    files.release()
    return aside


def test_journals_that_are_all_here_have_nothing_to_tell(path: Path) -> None:
    new_journal(journal_path(path.parent, 1), files=True)
    mark(path, 3)
    assert lineage(path.parent) == []


def test_a_chain_that_follows_one_that_is_here_is_fine(path: Path) -> None:
    set_aside(path)
    assert lineage(path.parent) == []


def test_a_journal_that_was_deleted_is_missed_by_its_head(path: Path) -> None:
    chain = chain_of(path)
    removed(path)
    (finding,) = lineage(path.parent)
    assert (finding.chain, finding.sequence, finding.severity) == (chain, 1, "broken")
    assert finding.what == "the journal of this chain is missing: the head journal-0.head knows 10 records of it"


def test_it_is_missed_also_when_another_was_begun_in_its_place(path: Path) -> None:
    chain = chain_of(path)
    removed(path)
    new_journal(path, files=True)
    (finding,) = lineage(path.parent)
    assert (finding.chain, finding.severity) == (chain, "broken")
    for lost in path.parent.glob("*.missing-*"):
        lost.unlink()
    (finding,) = lineage(path.parent)
    assert "which follows it, knows 10 records" in finding.what


def test_a_set_aside_file_that_was_deleted_is_missed(path: Path) -> None:
    chain = chain_of(path)
    removed(set_aside(path))
    (finding,) = lineage(path.parent)
    assert (finding.chain, finding.severity) == (chain, "broken")


def test_a_mark_without_a_journal_is_a_finding(path: Path) -> None:
    mark(path, 3)
    removed(path)
    (path.parent / "journal-0.head").unlink()
    (finding,) = lineage(path.parent)
    assert finding.severity == "broken"
    assert "the mark of the store knows 3 records of it" in finding.what


def test_what_the_store_has_wholly_may_be_gone(path: Path) -> None:
    last = place(path, 10)
    removed(path)
    (note,) = lineage(path.parent, lambda _chain: last)
    assert (note.severity, note.what) == (
        "note",
        "its journal is gone; the store has the 10 records that are known of it",
    )
    (finding,) = lineage(path.parent, lambda _chain: Anchor(7, b""))
    assert (finding.severity, finding.sequence) == ("broken", 8)
    assert finding.what.endswith("knows 10 records of it, the store has 7")


def test_a_chain_that_was_altered_after_it_was_set_aside_is_found(path: Path) -> None:
    aside = set_aside(path)
    connection = sqlite3.connect(aside)
    connection.execute("UPDATE segment SET body = replace(body, 'anthropic', 'anthropoc') WHERE first_sequence = 6")
    connection.execute("UPDATE segment SET body = CAST(body AS BLOB)")
    connection.commit()
    connection.close()
    assert {finding.sequence for finding in lineage(path.parent)} == {10}


def test_an_unreadable_file_is_not_missing(path: Path) -> None:
    mark(path, 3)
    removed(path)
    path.write_bytes(b"no database" * 1_000)
    assert lineage(path.parent) == []


def agreement(path: Path, position: Anchor | None) -> list[Finding]:
    return list(verify_agreement(path, lambda _chain: position))


@pytest.mark.parametrize("sequence", [1, 5, 6, 10])
def test_a_store_that_has_the_same_records_agrees(path: Path, sequence: int) -> None:
    mark(path, 1)
    assert agreement(path, place(path, sequence)) == []


def test_an_empty_store_agrees_and_a_silent_one_says_nothing(path: Path) -> None:
    assert agreement(path, Anchor(0, genesis(chain_of(path)))) == agreement(path, None) == []


def test_a_store_with_records_of_which_there_is_no_mark_may_have_had_more(path: Path) -> None:
    (finding,) = agreement(path, place(path, 6))
    assert (finding.severity, finding.chain) == ("unknown", chain_of(path))
    assert finding.what == "there is no mark, though the store has 6 records: it may have had more"


def test_a_store_with_other_records_does_not_agree(path: Path) -> None:
    (finding,) = agreement(path, Anchor(6, bytes(32)))
    assert (finding.severity, finding.sequence) == ("broken", 6)
    assert "do not agree on the records up to 6" in finding.what


def test_a_journal_behind_the_store_lost_records(path: Path) -> None:
    (finding,) = agreement(path, Anchor(12, bytes(32)))
    assert (finding.sequence, finding.what) == (11, "records 11 to 12 are missing in the journal, the store has them")


def test_a_gap_between_store_and_journal_is_found(path: Path) -> None:
    mark(path, 5)
    files = JournalFile(path, lambda: 6_000.0)
    with files.open() as store:
        assert store.prune_up_to(5, float("inf"), 9) == 1
    files.release()
    assert agreement(path, place(path, 5)) == []
    (finding,) = agreement(path, Anchor(3, bytes(32)))
    assert (finding.sequence, finding.what) == (4, "records 4 to 5 are neither in the store nor in the journal")


def test_a_journal_that_cannot_be_read_leaves_it_open(path: Path) -> None:
    shutil.rmtree(path.parent / "keys")
    path.write_bytes(b"no database" * 1_000)
    removed(path.with_suffix(".nothing"))
    (finding,) = agreement(path, place_of_nothing())
    assert finding.severity == "unknown"


def place_of_nothing() -> Anchor:
    return Anchor(0, bytes(32))
