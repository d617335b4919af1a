"""Journal files of a state folder: their names, the lock that keeps a second process out, moving a broken one aside."""

import fcntl
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from mainstay.ledger.chain import Chain, new_chain
from mainstay.ledger.checkpoint import Checkpoint, SigningKey
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_or_make_signing_key, read_public_keys
from mainstay.ledger.errors import LedgerError, StateInUseError, StoreError
from mainstay.ledger.examination import BEGUN_ANEW_ALERT, UNSIGNED_ALERT, Remark, examine
from mainstay.ledger.head import Witness, head_path, read_head
from mainstay.ledger.marks import marks_folder
from mainstay.ledger.sqlite import RecordStore

SQLITE_COMPANIONS: Final = ("", "-wal", "-shm")
"""SQLite keeps a journal in up to three files; they move together."""

CONTROL_WORKER: Final = 1_000_000
"""Chains name their worker by its number. Those of control planes are numbered from here, where no worker can be."""

_WRITER: Final = r"journal-(?:(?P<worker>\d{1,6})|control(?:-(?P<control>\d{1,2}))?)\."
JOURNAL_NAME: Final = re.compile(_WRITER)
SET_ASIDE_NAME: Final = re.compile(_WRITER + r"damaged-[0-9T]+(-\d+)?")


def journal_path(state: Path, worker: int) -> Path:
    """Where the worker with this number keeps its records."""
    return state / f"journal-{worker}.sqlite"


def control_journal_path(state: Path, number: int) -> Path:
    """Where a control plane, or a command that does its work, keeps its records; the first has the number 0."""
    return state / (f"journal-control-{number}.sqlite" if number else "journal-control.sqlite")


def worker_of(path: Path) -> int:
    """The number of the worker whose journal this is, from `CONTROL_WORKER` on that of a control plane; 0 for a file of
    another name."""
    match = JOURNAL_NAME.match(path.name)
    if match is None:
        return 0
    return int(match["worker"]) if match["worker"] else CONTROL_WORKER + int(match["control"] or 0)


def set_aside_paths(state: Path) -> list[Path]:
    """Journal files that were damaged and set aside, oldest first for each worker."""
    return [path for path in sorted(state.glob("journal-*.damaged-*")) if SET_ASIDE_NAME.fullmatch(path.name)]


def lost_head_paths(state: Path) -> list[Path]:
    """Heads of journals that were gone when their worker looked for them."""
    return sorted(state.glob("journal-*.missing-*.head"))


def journal_paths(state: Path) -> list[Path]:
    """Journal files of every worker and control plane that ever wrote in this state folder, in a fixed order."""
    return sorted(state.glob("journal-*.sqlite"))


class JournalFile:
    """One worker's journal file, ours alone from the first `open` to `release`."""

    def __init__(self, path: Path, wall: Callable[[], float], *, gateway: str = "") -> None:
        """`wall` gives seconds since 1970, for names of files and for checkpoints. `gateway` is the gateway's id."""
        self.path = path
        self.marks = marks_folder(path.parent)
        self._wall = wall
        self._gateway = gateway
        self._lock: int | None = None
        self._key: SigningKey | None = None
        self._remarks: list[Remark] = []

    def open(self) -> RecordStore:
        """Open the store, taking the lock first if it is not ours yet; the folder is made where it is missing.

        Raises `StateInUseError`, `NewerStoreError`, `DamagedStoreError` (also for a file that lacks records which it
        once had) or `StoreError`.
        """
        self._remarks = []
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._lock is None:
                self._lock = _take_lock(self.path.with_suffix(".lock"))
            witness = self._witness()
            head, doubt = self._head()
            existed = self.path.exists() and self.path.stat().st_size > 0
            if not existed:
                self._keep_head_of_missing()
        except OSError as error:
            msg = f"{error.filename or self.path}: {error.strerror or error}"
            raise StoreError(msg) from error
        store = RecordStore(self.path, begin=lambda: self._new_chain(head, doubt), witness=witness)
        try:
            if existed and store.is_chained:
                self._remarks += examine(store, head, doubt, self.marks)
        except BaseException:
            store.close()
            raise
        return store

    def take_remarks(self) -> list[Remark]:
        """What the journal should tell of the last `open`; once."""
        remarks, self._remarks = self._remarks, []
        return remarks

    def set_aside(self) -> Path:
        """Rename a broken file (its store must be closed), so that `open` begins a new one; give the new name.

        Its head is copied: the one that stays tells the next chain which one it follows. Raises `StoreError` if the
        disk does not allow it.
        """
        aside = self._free_name("damaged")
        try:
            self._copy_head(aside)
            for companion in SQLITE_COMPANIONS:
                source = Path(f"{self.path}{companion}")
                if source.exists():
                    source.rename(f"{aside}{companion}")
        except OSError as error:
            msg = f"{self.path}: cannot be moved aside: {error.strerror or error}"
            raise StoreError(msg) from error
        return aside

    def release(self) -> None:
        """Let another process have the file. Harmless if it was never ours."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _witness(self) -> Witness | None:
        """Who signs; nobody while there is no key, which must not keep us from writing."""
        try:
            if self._key is None:
                self._key = read_or_make_signing_key(checkpoint_keys_folder(self.path.parent))
        except StoreError as error:
            self._remarks.append(Remark(UNSIGNED_ALERT, f"checkpoints are not signed: {error}"))
            return None
        return Witness(self._key, head_path(self.path), self._wall)

    def _head(self) -> tuple[Checkpoint | None, str]:
        """What the head says, and why it cannot be trusted if that is so."""
        try:
            return read_head(head_path(self.path), read_public_keys(checkpoint_keys_folder(self.path.parent))), ""
        except LedgerError as error:
            return None, str(error)

    def _new_chain(self, head: Checkpoint | None, doubt: str) -> Chain:
        chain = new_chain(self._gateway, worker_of(self.path), self._wall())
        if head is None:
            if doubt:
                self._remarks.append(Remark(BEGUN_ANEW_ALERT, f"the chain before this one cannot be told: {doubt}"))
            return chain
        message = f"follows the chain {head.chain}, of which {head.sequence} records are known"
        self._remarks.append(Remark(BEGUN_ANEW_ALERT, message))
        return msgspec.structs.replace(
            chain, follows=head.chain, follows_sequence=head.sequence, follows_digest=bytes.fromhex(head.digest)
        )

    def _keep_head_of_missing(self) -> None:
        """Keep the head of a journal that is gone: it alone shows that records are missing. Raises `OSError`."""
        head = head_path(self.path)
        kept = self.path.parent.glob(f"{self.path.stem}.*.head")
        if head.exists() and not any(other.read_bytes() == head.read_bytes() for other in kept):
            self._copy_head(self._free_name("missing"))

    def _copy_head(self, aside: Path) -> None:
        head = head_path(self.path)
        if head.exists():
            head_path(aside).write_bytes(head.read_bytes())

    def _free_name(self, why: str) -> Path:
        stamp = datetime.fromtimestamp(self._wall(), UTC).strftime("%Y%m%dT%H%M%S")
        aside = self.path.with_name(f"{self.path.stem}.{why}-{stamp}")
        taken = 0
        while aside.exists() or head_path(aside).exists():
            taken += 1
            aside = aside.with_name(f"{self.path.stem}.{why}-{stamp}-{taken}")
        return aside


def _take_lock(path: Path) -> int:
    """Lock the file and write our process id into it. The operating system frees the lock when we die, however."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
    except BlockingIOError as error:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        msg = (
            f"{path.parent}: this state folder is in use by process {holder} (lock {path.name}); "
            "stop that process, or name another folder with `state:`"
        )
        raise StateInUseError(msg) from error
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
