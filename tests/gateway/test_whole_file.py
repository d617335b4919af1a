"""Files that are there whole or not at all."""

import os
from pathlib import Path

import pytest

from mainstay.gateway.whole_file import replace_file


def test_a_file_and_its_folder_are_made_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "run" / "file"
    replace_file(path, b"one")
    assert path.read_bytes() == b"one"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, b"a longer text")
    replace_file(path, b"short", sync=False)
    assert path.read_bytes() == b"short"
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208 - names are compared


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    replace_file(path, b"old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
