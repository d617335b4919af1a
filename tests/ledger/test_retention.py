from pathlib import Path

import pytest

from mainstay.ledger.chain import Anchor, Chain
from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.examination import MARK_ALERT
from mainstay.ledger.marks import Mark, mark_path, write_mark
from mainstay.ledger.retention import SLICE_SEGMENTS, Retention, RetentionLimits

DIGEST = bytes(range(32))
LIMITS = RetentionLimits(keep_seconds=100.0, bytes_max=1_000)


class Journal:
    """A journal that writes down how it is pruned."""

    is_chained = True

    def __init__(self, size: int = 0) -> None:
        self.bytes = size
        self.pruned: list[tuple[int, float]] = []
        self.slice = 0
        self.log = 0
        self.name = "ch_1"
        self.asked = 0

    def chain(self) -> Chain:
        return Chain(self.name, "", 0, 0.0)

    def end(self) -> Anchor:
        return Anchor(50, DIGEST)

    def digest_at(self, sequence: int) -> bytes | None:
        self.asked += 1
        return DIGEST

    def usage_bytes(self) -> int:
        return self.bytes

    def cut_log(self) -> None:
        self.bytes -= self.log
        self.log = 0

    def prune_up_to(self, sequence: int, before: float, segments_max: int) -> int:
        self.pruned.append((sequence, before))
        return self.slice


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    return tmp_path / "shipped"


def mark(folder: Path, sequence: int = 40, digest: bytes = DIGEST, chain: str = "ch_1") -> None:
    write_mark(folder, Mark(chain, sequence, digest.hex(), 0.0))


def test_without_a_mark_nothing_is_pruned_however_full_it_is(marks: Path) -> None:
    retention, journal = Retention(marks, LIMITS), Journal(99_999)
    assert not retention.tend(journal, 5_000.0)
    assert journal.pruned == []
    assert (retention.is_full, retention.is_overfull, retention.shipped) == (True, True, 0)


def test_what_is_old_and_shipped_goes(marks: Path) -> None:
    mark(marks)
    retention, journal = Retention(marks, LIMITS), Journal(900)
    assert not retention.tend(journal, 5_000.0)
    assert journal.pruned == [(40, 4_900.0)]
    assert (retention.shipped, retention.chain) == (40, "ch_1")


def test_near_the_bound_what_is_shipped_goes_however_young(marks: Path) -> None:
    mark(marks)
    journal = Journal(901)
    Retention(marks, LIMITS).tend(journal, 5_000.0)
    assert journal.pruned == [(40, float("inf"))]


@pytest.mark.parametrize(
    ("size", "full", "overfull"),
    [(1_000, False, False), (1_001, True, False), (1_250, True, False), (1_251, True, True)],
)
def test_the_bounds(marks: Path, size: int, full: bool, overfull: bool) -> None:  # noqa: FBT001
    retention = Retention(marks, LIMITS)
    retention.tend(Journal(size), 5_000.0)
    assert (retention.is_full, retention.is_overfull) == (full, overfull)


def test_a_whole_slice_says_that_there_may_be_more(marks: Path) -> None:
    mark(marks)
    retention, journal = Retention(marks, LIMITS), Journal()
    journal.slice = SLICE_SEGMENTS
    assert retention.tend(journal, 5_000.0)
    journal.slice -= 1
    assert not retention.tend(journal, 5_000.0)


@pytest.mark.parametrize(
    ("sequence", "digest", "says"),
    [
        (40, bytes(32), "record 40 is not the one that the store knows"),
        (51, DIGEST, "records 51 to 51 are missing, which the store knows"),
    ],
)
def test_a_mark_that_does_not_agree_is_not_believed_and_told_once(
    marks: Path, sequence: int, digest: bytes, says: str
) -> None:
    mark(marks, sequence, digest)
    retention, journal = Retention(marks, LIMITS), Journal(99_999)
    for _ in range(3):
        assert not retention.tend(journal, 5_000.0)
    (remark,) = retention.take_remarks()
    assert (remark.kind, remark.message) == (MARK_ALERT, f"nothing is pruned: {says}")
    retention.tend(journal, 5_000.0)
    assert retention.take_remarks() == []
    assert (journal.pruned, retention.shipped) == ([], 0)
    mark(marks)
    retention.tend(journal, 5_000.0)
    assert len(journal.pruned) == 1


def test_a_mark_that_becomes_false_is_not_used_any_more(marks: Path) -> None:
    mark(marks)
    retention, journal = Retention(marks, LIMITS), Journal()
    retention.tend(journal, 5_000.0)
    mark(marks, 41, bytes(32))
    retention.tend(journal, 5_000.0)
    assert journal.pruned == [(40, 4_900.0)]
    assert retention.shipped == 40


def test_a_mark_that_cannot_be_read_is_told_once(marks: Path) -> None:
    mark(marks)
    mark_path(marks, "ch_1").write_bytes(b"no mark")
    retention, journal = Retention(marks, LIMITS), Journal()
    retention.tend(journal, 5_000.0)
    assert "not a mark" in retention.take_remarks()[0].message
    retention.tend(journal, 5_000.0)
    assert retention.take_remarks() == []
    assert journal.pruned == []


def test_a_mark_is_compared_once(marks: Path) -> None:
    mark(marks)
    retention, journal = Retention(marks, LIMITS), Journal()
    for _ in range(5):
        retention.tend(journal, 5_000.0)
    assert journal.asked == 1
    assert len(journal.pruned) == 5


def test_another_chain_has_another_mark(marks: Path) -> None:
    mark(marks)
    retention, journal = Retention(marks, LIMITS), Journal()
    retention.tend(journal, 5_000.0)
    journal.name = "ch_2"
    retention.tend(journal, 5_000.0)
    assert (retention.chain, retention.shipped) == ("ch_2", 0)
    assert len(journal.pruned) == 1


def test_what_is_full_stays_so_until_it_has_room_for_more_than_a_moment(marks: Path) -> None:
    retention, journal = Retention(marks, LIMITS), Journal()
    for size, is_full in ((1_000, False), (1_001, True), (1_000, True), (901, True), (900, False), (1_000, False)):
        journal.bytes = size
        retention.tend(journal, 5_000.0)
        assert retention.is_full == is_full


def test_a_journal_that_is_not_migrated_yet_is_only_measured(marks: Path) -> None:
    journal = Journal(1_001)
    journal.is_chained = False
    retention = Retention(marks, LIMITS)
    assert not retention.tend(journal, 5_000.0)
    assert retention.is_full


def test_damage_where_the_mark_points_keeps_everything(marks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: Journal, _sequence: int) -> bytes | None:
        raise DamagedStoreError("segment 31")

    mark(marks)
    monkeypatch.setattr(Journal, "digest_at", broken)
    retention, journal = Retention(marks, LIMITS), Journal()
    assert not retention.tend(journal, 5_000.0)
    assert journal.pruned == []
    assert "segment 31" in retention.take_remarks()[0].message


def test_a_log_that_grew_is_cut_before_the_journal_counts_as_full(marks: Path) -> None:
    retention, journal = Retention(marks, LIMITS), Journal(1_000)
    journal.log = 500
    retention.tend(journal, 5_000.0)
    assert journal.log == 500
    journal.bytes = 1_100
    retention.tend(journal, 5_000.0)
    assert (journal.log, retention.bytes, retention.is_full) == (0, 600, False)
