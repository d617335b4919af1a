"""A folder of files for strangers."""

import os
from pathlib import Path

import pytest

from mainstay.control.status_page.public_folder import MARKER, NotOursError, PublicFolder


@pytest.fixture
def folder(tmp_path: Path) -> PublicFolder:
    return PublicFolder(tmp_path / "a" / "page")


FILES = {"incidents/INC-1.html": b"one", "api/v2/incidents/INC-1.json": b"1", "index.html": b"front"}


def read(folder: PublicFolder) -> dict[str, bytes]:
    found = (one for one in folder.path.rglob("*") if one.is_file() and one.name != MARKER)
    return {one.relative_to(folder.path).as_posix(): one.read_bytes() for one in found}


def test_all_files_are_written(folder: PublicFolder) -> None:
    assert folder.replace(FILES) == list(FILES)
    assert read(folder) == FILES


def test_others_may_read_them_whatever_our_processes_do_otherwise(folder: PublicFolder) -> None:
    before = os.umask(0o077)
    try:
        folder.replace(FILES)
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in (folder.path / "incidents").iterdir()}
    assert modes == {0o644}
    assert [one.stat().st_mode & 0o777 for one in (folder.path, folder.path / "api" / "v2" / "incidents")] == [
        0o755
    ] * 2


def test_what_has_not_changed_stays_as_it_is(folder: PublicFolder) -> None:
    folder.replace(FILES)
    before = {path: path.stat() for path in folder.path.rglob("*.*")}
    assert folder.replace({**FILES, "index.html": b"other"}) == ["index.html"]
    same = {
        path
        for path, stat in before.items()
        if (path.stat().st_ino, path.stat().st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)
    }
    assert {path.name for path in before} - {path.name for path in same} == {"index.html"}


def test_a_file_of_the_same_length_is_compared(folder: PublicFolder) -> None:
    folder.replace(FILES)
    assert folder.replace({**FILES, "index.html": b"FRONT"}) == ["index.html"]


def test_incidents_that_are_not_shown_any_more_are_removed(folder: PublicFolder) -> None:
    folder.replace(FILES)
    folder.replace({"index.html": b"front"})
    assert read(folder) == {"index.html": b"front"}


def test_half_written_files_of_one_that_died_are_removed(folder: PublicFolder) -> None:
    folder.replace(FILES)
    for name in (".new-x", "incidents/.new-y", "api/v2/.new-z"):
        (folder.path / name).write_bytes(b"half")
    folder.replace(FILES)
    assert read(folder) == FILES


def test_a_folder_with_files_of_somebody_else_is_left_alone(folder: PublicFolder) -> None:
    folder.path.mkdir(parents=True)
    (folder.path / "index.html").write_bytes(b"theirs")
    with pytest.raises(NotOursError, match="name an empty folder"):
        folder.replace(FILES)
    assert read(folder) == {"index.html": b"theirs"}


def test_where_a_file_cannot_be_written_nothing_half_is_left(folder: PublicFolder) -> None:
    folder.replace(FILES)
    (folder.path / "index.html").unlink()
    (folder.path / "index.html").mkdir()
    with pytest.raises(OSError, match=r"index\.html"):
        folder.replace({**FILES, "index.html": b"new"})
    assert not list(folder.path.glob(".new-*"))
