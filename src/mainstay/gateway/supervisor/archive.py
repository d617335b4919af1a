"""Versions of the configuration that were accepted, as files: the last few, each under the hash of its bytes."""

import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec

from mainstay.config.yaml_text import FILE_BYTES_MAX
from mainstay.gateway.whole_file import replace_file

VERSIONS_MAX: Final = 20
PIN_FILE: Final = Path("run", "configuration.pin")
_FOLDER: Final = "configurations"
_SUFFIX: Final = ".yaml"


class Pin(msgspec.Struct, frozen=True):
    """An operator went back to version `sha256`; that holds as long as the file is the one it was then."""

    sha256: str
    instead_of: str


class Archive:
    """The versions of one state folder, oldest first by the time of their last acceptance."""

    def __init__(self, state: Path) -> None:
        """Nothing is read or made yet."""
        self._folder = state / _FOLDER
        self._pin = state / PIN_FILE

    def keep(self, sha256: str, text: bytes, wall: float) -> None:
        """Keep a version as the newest, and forget the oldest ones. Raises `OSError`."""
        newest = max((self._accepted_at(one) for one in self.versions()), default=0)
        path = self._path(sha256)
        replace_file(path, text)
        # A clock that was set back must not change the order.
        instant = max(int(wall * 1e9), newest + 1)
        os.utime(path, ns=(instant, instant))
        for old in self.versions()[:-VERSIONS_MAX]:
            self._path(old).unlink(missing_ok=True)

    def versions(self) -> list[str]:
        """Their hashes. Raises `OSError`."""
        try:
            found = [path for path in self._folder.iterdir() if path.suffix == _SUFFIX]
        except FileNotFoundError:
            return []
        return [path.stem for path in sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))]

    def before(self, sha256: str) -> str | None:
        """The version that was accepted before this one; before the newest, where this one is not kept. Raises
        `OSError`."""
        versions = self.versions()
        place = versions.index(sha256) if sha256 in versions else len(versions)
        return versions[place - 1] if place > 0 else None

    def read(self, sha256: str) -> bytes | None:
        """The bytes of a version; `None` where they are not kept, or are not what they were."""
        try:
            with self._path(sha256).open("rb") as file:
                text = file.read(FILE_BYTES_MAX + 1)
        except OSError:
            return None
        return text if hashlib.sha256(text).hexdigest() == sha256 else None

    def pin(self, pin: Pin) -> None:
        """Remember that an operator went back. Raises `OSError`."""
        replace_file(self._pin, msgspec.json.encode(pin))

    def pinned(self) -> Pin | None:
        """To what an operator went back; `None` also for a file that cannot be read."""
        try:
            return msgspec.json.decode(self._pin.read_bytes(), type=Pin)
        except (OSError, msgspec.MsgspecError):
            return None

    def unpin(self) -> None:
        """Forget that anybody went back. Raises `OSError`."""
        self._pin.unlink(missing_ok=True)

    def _accepted_at(self, sha256: str) -> int:
        return self._path(sha256).stat().st_mtime_ns

    def _path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}{_SUFFIX}"
