import math

import pytest

from mainstay.ledger.errors import (
    DamagedStoreError,
    LedgerError,
    NewerStoreError,
    StateInUseError,
    StoreError,
)
from mainstay.ledger.examination import Remark
from mainstay.ledger.retention import RetentionLimits
from mainstay.ledger.writing.committer import Committer
from mainstay.model.records import AlertRecord, Record
from tests.ledger.conftest import attempt
from tests.ledger.writing.journal_disk import Clock, Disk

FULL = StoreError("journal-0.sqlite: database or disk is full")
DAMAGED = DamagedStoreError("journal-0.sqlite: malformed")


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def committer(disk: Disk, told: list[str], clock: Clock) -> Committer:
    return Committer(disk, told.append, RetentionLimits(keep_seconds=60.0, bytes_max=1_000), clock)


def is_well(committer: Committer) -> bool:
    return committer.trouble is None


def batch(count: int = 2) -> list[Record]:
    return [attempt(number) for number in range(1, count + 1)]


def test_a_batch_is_written_and_emptied(committer: Committer, disk: Disk, told: list[str]) -> None:
    committer.start()
    records = batch()
    assert committer.commit(records)
    assert records == []
    assert disk.kept == batch()
    assert (committer.written, committer.discarded, committer.trouble) == (2, 0, None)
    assert disk.calls == ["open"]
    assert told == []


def test_a_failing_disk_leaves_the_batch_and_the_next_try_reopens(
    committer: Committer, disk: Disk, told: list[str]
) -> None:
    committer.start()
    disk.appending = [FULL]
    records = batch()
    assert not committer.commit(records)
    assert records == batch()
    assert committer.trouble == str(FULL)
    assert committer.commit(records)
    assert disk.calls == ["open", "close", "open"]
    assert disk.kept == batch()
    assert is_well(committer)
    assert len(told) == 2
    assert str(FULL) in told[0]
    assert "writes again" in told[1]


def test_the_same_trouble_is_told_once(committer: Committer, disk: Disk, told: list[str]) -> None:
    disk.opening = [FULL, FULL, FULL, StoreError("read-only")]
    records = batch()
    for _ in range(4):
        assert not committer.commit(records)
    assert ["full" in line for line in told] == [True, False]
    assert "read-only" in told[1]


def test_trouble_at_the_start_does_not_keep_us_from_starting(committer: Committer, disk: Disk) -> None:
    disk.opening = [FULL]
    committer.start()
    assert committer.trouble == str(FULL)
    assert committer.commit(batch())
    assert is_well(committer)


@pytest.mark.parametrize("refusal", [NewerStoreError("written by a newer version"), StateInUseError("in use")])
def test_files_that_are_not_ours_keep_us_from_starting(committer: Committer, disk: Disk, refusal: LedgerError) -> None:
    disk.opening = [refusal]
    with pytest.raises(type(refusal)):
        committer.start()


def test_a_damaged_file_at_the_start_is_kept_aside_and_told(committer: Committer, disk: Disk, told: list[str]) -> None:
    disk.opening = [DAMAGED]
    committer.start()
    assert committer.trouble is None
    assert disk.calls == ["open", "set aside", "open"]
    assert "journal-0.damaged" in told[0]
    assert "a new one is begun" in told[0]


def test_damage_found_while_writing_loses_nothing_that_waits(committer: Committer, disk: Disk, told: list[str]) -> None:
    committer.start()
    assert committer.commit(batch(5))
    disk.appending = [DAMAGED]
    records = batch()
    assert not committer.commit(records)
    assert committer.commit(records)
    assert disk.calls == ["open", "close", "set aside", "open"]
    assert disk.kept == batch()
    assert any("journal-0.damaged" in line for line in told)


def test_a_damaged_file_that_cannot_be_moved_is_tried_again(committer: Committer, disk: Disk) -> None:
    disk.opening = [DAMAGED]
    disk.moving = [StoreError("cannot be moved aside")]
    committer.start()
    assert committer.trouble == "cannot be moved aside"
    assert committer.commit(batch())
    assert disk.calls == ["open", "set aside", "set aside", "open"]


def test_a_commit_that_fails_after_reaching_the_disk_is_not_written_twice(committer: Committer, disk: Disk) -> None:
    committer.start()
    assert committer.commit(batch(3))
    disk.answering = [StoreError("fsync failed")]
    records = batch()
    assert not committer.commit(records)
    assert committer.commit(records)
    assert disk.kept == batch(3) + batch()
    assert committer.written == 5


def test_what_joins_a_batch_of_unknown_fate_is_written_once_too(committer: Committer, disk: Disk) -> None:
    committer.start()
    disk.answering = [StoreError("fsync failed")]
    records = batch(1)
    assert not committer.commit(records)
    records.append(attempt(2))
    assert committer.commit(records)
    assert disk.kept == batch(2)
    assert committer.written == 2


def test_a_fate_that_stays_unknown_over_several_tries_is_settled_in_the_end(committer: Committer, disk: Disk) -> None:
    committer.start()
    disk.answering = [StoreError("fsync failed")]
    records = batch()
    assert not committer.commit(records)
    disk.opening = [FULL, FULL]
    assert not committer.commit(records)
    assert not committer.commit(records)
    assert committer.commit(records)
    assert disk.kept == batch()


def test_a_record_without_written_form_is_left_out_and_told(committer: Committer, disk: Disk, told: list[str]) -> None:
    committer.start()
    records: list[Record] = [attempt(1), attempt(9, "ex_bad", at=math.nan), attempt(2)]
    assert committer.commit(records)
    assert disk.kept == batch()
    assert (committer.written, committer.discarded) == (2, 1)
    assert "ex_bad-9" in told[0]


def test_a_mistake_of_our_own_is_trouble_and_not_the_end(committer: Committer, disk: Disk) -> None:
    committer.start()
    disk.appending = [ZeroDivisionError("division by zero")]
    records = batch()
    assert not committer.commit(records)
    assert committer.trouble == "ZeroDivisionError: division by zero"
    assert committer.commit(records)


def test_closing_lets_go_of_store_and_files(committer: Committer, disk: Disk) -> None:
    committer.start()
    committer.close()
    committer.close()
    assert disk.calls == ["open", "close", "release", "release"]


def test_what_the_opening_found_goes_before_the_first_record(committer: Committer, disk: Disk, told: list[str]) -> None:
    disk.remarks = [Remark("journal-begun-anew", "follows the chain ch_0")]
    committer.start()
    assert committer.commit(batch())
    alert, *rest = disk.kept
    assert isinstance(alert, AlertRecord)
    assert (alert.kind, alert.message, alert.at) == ("journal-begun-anew", "follows the chain ch_0", 5_000.0)
    assert rest == batch()
    assert told == ["journal: follows the chain ch_0"]
    assert committer.commit(batch())
    assert disk.kept[3:] == batch()


def test_a_remark_is_made_once_however_often_the_file_is_opened(committer: Committer, disk: Disk) -> None:
    records = batch()
    for _ in range(3):
        disk.remarks = [Remark("journal-head", "cannot be trusted")]
        disk.appending = [FULL]
        assert not committer.commit(records)
    assert committer.commit(records)
    assert [record.id for record in disk.kept] == ["journal-head-5000000-0", "ex_1-1", "ex_1-2"]


def test_a_remark_does_not_disturb_a_batch_of_unknown_fate(committer: Committer, disk: Disk) -> None:
    committer.start()
    disk.answering = [StoreError("fsync failed")]
    disk.remarks = [Remark("journal-head", "cannot be trusted")]
    records = batch()
    assert not committer.commit(records)
    assert committer.commit(records)
    assert disk.kept[:2] == batch()
    assert [record.id for record in disk.kept[2:]] == ["journal-head-5000000-0"]


def test_a_head_that_cannot_be_written_is_told_once(committer: Committer, disk: Disk, told: list[str]) -> None:
    disk.head_trouble = "journal-0.head: read-only"
    for _ in range(3):
        assert committer.commit(batch())
    assert told == ["journal: journal-0.head: read-only"]
