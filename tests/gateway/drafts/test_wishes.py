import errno
from pathlib import Path

import pytest

from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.drafts.wishes import WISHES_AT_ONCE, WISHES_FOLDER, Wish, WishKind, read_wish, take_wishes
from tests.gateway.drafts.conftest import FussyDisk


@pytest.mark.parametrize("kind", list(WishKind))
def test_a_wish_is_read_as_it_was_written(kind: WishKind) -> None:
    wish = Wish(kind, "ex_1")
    assert read_wish(wish.name) == wish


@pytest.mark.parametrize("name", ["", "ex_1", "ex_1.explode", ".cancel", "a/b.cancel", "../ex_1.delete"])
def test_anything_else_is_none(name: str) -> None:
    assert read_wish(name) is None


def test_wishes_are_taken_once_and_not_all_at_once(tmp_path: Path) -> None:
    assert take_wishes(tmp_path, Disk()) == ()
    folder = tmp_path / WISHES_FOLDER
    folder.mkdir()
    for number in range(WISHES_AT_ONCE + 1):
        (folder / f"ex_{number}.cancel").touch()
    assert len(take_wishes(tmp_path, Disk())) == WISHES_AT_ONCE
    assert len(take_wishes(tmp_path, Disk())) == 1
    assert take_wishes(tmp_path, Disk()) == ()


def test_what_is_no_wish_is_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / WISHES_FOLDER
    folder.mkdir()
    (folder / "nonsense").touch()
    assert take_wishes(tmp_path, Disk()) == ()
    assert list(folder.iterdir()) == []


def test_a_disk_that_refuses_has_no_wishes(tmp_path: Path) -> None:
    folder = tmp_path / WISHES_FOLDER
    folder.mkdir()
    (folder / "ex_1.cancel").touch()
    disk = FussyDisk()
    disk.refuses_to_remove = errno.EIO
    assert take_wishes(tmp_path, disk) == ()
