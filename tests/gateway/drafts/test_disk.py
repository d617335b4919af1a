from pathlib import Path

import pytest

from mainstay.gateway.drafts.disk import Disk


@pytest.fixture
def disk() -> Disk:
    return Disk()


def test_a_file_is_made_in_a_missing_folder_for_us_alone(disk: Disk, tmp_path: Path) -> None:
    path = tmp_path / "ab" / "one"
    disk.create(path, b"hello")
    assert path.read_bytes() == b"hello"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_exists_is_not_made_again(disk: Disk, tmp_path: Path) -> None:
    disk.create(tmp_path / "one", b"hello")
    with pytest.raises(FileExistsError):
        disk.create(tmp_path / "one", b"other")
    assert disk.read(tmp_path / "one") == b"hello"


def test_writing_reading_and_cutting_go_by_offset(disk: Disk, tmp_path: Path) -> None:
    path = tmp_path / "one"
    disk.create(path, b"hello")
    disk.write_at(path, 5, b" world")
    assert disk.read(path, 3, 4) == b"lo w"
    disk.cut(path, 4)
    assert disk.read(path) == b"hell"
    disk.sync(path)
    disk.sync(tmp_path)


def test_a_missing_file_is_not_made_by_writing(disk: Disk, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        disk.write_at(tmp_path / "one", 0, b"hello")
    assert list(tmp_path.iterdir()) == []


def test_removing_twice_is_no_error(disk: Disk, tmp_path: Path) -> None:
    disk.create(tmp_path / "one", b"hello")
    disk.remove(tmp_path / "one")
    disk.remove(tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_files_are_found_with_their_beginning_and_folders_are_not(disk: Disk, tmp_path: Path) -> None:
    disk.create(tmp_path / "ab" / "one.draft", b"hello")
    disk.create(tmp_path / "ab" / "other.txt", b"hello")
    disk.make_folder(tmp_path / "ab" / "folder.draft")
    (found,) = disk.files(tmp_path, "??/*.draft", 3)
    assert (found.path, found.beginning, found.size) == (tmp_path / "ab" / "one.draft", b"hel", 5)
    assert found.changed_at == found.path.stat().st_mtime


def test_a_whole_file_appears_at_once_or_not_at_all(disk: Disk, tmp_path: Path) -> None:
    path = tmp_path / "ab" / "one"
    disk.create_whole(path, b"first")
    with pytest.raises(FileExistsError):
        disk.create_whole(path, b"second")
    assert path.read_bytes() == b"first"
    disk.replace_whole(path, b"third")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"third", 0o600)
    assert [one.name for one in path.parent.iterdir()] == ["one"]


def test_what_cannot_replace_leaves_nothing_behind(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with pytest.raises(IsADirectoryError):
        disk.replace_whole(tmp_path / "one", b"file")
    assert [one.name for one in tmp_path.iterdir()] == ["one"]


def test_a_file_moves_into_a_folder_that_is_made(disk: Disk, tmp_path: Path) -> None:
    disk.create(tmp_path / "one", b"hello")
    disk.rename(tmp_path / "one", tmp_path / "ab" / "two")
    assert (tmp_path / "ab" / "two").read_bytes() == b"hello"
    with pytest.raises(FileNotFoundError):
        disk.rename(tmp_path / "one", tmp_path / "ab" / "two")


def test_names_and_ages_of_a_missing_folder_are_none(disk: Disk, tmp_path: Path) -> None:
    assert (disk.names(tmp_path / "missing"), list(disk.ages(tmp_path / "missing"))) == ((), [])
    disk.create(tmp_path / "one", b"hello")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert sorted(disk.names(tmp_path)) == ["dangling", "one"]
    assert list(disk.ages(tmp_path)) == [((tmp_path / "one").stat().st_mtime, "one")]
