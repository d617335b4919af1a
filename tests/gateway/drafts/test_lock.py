from pathlib import Path

import pytest

from mainstay.gateway.drafts.lock import FolderLock
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
