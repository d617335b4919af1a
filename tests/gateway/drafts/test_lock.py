from pathlib import Path

import pytest

from mainstay.gateway.drafts.lock import FolderLock, holder
from mainstay.gateway.file_lock import PAUSE_SECONDS, TRIES
from mainstay.ledger.errors import StateInUseError


def test_one_at_a_time(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.take()
    with pytest.raises(StateInUseError, match="in use by another process"):
        second.take()
    first.release()
    second.take()
    second.release()
    second.release()


def test_a_missing_folder_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FolderLock(tmp_path / "missing").take()


def test_it_says_who_lives_there(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    lock = FolderLock(tmp_path, "a-long-token")
    lock.take()
    assert holder(tmp_path) == "a-long-token"
    lock.release()
    assert holder(tmp_path) is None
    again = FolderLock(tmp_path, "another")
    again.take()
    assert holder(tmp_path) == "another"
    again.release()


def test_who_only_looks_keeps_nobody_out(tmp_path: Path) -> None:
    """Somebody has the lock for a moment, to see whether it is free."""
    looker = FolderLock(tmp_path)
    looker.take()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        looker.release()

    lock = FolderLock(tmp_path, "me", pause=pause)
    lock.take()
    assert pauses == [PAUSE_SECONDS]
    lock.release()


def test_who_lives_there_is_not_waited_for_for_long(tmp_path: Path) -> None:
    first = FolderLock(tmp_path)
    first.take()
    pauses: list[float] = []
    with pytest.raises(StateInUseError):
        FolderLock(tmp_path, pause=pauses.append).take()
    assert len(pauses) == TRIES - 1
    first.release()
