from pathlib import Path

import pytest

from mainstay.ledger.errors import StoreError
from mainstay.ledger.marks import Mark, write_mark
from mainstay.ledger.retention import RetentionLimits
from mainstay.ledger.writing.committer import Committer
from mainstay.model.records import Record
from tests.ledger.conftest import attempt
from tests.ledger.writing.journal_disk import Clock, Disk


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


def shipped(disk: Disk, folder: Path, sequence: int) -> None:
    disk.marks = folder
    write_mark(folder, Mark("ch_1", sequence, bytes(32).hex(), 0.0))


def test_a_journal_beyond_its_bound_is_full_and_still_written(
    committer: Committer, disk: Disk, told: list[str], clock: Clock
) -> None:
    committer.start()
    disk.bytes = 1_001
    committer.tend()
    assert committer.retention.is_full
    assert committer.commit(batch())
    assert ["larger than its bound" in line for line in told] == [True]
    disk.bytes = 900
    clock.now += 1.0
    committer.tend()
    assert [committer.retention.is_full] == [False]
    assert "below its bound again" in told[1]


def test_a_journal_far_beyond_its_bound_takes_nothing_and_keeps_what_waits(
    committer: Committer, disk: Disk, told: list[str]
) -> None:
    committer.start()
    disk.bytes = 1_251
    committer.tend()
    records = batch()
    for _ in range(2):
        assert not committer.commit(records)
    assert records == batch()
    assert disk.calls == ["open"]
    assert "1251 bytes" in (committer.trouble or "")
    assert len(told) == 2
    disk.bytes = 900
    assert committer.commit(records)
    assert is_well(committer)


def test_room_is_made_before_anything_is_refused(disk: Disk, told: list[str], tmp_path: Path, clock: Clock) -> None:
    shipped(disk, tmp_path, 2)
    committer = Committer(disk, told.append, RetentionLimits(bytes_max=1_000), clock)
    assert committer.commit(batch())
    disk.bytes, disk.freed_bytes = 1_500, 0
    committer.tend()
    assert committer.retention.is_overfull
    disk.freed_bytes = 600
    assert committer.commit(batch())
    assert committer.retention.bytes == 900


def test_the_file_is_looked_at_once_a_second(committer: Committer, disk: Disk, clock: Clock) -> None:
    committer.start()
    committer.tend()
    disk.bytes = 5_000
    clock.now += 0.9
    committer.tend()
    assert committer.retention.bytes == 0
    clock.now += 0.1
    committer.tend()
    assert committer.retention.bytes == 5_000


def test_a_clock_that_is_set_back_does_not_put_it_off(committer: Committer, disk: Disk, clock: Clock) -> None:
    committer.start()
    committer.tend()
    disk.bytes = 7
    clock.now -= 3_600.0
    committer.tend()
    assert committer.retention.bytes == 7


def test_as_long_as_something_can_be_pruned_it_goes_on_at_once(disk: Disk, told: list[str], tmp_path: Path) -> None:
    shipped(disk, tmp_path, 2)
    committer = Committer(disk, told.append, RetentionLimits(bytes_max=1_000), lambda: 5_000.0)
    assert committer.commit(batch())
    disk.bytes, disk.freed_bytes = 10_000, 100
    assert [committer.tend() for _ in range(3)] == [True, True, True]
    assert disk.bytes == 9_700


def test_pruning_that_fails_is_told_once_and_harms_nothing(
    committer: Committer, disk: Disk, told: list[str], clock: Clock
) -> None:
    committer.start()
    for _ in range(3):
        disk.looking = [StoreError("locked")]
        assert not committer.tend()
        clock.now += 1.0
    assert told == ["journal: cannot be pruned: locked"]
    assert committer.commit(batch())
    assert is_well(committer)
