"""Which files must be on disk at the end of a batch, and which soon after."""

from collections.abc import Callable, Sequence
from pathlib import Path

from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.drafts.draft_file import DraftFile


class Syncing:
    """Used by one thread."""

    def __init__(self, disk: Disk, refused: Callable[[DraftFile, OSError], None]) -> None:
        """`refused` hears of a file that could not be brought to disk."""
        self._disk = disk
        self._refused = refused
        self._at_once: dict[DraftFile, bool] = {}
        self._lazily: set[DraftFile] = set()

    def at_once(self, file: DraftFile, *, is_new: bool) -> None:
        """This one must be on disk at the next `settle`."""
        self._at_once[file] = is_new or self._at_once.get(file, False)

    def lazily(self, file: DraftFile) -> None:
        """This one should be on disk before long."""
        self._lazily.add(file)

    def settle(self) -> None:
        """Bring to disk what must be there now."""
        waiting, self._at_once = self._at_once, {}
        for file in waiting:
            self._lazily.discard(file)
            self._sync(file.path, (file,))
        # The name of a new file is in its folder, which has a page of its own.
        new = [file for file, is_new in waiting.items() if is_new]
        for folder in {file.path.parent for file in new}:
            self._sync(folder, [file for file in new if file.path.parent == folder])

    def settle_lazily(self) -> None:
        """Bring to disk what should be there soon."""
        waiting, self._lazily = self._lazily, set()
        for file in waiting:
            self._sync(file.path, (file,))

    def _sync(self, path: Path, files: Sequence[DraftFile]) -> None:
        living = [file for file in files if not file.failed]
        if not living:
            return
        try:
            self._disk.sync(path)
        except OSError as error:
            for file in living:
                self._refused(file, error)
