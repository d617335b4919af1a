"""A folder of files that strangers may read: each is there whole or not at all, and what has not changed stays."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

MARKER: Final = ".mainstay-status-page"
"""Tells that a folder is ours, so that nobody's files are overwritten because of a slip in the configuration."""
UNFINISHED: Final = ".new-"
FOLDER_MODE: Final = 0o755
FILE_MODE: Final = 0o644
OLD_FOLDERS: Final = ("incidents", "api/v2/incidents")
"""Where files are removed that are not ours any more. Elsewhere the names are always the same."""


class NotOursError(OSError):
    """The folder holds somebody else's files."""


class PublicFolder:
    """Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """`path` is absolute; it is made where it is missing."""
        self.path = path

    def replace(self, files: Mapping[str, bytes]) -> list[str]:
        """Make the folder hold these files, in their order, and no older ones of ours; give those that changed.

        Raises `OSError`, `NotOursError` among them; then some files may be new and some old, but each is whole.
        """
        self._claim()
        changed = [name for name, content in files.items() if self._write(name, content)]
        self._remove_others(frozenset(files))
        return changed

    def _claim(self) -> None:
        _make_folder(self.path)
        marker = self.path / MARKER
        if marker.exists():
            return
        if any(not entry.name.startswith(UNFINISHED) for entry in self.path.iterdir()):
            raise NotOursError(f"{self.path}: holds other files already; name an empty folder")
        marker.write_text("Written by Mainstay, which replaces and removes files here.\n")

    def _write(self, name: str, content: bytes) -> bool:
        path = self.path / PurePosixPath(name)
        with suppress(FileNotFoundError):
            if path.stat().st_size == len(content) and path.read_bytes() == content:
                return False
        _make_folder(path.parent)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                os.fchmod(file.fileno(), FILE_MODE)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return True

    def _remove_others(self, names: frozenset[str]) -> None:
        for folder in ("", "api/v2", *OLD_FOLDERS):
            here = self.path / folder
            for path in here.iterdir() if here.is_dir() else ():
                is_old = folder in OLD_FOLDERS and f"{folder}/{path.name}" not in names
                # What begins so was left behind half written by a process that died.
                if path.is_file() and (is_old or path.name.startswith(UNFINISHED)):
                    path.unlink(missing_ok=True)


def _make_folder(path: Path) -> None:
    if not path.is_dir():
        path.mkdir(parents=True)
        # Our processes keep what they write to themselves; this is for others.
        path.chmod(FOLDER_MODE)
