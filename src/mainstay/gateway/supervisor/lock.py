"""The lock on a state folder: one gateway at a time."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mainstay.gateway.whole_file import FOLDER_MODE
from mainstay.ledger.errors import StateInUseError

LOCK_FILE: Final = Path("run", "gateway.lock")
TRIES: Final = 5
TRY_AGAIN_SECONDS: Final = 0.02
_PID_BYTES: Final = 20


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
        if not self._locked(descriptor):
            holder = _holder(descriptor)
            os.close(descriptor)
            raise StateInUseError(
                f"{self._state}: this state folder is in use by the gateway with process id {holder or 'unknown'}; "
                "stop it, or name another folder with `state:`"
            )
        self._descriptor, self.trouble = descriptor, ""
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        except OSError:
            return  # Only the words of a refusal need it.

    def take_late(self) -> None:
        """Take it, where the disk did not allow that before. Raises nothing: whoever took it first may serve, too."""
        if self.trouble:
            try:
                self.take()
            except StateInUseError as error:
                self.trouble = str(error)

    def _locked(self, descriptor: int) -> bool:
        for _ in range(TRIES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Somebody who only asks (`holder_of`) has it for a moment.
                self._rest(TRY_AGAIN_SECONDS)
            else:
                return True
        return False

    def release(self) -> None:
        """Let another gateway have it. Harmless where it is not ours."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def holder_of(state: Path) -> int | None:
    """The process id of the gateway that runs on this state folder, `None` where none does. Raises `OSError`."""
    try:
        descriptor = os.open(state / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> int | None:
    text = os.pread(descriptor, _PID_BYTES, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdigit() else None
