"""The lock on a state folder: one gateway at a time."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mainstay.gateway.file_lock import held_by, is_taken, sign, signature
from mainstay.gateway.whole_file import FOLDER_MODE
from mainstay.ledger.errors import StateInUseError

LOCK_FILE: Final = Path("run", "gateway.lock")


class GatewayLock:
    """Ours from `take` to `release`. The operating system frees it when we die, however."""

    def __init__(
        self, state: Path, report: Callable[[str], None], rest: Callable[[float], object] = time.sleep
    ) -> None:
        """`report` takes one line for the operator; `rest` waits for so many seconds."""
        self.trouble = ""
        """Why a second gateway on this folder would not be noticed; empty while it would be."""
        self._path = state / LOCK_FILE
        self._state = state
        self._report = report
        self._rest = rest
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take it. A disk that is in trouble is reported, and does not keep us from serving. Raises `StateInUseError`
        where another gateway has it."""
        try:
            self._path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            trouble = f"{self._path}: {error.strerror}; a second gateway on this folder would not be noticed"
            if not self.trouble:
                self._report(trouble)
            self.trouble = trouble
            return
        if not is_taken(descriptor, self._rest):
            holder = _process_id(signature(descriptor))
            os.close(descriptor)
            raise StateInUseError(
                f"{self._state}: this state folder is in use by the gateway with process id {holder or 'unknown'}; "
                "stop it, or name another folder with `state:`"
            )
        self._descriptor, self.trouble = descriptor, ""
        try:
            sign(descriptor, f"{os.getpid()}\n")
        except OSError:
            return  # Only the words of a refusal need it.

    def take_late(self) -> None:
        """Take it, where the disk did not allow that before. Raises nothing: whoever took it first may serve, too."""
        if self.trouble:
            try:
                self.take()
            except StateInUseError as error:
                self.trouble = str(error)

    def release(self) -> None:
        """Let another gateway have it. Harmless where it is not ours."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def holder_of(state: Path) -> int | None:
    """The process id of the gateway that runs on this state folder, `None` where none does. Raises `OSError`."""
    words = held_by(state / LOCK_FILE)
    return None if words is None else _process_id(words)


def _process_id(words: str) -> int | None:
    text = words.strip()
    return int(text) if text.isascii() and text.isdigit() else None
