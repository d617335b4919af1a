from pathlib import Path

import pytest

from mainstay.ledger.chain import Anchor
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_or_make_signing_key
from mainstay.ledger.files import JournalFile
from mainstay.ledger.head import Witness, head_path
from mainstay.ledger.marks import mark_path, marks_folder
from tests.ledger.verifying import (
    broken,
    chain_of,
    copied,
    digest_at,
    edit,
    findings,
    is_sound,
    make_original,
    mark,
    unknown,
)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_original(tmp_path_factory.mktemp("original"))


@pytest.fixture
def state(original: Path, tmp_path: Path) -> Path:
    return copied(original, tmp_path / "state")


@pytest.fixture
def path(state: Path) -> Path:
    return state / "journal-0.sqlite"


def pruned(path: Path, sequence: int, marked: int) -> None:
    mark(path, marked)
    files = JournalFile(path, lambda: 6_000.0)
    with files.open() as store:
        assert store.prune_up_to(sequence, float("inf"), 99) == sequence // 20
    files.release()


def test_a_journal_that_was_pruned_behind_its_mark_verifies(path: Path) -> None:
    pruned(path, 40, marked=45)
    (note,) = findings(path)
    assert note.what == "40 records, 41 to 80"


def test_a_genuine_checkpoint_of_a_record_that_was_pruned_is_harmless(path: Path) -> None:
    keys = checkpoint_keys_folder(path.parent)
    statement = Witness(read_or_make_signing_key(keys), head_path(path), lambda: 0.0).statement
    with ChainReader(path) as reader:
        older = statement(reader.chain(), Anchor(10, reader.digest_at(10) or b""))
    pruned(path, 40, marked=45)
    edit(path, f"INSERT INTO checkpoint VALUES (10, '{older}')")  # noqa: S608
    assert is_sound(path)


def test_records_that_are_gone_before_the_store_has_them_are_missed(path: Path) -> None:
    pruned(path, 40, marked=45)
    mark(path, 45)
    edit(path, "DELETE FROM checkpoint WHERE sequence < 41")
    assert unknown(path) == "that the records up to 40 were pruned is not signed"
    mark_path(marks_folder(path.parent), chain_of(path)).unlink()
    assert "no mark tells that the store has them" in [finding.what for finding in findings(path)][1]


def test_pruning_that_outran_its_mark_is_a_flaw(path: Path) -> None:
    digest = digest_at(path, 21)
    pruned(path, 40, marked=45)
    mark(path, 21, digest)
    finding = broken(path)
    assert (finding.sequence, finding.what) == (
        22,
        "the records up to 40 are gone, and the store has only those up to 21",
    )


def test_a_beginning_that_was_cut_off_as_if_it_had_been_pruned_is_not_signed(path: Path) -> None:
    digest = bytes.fromhex(digest_at(path, 20))
    edit(path, "DELETE FROM segment WHERE first_sequence = 1")
    edit(path, "UPDATE chain SET anchor_sequence = 20, anchor_digest = ?", digest)
    assert {finding.severity for finding in findings(path)} == {"unknown", "note"}
    mark(path, 80)
    assert unknown(path) == "that the records up to 20 were pruned is not signed"


def test_a_signed_anchor_with_another_hash_is_a_flaw(path: Path) -> None:
    pruned(path, 40, marked=45)
    edit(path, "UPDATE chain SET anchor_digest = zeroblob(32)")
    finding = broken(path)
    assert (finding.sequence, "a checkpoint knows" in finding.what) == (40, True)
