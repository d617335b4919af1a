from pathlib import Path

import pytest

from mainstay.control.shipping.findings import Findings
from mainstay.control.shipping.lost import look_for_lost
from mainstay.control.shipping.status import Finding
from mainstay.ledger.marks import Mark, marks_folder, write_mark
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import Store
from tests.ledger.conftest import attempt
from tests.ledger.store.conftest import CHAIN, chained_segments

SEGMENTS = chained_segments(CHAIN, [attempt(1), attempt(2), attempt(3)])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(None, tmp_path)
    store.append(CHAIN, SEGMENTS)
    return store


def looked(state: Path, store: Store, known: dict[str, int] | None = None) -> list[Finding]:
    told: list[Finding] = []
    look_for_lost(state, store, known or {}, Findings(told.append, lambda: 5.0))
    store.close()
    return told


def mark(state: Path, sequence: int, digest: bytes = SEGMENTS[-1].digest, chain: str = CHAIN.id) -> None:
    write_mark(marks_folder(state), Mark(chain, sequence, digest.hex(), 5.0))


def test_a_store_that_has_all_that_was_marked_is_well(tmp_path: Path, store: Store) -> None:
    mark(tmp_path, 3)
    assert looked(tmp_path, store, {CHAIN.id: 2}) == []


def test_a_store_that_has_less_than_its_mark_is_told(tmp_path: Path, store: Store) -> None:
    mark(tmp_path, 5)
    (finding,) = looked(tmp_path, store)
    assert (finding.kind, finding.chain) == ("store-lost-records", CHAIN.id)
    assert "had records 4 to 5 and has lost them" in finding.message


def test_a_store_that_has_less_than_it_had_in_this_run_is_told(tmp_path: Path, store: Store) -> None:
    assert [one.kind for one in looked(tmp_path, store, {CHAIN.id: 4})] == ["store-lost-records"]


def test_a_chain_that_is_gone_with_its_journal_is_told(tmp_path: Path, store: Store) -> None:
    mark(tmp_path, 3, chain="ch_77")
    (finding,) = looked(tmp_path, store)
    assert (finding.kind, finding.chain) == ("store-lost-records", "ch_77")


def test_a_store_that_has_another_last_record_is_told(tmp_path: Path, store: Store) -> None:
    mark(tmp_path, 3, b"\1" * 32)
    assert [one.kind for one in looked(tmp_path, store)] == ["store-disagrees"]


def test_a_mark_that_cannot_be_read_is_told(tmp_path: Path, store: Store) -> None:
    mark(tmp_path, 3)
    (marks_folder(tmp_path) / f"{CHAIN.id}.json").write_text("nonsense")
    assert [one.kind for one in looked(tmp_path, store)] == ["mark-unreadable"]


def test_files_that_are_no_marks_are_passed_over(tmp_path: Path, store: Store) -> None:
    marks_folder(tmp_path).mkdir()
    (marks_folder(tmp_path) / "notes.json").write_text("nonsense")
    assert looked(tmp_path, store) == []


def test_a_store_that_says_itself_that_it_had_more_is_told(tmp_path: Path, store: Store) -> None:
    store._database.rows("DELETE FROM record WHERE sequence > 1")  # type: ignore[attr-defined] # behind its back
    (finding,) = looked(tmp_path, store, {CHAIN.id: 1})
    assert "had records 2 to 3" in finding.message
