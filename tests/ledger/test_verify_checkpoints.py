"""Checkpoints that one of journal and store has lost."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from mainstay.ledger.files import journal_path
from mainstay.ledger.verify import Finding
from mainstay.ledger.verify_checkpoints import verify_checkpoints
from tests.ledger.conftest import new_journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of ten records, with checkpoints of some of them."""
    path = journal_path(tmp_path, 0)
    new_journal(path, commits=2)
    keep(path, 2, 4, 6, 8)
    return path


def keep(path: Path, *sequences: int) -> None:
    """Let the journal have checkpoints of these records alone. What they say matters to nobody here."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("DELETE FROM checkpoint")
    connection.executemany("INSERT INTO checkpoint VALUES (?, 'a statement')", [(one,) for one in sequences])
    connection.close()


def found(path: Path, stored: Iterable[int]) -> list[Finding]:
    return list(verify_checkpoints(path, lambda _chain, after: [one for one in stored if one > after]))


def test_what_both_have_is_fine(path: Path) -> None:
    assert found(path, [2, 4, 6, 8]) == []


@pytest.mark.parametrize("stored", [[2, 4], [2], []])
def test_the_newest_may_be_on_their_way_to_the_store(path: Path, stored: list[int]) -> None:
    assert found(path, stored) == []


def test_one_that_the_journal_has_lost_is_named(path: Path) -> None:
    keep(path, 2, 8)
    (finding,) = found(path, [2, 4, 6, 8])
    assert (finding.sequence, finding.severity) == (4, "broken")
    assert finding.what == "the journal's checkpoint of this record was deleted, the store has it"


def test_one_that_the_store_has_lost_is_named(path: Path) -> None:
    (finding,) = found(path, [2, 8])
    assert (finding.sequence, finding.severity) == (4, "broken")
    assert finding.what == "the store's checkpoint of this record was deleted, the journal has it"


def test_those_of_what_was_pruned_are_gone_for_good(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE chain SET anchor_sequence = 5")
    connection.close()
    keep(path, 5, 6, 8)
    assert found(path, [2, 4, 6, 8]) == []


def test_a_store_that_says_nothing_leaves_it_open(path: Path) -> None:
    assert list(verify_checkpoints(path, lambda _chain, _after: None)) == []


def test_a_file_that_cannot_be_read_leaves_it_open(tmp_path: Path) -> None:
    path = journal_path(tmp_path, 0)
    path.write_bytes(b"no database" * 1_000)
    (finding,) = found(path, [2])
    assert finding.severity == "unknown"
