import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from mainstay.gateway.committer import Committer
from mainstay.ledger.errors import (
    DamagedStoreError,
    LedgerError,
    NewerStoreError,
    StateInUseError,
    StoreError,
    UnwritableRecordError,
)
from mainstay.model.records import Record
from tests.ledger.conftest import attempt

FULL = StoreError("journal-0.sqlite: database or disk is full")
DAMAGED = DamagedStoreError("journal-0.sqlite: malformed")


class Disk:
    """Files and store in one, in memory. The next calls raise what stands in `opening`, `appending` and `moving`;
    errors in `answering` are raised after the batch has reached the disk."""

    def __init__(self) -> None:
        self.kept: list[Record] = []
        self.calls: list[str] = []
        self.opening: list[Exception] = []
        self.appending: list[Exception] = []
        self.answering: list[Exception] = []
        self.moving: list[Exception] = []

    def open(self) -> "Disk":
        self.calls.append("open")
        self._fail(self.opening)
        return self

    def set_aside(self) -> Path:
        self.calls.append("set aside")
        self._fail(self.moving)
        self.kept = []
        return Path("journal-0.damaged")

    def release(self) -> None:
        self.calls.append("release")

    def append(self, records: Sequence[Record]) -> int:
        self._fail(self.appending)
        for position, record in enumerate(records):
            if not math.isfinite(record.at):
                raise UnwritableRecordError(position, "its instant is nan")
        self.kept += records
        self._fail(self.answering)
        return len(self.kept)

    def last_sequence(self) -> int:
        return len(self.kept)

    def close(self) -> None:
        self.calls.append("close")

    def _fail(self, errors: list[Exception]) -> None:
        if errors:
            raise errors.pop(0)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def committer(disk: Disk, told: list[str]) -> Committer:
    return Committer(disk, told.append)


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
