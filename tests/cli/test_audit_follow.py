from collections.abc import Sequence
from pathlib import Path

import pytest

from mainstay.cli.audit_follow import ROWS, WAITING_EXCHANGES_MAX, Blocks, Follower, run
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.schema import Stored
from mainstay.ledger.sqlite import RecordStore
from mainstay.model.records import Record
from tests.ledger.conftest import alert, attempt, exchange, write_version_1


def write(folder: Path, records: Sequence[Record], worker: int = 0) -> None:
    with RecordStore(journal_path(folder, worker)) as store:
        store.append(records)


def ids(rows: Sequence[Stored]) -> list[str]:
    return [row.id for row in rows]


def follower(folder: Path) -> Follower:
    return Follower(folder, pytest.fail)


def test_what_was_there_before_is_not_given(tmp_path: Path) -> None:
    write(tmp_path, [exchange("ex_1")])
    following = follower(tmp_path)
    assert following.poll() == []
    write(tmp_path, [exchange("ex_2"), exchange("ex_3")])
    assert ids(following.poll()) == ["ex_2", "ex_3"]
    assert following.poll() == []


def test_all_workers_are_followed_also_those_that_come_later(tmp_path: Path) -> None:
    write(tmp_path, [exchange("ex_1")])
    following = follower(tmp_path)
    write(tmp_path, [exchange("ex_2", at=2.0)])
    write(tmp_path, [exchange("ex_3", at=1.0)], worker=7)
    assert ids(following.poll()) == ["ex_3", "ex_2"]


def test_what_was_shown_meanwhile_is_not_shown_twice(tmp_path: Path) -> None:
    write(tmp_path, [exchange("ex_1")])
    following = follower(tmp_path)
    write(tmp_path, [exchange("ex_2")])
    with RecordStore(journal_path(tmp_path, 0)) as store:
        following.skip(store.tail(9))
    write(tmp_path, [exchange("ex_3")])
    assert ids(following.poll()) == ["ex_3"]


def test_much_is_given_in_bounded_parts(tmp_path: Path) -> None:
    write(tmp_path, [])
    following = follower(tmp_path)
    write(tmp_path, [exchange(f"ex_{number}", at=number) for number in range(2 * ROWS + 5)])
    assert [len(following.poll()) for _ in range(4)] == [ROWS, ROWS, 5, 0]


def test_a_journal_that_is_begun_anew_is_followed_from_its_beginning(tmp_path: Path) -> None:
    files = JournalFile(journal_path(tmp_path, 0), lambda: 5_000.0)
    with files.open() as store:
        store.append([exchange("ex_1"), exchange("ex_2")])
    following = follower(tmp_path)
    files.set_aside()
    with files.open() as store:
        store.append([exchange("ex_3")])
    files.release()
    assert ids(following.poll()) == ["ex_3"]


def test_pruning_hides_nothing_that_comes(tmp_path: Path) -> None:
    write(tmp_path, [exchange("ex_1")])
    following = follower(tmp_path)
    with RecordStore(journal_path(tmp_path, 0)) as store:
        store.append([exchange("ex_2")])
        store.append([exchange("ex_3")])
        assert store.prune_up_to(1, float("inf"), 9) == 1
    assert ids(following.poll()) == ["ex_2", "ex_3"]


def test_a_migration_gives_nothing_twice(tmp_path: Path) -> None:
    write_version_1(journal_path(tmp_path, 0), 5)
    following = follower(tmp_path)
    assert following.poll() == []
    write(tmp_path, [exchange("ex_1")])
    assert ids(following.poll()) == ["ex_1"]


def test_a_journal_that_cannot_be_read_is_told_once_and_followed_when_it_can(tmp_path: Path) -> None:
    path = journal_path(tmp_path, 0)
    path.write_bytes(b"no database" * 1_000)
    told: list[str] = []
    following = Follower(tmp_path, told.append)
    write(tmp_path, [exchange("ex_other")], worker=1)
    assert ids(following.poll()) == ["ex_other"]
    assert following.poll() == []
    assert len(told) == 1
    assert "journal-0.sqlite" in told[0]
    path.unlink()
    write(tmp_path, [exchange("ex_1")])
    assert ids(following.poll()) == ["ex_1"]


def rows(folder: Path, records: Sequence[Record]) -> list[Stored]:
    write(folder, records)
    with RecordStore(journal_path(folder, 0)) as store:
        return store.tail(len(records))


def test_attempts_are_shown_with_the_exchange_that_they_belong_to(tmp_path: Path) -> None:
    shown: list[list[str]] = []
    blocks = Blocks(lambda some: shown.append(ids(some)))
    blocks.show(rows(tmp_path, [attempt(1, "ex_1"), attempt(1, "ex_2"), alert("al_1"), attempt(2, "ex_1")]))
    blocks.show(rows(tmp_path, [exchange("ex_1"), exchange("ex_3")]))
    assert shown == [["al_1"], ["ex_1-1", "ex_1-2", "ex_1"], ["ex_3"]]


def test_attempts_of_exchanges_that_never_end_are_shown_in_the_end(tmp_path: Path) -> None:
    shown: list[list[str]] = []
    blocks = Blocks(lambda some: shown.append(ids(some)))
    blocks.show(rows(tmp_path, [attempt(1, f"ex_{number}") for number in range(WAITING_EXCHANGES_MAX + 2)]))
    assert shown == [["ex_0-1"], ["ex_1-1"]]


@pytest.mark.parametrize("end", [KeyboardInterrupt, BrokenPipeError])
def test_following_ends_without_a_noise(tmp_path: Path, end: type[BaseException]) -> None:
    write(tmp_path, [exchange("ex_1")])
    shown: list[str] = []

    def stop(_seconds: float) -> None:
        raise end

    def show(some: Sequence[Stored]) -> None:
        shown.extend(ids(some))

    following = follower(tmp_path)
    write(tmp_path, [exchange("ex_2"), attempt(1, "ex_3"), exchange("ex_3"), alert("al", exchange="ex_3")])
    run(following, "ex_3", show, stop)
    assert shown == ["ex_3-1", "ex_3", "al"]
