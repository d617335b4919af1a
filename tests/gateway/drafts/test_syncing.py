import errno
from pathlib import Path

import pytest

from mainstay.gateway.drafts.draft_file import DraftFile
from mainstay.gateway.drafts.syncing import Syncing
from tests.gateway.drafts.conftest import FussyDisk


class Scene:
    def __init__(self, folder: Path) -> None:
        self.disk = FussyDisk()
        self.refused: list[DraftFile] = []
        self.syncing = Syncing(self.disk, lambda file, _error: self.refused.append(file))
        self.files = [DraftFile(name, folder / "ab" / name, durable=True) for name in ("one", "other")]
        for file in self.files:
            self.disk.create(file.path, b"x")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_new_files_are_synced_with_their_folder_which_is_done_once(scene: Scene) -> None:
    one, other = scene.files
    scene.syncing.at_once(one, is_new=True)
    scene.syncing.at_once(one, is_new=False)
    scene.syncing.at_once(other, is_new=True)
    scene.syncing.settle()
    assert scene.disk.synced == [one.path, other.path, one.path.parent]
    scene.syncing.settle()
    assert len(scene.disk.synced) == 3


def test_known_files_are_synced_alone(scene: Scene) -> None:
    scene.syncing.at_once(scene.files[0], is_new=False)
    scene.syncing.settle()
    assert scene.disk.synced == [scene.files[0].path]


def test_lazy_ones_wait_for_their_time_unless_they_are_synced_before(scene: Scene) -> None:
    one, other = scene.files
    scene.syncing.lazily(one)
    scene.syncing.lazily(other)
    scene.syncing.at_once(one, is_new=False)
    scene.syncing.settle()
    assert scene.disk.synced == [one.path]
    scene.syncing.settle_lazily()
    assert scene.disk.synced == [one.path, other.path]


def test_a_refusal_is_told_and_failed_files_are_left_alone(scene: Scene) -> None:
    one, other = scene.files
    scene.disk.refuses_sync = errno.EIO
    scene.syncing.at_once(one, is_new=True)
    scene.syncing.lazily(other)
    other.failed = True
    scene.syncing.settle()
    scene.syncing.settle_lazily()
    assert set(scene.refused) == {one}
