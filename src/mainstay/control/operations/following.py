"""Follows the configuration's files: a changed one is validated whole, then swapped at once; a bad one changes nothing.

Sections about operations (playbooks, notifications, detection, incidents, the status page) and the catalogue of models
are followed; where the control plane listens and who may log in is fixed at its start.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from mainstay.config.include import FILES_MAX
from mainstay.config.load import Loaded
from mainstay.config.snapshot import Snapshot

LOOK_SECONDS: Final = 2.0
MISTAKES_SHOWN_MAX: Final = 5


class Print(msgspec.Struct, frozen=True):
    """What can be seen of a file without reading it."""

    name: str
    modified_ns: int
    size: int
    inode: int


class Following:
    """`snapshot` may be asked from any thread, `look` from one."""

    def __init__(
        self, snapshot: Snapshot, path: Path | None, load: Callable[[], Loaded], report: Callable[[str], None]
    ) -> None:
        """`path` is the main file, `None` where there is none to follow. `load` reads everything anew and raises
        nothing."""
        self.trouble: str | None = None
        """Why the files as they are now do not count; `None` while they do."""
        self._snapshot = snapshot
        self._path = path
        self._load = load
        self._report = report
        self._seen = self._prints()
        self._changed: tuple[Print, ...] | None = None

    def snapshot(self) -> Snapshot:
        """The newest version that was accepted."""
        return self._snapshot

    def look(self) -> bool:
        """See whether a file has changed; one that has, and is still for one look, is loaded. Tell whether a new
        version was accepted. For a timer; raises nothing."""
        now = self._prints()
        if now == self._seen:
            self._changed = None
            return False
        if now != self._changed:
            # Somebody may be writing it.
            self._changed = now
            return False
        self._seen, self._changed = now, None
        return self._take(self._load())

    def _take(self, loaded: Loaded) -> bool:
        if loaded.snapshot is None:
            shown = "; ".join(f"{one.path or 'file'}: {one.message}" for one in loaded.mistakes[:MISTAKES_SHOWN_MAX])
            self.trouble = f"the changed configuration was refused, nothing was changed: {shown}"
            self._report(f"control: {self.trouble}")
            return False
        if loaded.snapshot.state != self._snapshot.state:
            self.trouble = "the configuration names another state folder: start the control plane anew"
            self._report(f"control: {self.trouble}")
            return False
        self._snapshot, self.trouble = loaded.snapshot, None
        self._report("control: the changed configuration is accepted")
        return True

    def _prints(self) -> tuple[Print, ...]:
        if self._path is None:
            return ()
        found = [self._path]
        for pattern in self._snapshot.file.include:
            try:
                found += sorted(self._path.parent.glob(pattern))[:FILES_MAX]
            except (ValueError, OSError, NotImplementedError):
                continue
        prints = (_print_of(path) for path in found)
        return tuple(one for one in prints if one is not None)


def _print_of(path: Path) -> Print | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Print(str(path), status.st_mtime_ns, status.st_size, status.st_ino)
