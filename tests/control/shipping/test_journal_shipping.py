"""What one journal's way has of its own; the whole way is shown in test_shipper."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.control.shipping.findings import Findings
from mainstay.control.shipping.journal_shipping import (
    AGAIN_SECONDS,
    FAILURES_MAX,
    MARK_SECONDS,
    SOON_SECONDS,
    JournalShipping,
    fingerprint,
)
from mainstay.control.shipping.status import Finding
from mainstay.ledger.files import journal_path
from mainstay.ledger.marks import marks_folder, read_mark
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import Store
from tests.control.shipping.conftest import Stand
from tests.ledger.conftest import write_version_1


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(None, tmp_path / "store")
    yield store
    store.close()


@pytest.fixture
def told() -> list[Finding]:
    return []


@pytest.fixture
def journal(stand: Stand, told: list[Finding]) -> JournalShipping:
    findings = Findings(told.append, lambda: 5_000.0)
    return JournalShipping(journal_path(stand.state, 0), findings, lambda: 5_000.0, is_live=True)


def test_marks_are_written_now_and_then(stand: Stand, journal: JournalShipping, store: Store) -> None:
    marked = []
    for number, now in ((1, 0.0), (2, MARK_SECONDS / 2), (3, MARK_SECONDS)):
        chain = stand.write(number)
        journal.advance(store, now)
        mark = read_mark(marks_folder(stand.state), chain)
        marked.append(mark.sequence if mark else 0)
    assert marked == [1, 1, 3]


def test_a_mark_that_waits_is_written_although_nothing_new_comes(
    stand: Stand, journal: JournalShipping, store: Store
) -> None:
    chain = stand.write(1)
    journal.advance(store, 0.0)
    stand.write(2)
    journal.advance(store, 0.1)
    for now in (0.5, 1.0, 3.0):
        journal.advance(store, now)
    mark = read_mark(marks_folder(stand.state), chain)
    assert mark is not None
    assert mark.sequence == 2


def test_a_file_that_is_not_ready_is_tried_soon_and_told_when_it_stays_so(
    journal: JournalShipping, store: Store, told: list[Finding]
) -> None:
    write_version_1(journal.path, 3)
    for number in range(FAILURES_MAX):
        assert told == []
        journal.advance(store, number * SOON_SECONDS)
    assert [one.kind for one in told] == ["journal-unreadable"]


def test_a_damaged_file_is_told_at_once_and_tried_later(
    stand: Stand, journal: JournalShipping, store: Store, told: list[Finding]
) -> None:
    journal.path.write_bytes(b"no database at all" * 100)
    journal.advance(store, 0.0)
    assert len(told) == 1
    journal.path.unlink()
    stand.write(1)
    journal.advance(store, AGAIN_SECONDS - 1.0)
    assert journal.shipped == 0
    journal.advance(store, AGAIN_SECONDS)
    assert journal.shipped == 1


def test_another_chain_under_the_old_name_is_begun_from_its_beginning(
    stand: Stand, journal: JournalShipping, store: Store
) -> None:
    stand.write(1)
    journal.advance(store, 0.0)
    stand.close()
    for path in stand.state.glob("journal-0.*"):
        path.unlink()
    chain = stand.write(2)
    journal.advance(store, 1.0)
    assert journal.chain is not None
    assert (journal.chain.id, journal.shipped, journal.newest) == (chain, 1, 1)
    assert len(store.chains()) == 2


def test_a_survey_counts_what_waits_without_a_store(stand: Stand, journal: JournalShipping) -> None:
    stand.write(7, 8)
    journal.survey()
    assert (journal.shipped, journal.newest, journal.oldest_at) == (0, 2, 7.0)


def test_a_fingerprint_changes_with_the_file_and_its_log(tmp_path: Path) -> None:
    path = tmp_path / "file"
    seen = {fingerprint(path)}
    path.write_text("a")
    seen.add(fingerprint(path))
    Path(f"{path}-wal").write_text("a")
    seen.add(fingerprint(path))
    Path(f"{path}-wal").write_text("ab")
    seen.add(fingerprint(path))
    assert len(seen) == 4


def test_two_writes_at_one_time_of_the_files_clock_are_both_seen(
    stand: Stand, journal: JournalShipping, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstay.control.shipping.journal_shipping.fingerprint", lambda _path: (1,))
    for number in (1, 2):
        stand.write(number)
        journal.advance(store, float(number))
        assert journal.shipped == number
