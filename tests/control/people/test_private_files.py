import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mainstay.control.people import private_files
from mainstay.control.people.private_files import WatchedFile, locked, read_private, write_private

HOLD = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def number(content: bytes) -> int:
    return int(content)


def watched(path: Path) -> WatchedFile[int]:
    return WatchedFile(path, number, -1)


def test_a_file_is_for_us_alone_in_a_folder_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "control" / "file"
    write_private(path, b"1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"1")
    write_private(path, b"2")
    assert path.read_bytes() == b"2"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_private(path, b"1")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(path, b"2")
    assert path.read_bytes() == b"1"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"123")
    assert read_private(tmp_path / "file", 3) == b"123"
    with pytest.raises(OSError, match="larger than 2 bytes"):
        read_private(tmp_path / "file", 2)


def test_two_do_not_edit_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_files, "LOCK_SECONDS", 0.0)
    path = tmp_path / "file"
    command = [sys.executable, "-c", HOLD, str(tmp_path / "file.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # noqa: S603 - our own
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(TimeoutError, match="another process is changing it"), locked(path):
            pass
        other.communicate()
    with locked(path):
        pass
    with locked(path):
        pass


def test_a_change_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "file"
    file = watched(path)
    assert (file.value(), file.was_seen, file.trouble) == (-1, False, None)
    write_private(path, b"1")
    assert (file.value(), file.was_seen, file.trouble) == (1, True, None)
    write_private(path, b"2")
    assert file.value() == 2


def test_an_unchanged_file_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_private(path, b"1")
    file = watched(path)
    file.value()
    monkeypatch.setattr(private_files, "read_private", lambda _path: pytest.fail("read again"))
    assert file.value() == 1


def test_what_was_known_counts_while_the_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"1")
    file = watched(path)
    file.value()
    write_private(path, b"no number")
    assert file.value() == 1
    assert "damaged" in str(file.trouble)
    write_private(path, b"3")
    assert (file.value(), file.trouble) == (3, None)


def test_what_was_known_counts_while_the_file_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"1")
    file = watched(path)
    file.value()
    path.unlink()
    assert file.value() == 1
    assert "missing" in str(file.trouble)


def test_what_was_known_counts_while_the_file_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_private(path, b"1")
    file = watched(path)
    file.value()
    write_private(path, b"2")

    def broken(_path: Path) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(private_files, "read_private", broken)
        assert file.value() == 1
        assert "Input/output error" in str(file.trouble)
    assert (file.value(), file.trouble) == (2, None)


def test_what_lies_where_no_file_can_be_is_trouble_and_no_absence(tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"")
    file = watched(tmp_path / "folder" / "file")
    assert (file.value(), file.was_seen) == (-1, True)
    assert "cannot be read" in str(file.trouble)
