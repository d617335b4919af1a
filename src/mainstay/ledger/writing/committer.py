"""The journal's hands: brings batches of records to disk, one after the other, and copes with the disk.

No threads and no waiting here; `journal` decides when to try. A batch stays with the caller until it is written.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from mainstay.ledger.errors import (
    DamagedStoreError,
    FullStoreError,
    LedgerError,
    StoreError,
    UnwritableRecordError,
)
from mainstay.ledger.examination import Remark
from mainstay.ledger.retention import Prunable, Retention, RetentionLimits
from mainstay.model.records import AlertRecord, Record

TEND_SECONDS: Final = 1.0
"""Between two looks at the file's size and at what the store has."""

REMARKS_MAX: Final = 1_000
"""So many remarks are known, so that each is made once."""

FULL: Final = (
    "journal: larger than its bound, and the store does not have its records yet: durable work should be refused until "
    "they are shipped (is the control plane running?)"
)

Report = Callable[[str], None]
"""Takes one line for the operator."""


class Store(Prunable, Protocol):
    """Where batches go; `ledger.sqlite.RecordStore` in production. Every method may raise `LedgerError`."""

    def append(self, records: Sequence[Record]) -> int:
        """Write all or none, durably; give the sequence number of the last one."""

    def last_sequence(self) -> int:
        """Give the sequence number of the newest record."""

    @property
    def head_trouble(self) -> str | None:
        """Why the last commit could not be witnessed beside the file."""

    def close(self) -> None:
        """Let go of the file."""


class Files(Protocol):
    """Where stores come from; `ledger.files.JournalFile` in production. Every method may raise `LedgerError`."""

    @property
    def marks(self) -> Path:
        """The folder of marks, behind which may be pruned."""

    def open(self) -> Store:
        """Open the store, ours alone."""

    def take_remarks(self) -> list[Remark]:
        """What the journal should tell of the last `open`; once."""

    def set_aside(self) -> Path:
        """Move a damaged file away and say where it went."""

    def release(self) -> None:
        """Give up what keeps other processes out."""


class Committer:
    """Commits batches to a store that may fail, vanish or break. Used by one thread at a time."""

    def __init__(self, files: Files, report: Report, retention: RetentionLimits, wall: Callable[[], float]) -> None:
        """`report` hears of each change for the worse or the better, once. `wall` gives seconds since 1970."""
        self.trouble: str | None = None
        """Why the last try failed, in words for an operator; `None` while all is well."""
        self.written = 0
        """Records brought to disk so far."""
        self.discarded = 0
        """Records that have no written form (for example an instant that is not a number) and were left out."""
        self.retention = Retention(files.marks, retention)
        self._files = files
        self._report = report
        self._wall = wall
        self._tended_at = -math.inf
        self._remarks: list[Remark] = []
        self._noted: set[Remark] = set()
        self._told_troubles: dict[str, str | None] = {}
        self._store: Store | None = None
        self._sequence = 0
        self._uncertain_records = 0
        self._damage: DamagedStoreError | None = None

    def start(self) -> None:
        """Open the store. A disk that fails leaves `trouble`, and the next `commit` tries again.

        Raises `StateInUseError` or `NewerStoreError`: these files are not ours to use.
        """
        try:
            self._open()
        except StoreError as error:
            self._suffer(str(error))

    @property
    def sequence(self) -> int:
        """The number of the newest record on disk."""
        return self._sequence

    def commit(self, batch: list[Record]) -> bool:
        """Write the batch and empty the list; or leave it as it was, say why in `trouble`, and give `False`.

        What an operator should know of the journal itself goes before the batch's first record, as alert records.
        """
        try:
            store = self._store or self._open()
            if self.retention.is_overfull:
                self._make_room(store)
            self._append(batch, store)
        except FullStoreError as error:
            self._say_trouble(str(error))
        except LedgerError as error:
            self._suffer(str(error), error)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the only thread that writes
            self._suffer(f"{type(error).__name__}: {error}")
        else:
            self._be_well()
        return not batch

    def tend(self) -> bool:
        """Look after the file's size, at most once in `TEND_SECONDS` unless the last time left something to do. Tell
        whether there is more to do. Never raises; what fails is reported once."""
        now = self._wall()
        # A clock that was set back must not put it off.
        if self._store is None or abs(now - self._tended_at) < TEND_SECONDS:
            return False
        self._tended_at = now
        was_full = self.retention.is_full
        try:
            has_more = self.retention.tend(self._store, now)
        except LedgerError as error:
            self._say_once("pruning", f"journal: cannot be pruned: {error}")
            return False
        self._say_once("pruning", None)
        self._note(self.retention.take_remarks())
        if self.retention.is_full != was_full:
            self._report(FULL if self.retention.is_full else "journal: below its bound again")
        if has_more:
            self._tended_at = -math.inf
        return has_more

    def close(self) -> None:
        """Let go of store and files."""
        self._let_go()
        self._files.release()

    def _append(self, batch: list[Record], store: Store) -> None:
        self._forget_written(batch, store)
        self._put_remarks_before(batch)
        while batch:
            self._uncertain_records = len(batch)
            try:
                self._sequence = store.append(batch)
            except UnwritableRecordError as error:
                lost = batch.pop(error.position)
                self.discarded += 1
                self._report(f"journal: record {lost.id!r} is lost: {error}")
            else:
                self.written += len(batch)
                batch.clear()
                trouble = store.head_trouble
                self._say_once("head", None if trouble is None else f"journal: {trouble}")
            self._uncertain_records = 0

    def _make_room(self, store: Store) -> None:
        self.retention.tend(store, self._wall())
        if self.retention.is_overfull:
            raise FullStoreError(
                f"the journal takes {self.retention.bytes} bytes, a quarter more than its bound, and none of it may be "
                "pruned before the store has it"
            )

    def _note(self, remarks: Sequence[Remark]) -> None:
        """Report what is new, and keep it for the journal."""
        for remark in remarks:
            if remark not in self._noted:
                if len(self._noted) >= REMARKS_MAX:
                    self._noted.clear()
                self._noted.add(remark)
                self._report(f"journal: {remark.message}")
                self._remarks.append(remark)

    def _put_remarks_before(self, batch: list[Record]) -> None:
        at = self._wall() if self._remarks else 0.0
        batch[:0] = [_alert(remark, at, number) for number, remark in enumerate(self._remarks)]
        self._remarks = []

    def _forget_written(self, batch: list[Record], store: Store) -> None:
        """A commit may fail after it has reached the disk. We are the only writer, so the numbers tell which it was."""
        if self._uncertain_records:
            last = store.last_sequence()
            if last == self._sequence + self._uncertain_records:
                self.written += self._uncertain_records
                del batch[: self._uncertain_records]
            self._sequence = last
            self._uncertain_records = 0

    def _open(self) -> Store:
        try:
            store = self._begin_anew(self._damage) if self._damage else self._files.open()
        except DamagedStoreError as damage:
            store = self._begin_anew(damage)
        self._store = store
        self._note(self._files.take_remarks())
        if not self._uncertain_records:
            self._sequence = store.last_sequence()
        return store

    def _begin_anew(self, damage: DamagedStoreError) -> Store:
        self._damage = damage
        aside = self._files.set_aside()
        self._damage = None
        self._uncertain_records = 0
        self._report(f"journal: damaged ({damage}); the old file is kept as {aside}, a new one is begun")
        return self._files.open()

    def _suffer(self, trouble: str, error: LedgerError | None = None) -> None:
        if isinstance(error, DamagedStoreError):
            self._damage = error
        self._let_go()
        self._say_trouble(trouble)

    def _say_trouble(self, trouble: str) -> None:
        is_news = trouble != self.trouble
        self.trouble = trouble
        if is_news:
            self._report(f"journal: cannot write: {trouble}. Requests are served; records wait in memory")

    def _say_once(self, what: str, trouble: str | None) -> None:
        """Report a lesser trouble when it changes."""
        if trouble is not None and trouble != self._told_troubles.get(what):
            self._report(trouble)
        self._told_troubles[what] = trouble

    def _be_well(self) -> None:
        if self.trouble is not None:
            self.trouble = None
            self._report("journal: writes again")

    def _let_go(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            try:
                store.close()
            except LedgerError as error:
                self._report(f"journal: closing failed: {error}")


def _alert(remark: Remark, at: float, number: int) -> AlertRecord:
    identity = f"{remark.kind}-{int(at * 1000)}-{number}"
    return AlertRecord(
        id=identity, at=at, kind=remark.kind, upstream="", model="", credential="", message=remark.message
    )
