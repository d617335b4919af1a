"""One journal file on its way to the store: how far it is, and its next step."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from mainstay.control.shipping.batch import Batch, Place, Step, deliver, is_same_record, read_batch
from mainstay.control.shipping.findings import Findings
from mainstay.ledger.chain import Anchor, Chain
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.errors import DamagedStoreError, LedgerError, NewerStoreError
from mainstay.ledger.marks import Mark, marks_folder, read_mark, write_mark
from mainstay.ledger.store.port import Store
from mainstay.ledger.store.rows import checked_chain

AGAIN_SECONDS: Final = 60.0
"""A chain that stopped is tried again after so long."""
SOON_SECONDS: Final = 5.0
FAILURES_MAX: Final = 3
"""A file that is not damaged and cannot be read (busy, or not migrated yet) is tried again soon, and told after so many
times."""
MARK_SECONDS: Final = 2.0
"""The mark of a chain is written at most so often."""

NO_CHECKPOINTS: Final = 2**62
"""Behind every checkpoint."""

STOP_KINDS: Final = ("store-disagrees", "journal-broken", "journal-unreadable", "journal-behind-store")

T = TypeVar("T")


class UnreadableJournalError(Exception):
    """The file cannot be read now. Nothing is wrong with the store."""

    def __init__(self, error: LedgerError) -> None:
        """Say why."""
        super().__init__(str(error))
        self.is_lasting = isinstance(error, DamagedStoreError | NewerStoreError)


class JournalShipping:
    """Ships one file. Used by one thread."""

    def __init__(self, path: Path, findings: Findings, wall: Callable[[], float], *, is_live: bool) -> None:
        """`is_live` is false for a file that was set aside as damaged. `wall` gives seconds since 1970."""
        self.path = path
        self.chain: Chain | None = None
        self.shipped = 0
        """The store has the records up to this number, as far as we know."""
        self.newest = 0
        """The number of the last record in the file."""
        self.oldest_at: float | None = None
        """The instant of the first record that waits; `None` if none does."""
        self._is_live = is_live
        self._findings = findings
        self._wall = wall
        self._marks = marks_folder(path.parent)
        self._place: Place | None = None
        self._again_at = 0.0
        self._failures = 0
        self._quiet: tuple[int, ...] | None = None
        self._settled: tuple[int, ...] | None = None
        self._marked_at = -MARK_SECONDS
        self._marked = 0

    @property
    def place(self) -> Place | None:
        """How far the store has the chain; `None` while it has not been asked."""
        return self._place

    def forget_place(self) -> None:
        """The store must be asked again how far it is."""
        self._place = None
        self._settled = None
        self._again_at = 0.0

    def survey(self) -> None:
        """Look how much waits, without the store."""
        try:
            self._know(self._read(lambda reader: reader.chain()))
            place = self._place or Place(Anchor(self.shipped, b""), NO_CHECKPOINTS)
            self._learn(self._read(lambda reader: read_batch(reader, place, 0)), self.shipped)
        except UnreadableJournalError as error:
            self._unreadable(error)

    def advance(self, store: Store, now: float) -> bool:
        """Ship a batch; tell whether there is more. `now` is on a clock that no one sets. Raises `StoreError` (and
        `NewerStoreError`), which then is about the store."""
        seen = fingerprint(self.path)
        if now < self._again_at or seen == self._settled:
            self._mark(now)
            return False
        try:
            chain = self._know(self._read(lambda reader: reader.chain()))
            place = self._place or Place(store.position(chain.id), store.last_checkpoint(chain.id))
            batch = self._read(lambda reader: read_batch(reader, place))
        except UnreadableJournalError as error:
            self._unreadable(error)
            self._again_at = now + (AGAIN_SECONDS if error.is_lasting else SOON_SECONDS)
            return False
        if batch.chain.id != chain.id:
            return True
        self._failures = 0
        self._learn(batch, place.position.sequence)
        step = deliver(batch, store, place, self._wall())
        self._follow(chain, step, now)
        self._settle(seen, step)
        self._mark(now)
        return step.more

    def compare(self, store: Store) -> None:
        """Ask the store anew what it has, and whether its last record is ours. Raises `StoreError`, about the store."""
        if self.chain is None:
            return
        position = store.position(self.chain.id)
        self.forget_place()
        self._place = Place(position, store.last_checkpoint(self.chain.id))
        self.shipped = position.sequence
        try:
            same = self._read(lambda reader: is_same_record(reader, position))
        except UnreadableJournalError as error:
            self._unreadable(error)
            return
        if not same:
            what = f"record {position.sequence} is not the record that the store has under this number"
            self._findings.add("store-disagrees", self.chain.id, self._told(what))

    def _know(self, chain: Chain) -> Chain:
        """Learn whose records these are; another chain under the old name means that a new file was begun."""
        if self.chain is None or chain.id != self.chain.id:
            self.forget_place()
            self.chain, self._marked, self.newest, self.oldest_at = chain, 0, 0, None
            try:
                mark = read_mark(self._marks, chain.id)
            except LedgerError:
                mark = None
            self.shipped = mark.sequence if mark else 0
        return chain

    def _learn(self, batch: Batch, shipped: int) -> None:
        last = batch.segments[-1].last_sequence if batch.segments else shipped
        self.newest = batch.end.sequence if batch.end else max(last, self.newest)
        waits = batch.segments and last > shipped
        self.oldest_at = batch.segments[0].first_at if waits else None

    def _follow(self, chain: Chain, step: Step, now: float) -> None:
        self._place = step.place
        self.shipped = step.place.position.sequence
        if self.shipped >= self.newest:
            self.oldest_at = None
        if step.gap is not None:
            first, last = step.gap.first_sequence, step.gap.last_sequence
            what = f"records {first} to {last} are neither in the store nor in the journal any more; the gap is kept"
            self._findings.add("store-gap", chain.id, self._told(what), f"{chain.id}:{first}")
        if step.stop is None:
            self._findings.resolve(chain.id, *STOP_KINDS)
            return
        self._again_at = now + AGAIN_SECONDS
        # Of a file that was set aside it is known that it lacks records.
        if self._is_live or step.stop.kind != "journal-behind-store":
            self._findings.add(step.stop.kind, chain.id, self._told(step.stop.message))

    def _settle(self, seen: tuple[int, ...], step: Step) -> None:
        """Note that there is nothing to do until the file changes. Its times are coarse: two writes may share one, so
        that it must have looked the same before."""
        if not step.more and step.stop is None:
            self._settled = seen if seen == self._quiet else None
            self._quiet = seen

    def write_mark(self) -> None:
        """Say on disk how far the store is, if it came further."""
        if self.chain is None or self._place is None or self._place.position.sequence == self._marked:
            return
        position = self._place.position
        try:
            write_mark(self._marks, Mark(self.chain.id, position.sequence, position.digest.hex(), self._wall()))
        except LedgerError as error:
            self._findings.add("mark-unwritten", self.chain.id, f"the journal cannot be pruned: {error}")
        else:
            self._marked = position.sequence
            self._findings.resolve(self.chain.id, "mark-unwritten")

    def _mark(self, now: float) -> None:
        if now - self._marked_at >= MARK_SECONDS:
            self._marked_at = now
            self.write_mark()

    def _read(self, question: Callable[[ChainReader], T]) -> T:
        try:
            with ChainReader(self.path) as reader:
                answer = question(reader)
                checked_chain(reader.chain())
                return answer
        except LedgerError as error:
            raise UnreadableJournalError(error) from error

    def _unreadable(self, error: UnreadableJournalError) -> None:
        self._failures += 1
        if error.is_lasting or self._failures >= FAILURES_MAX:
            chain = self.chain.id if self.chain else ""
            self._findings.add("journal-unreadable", chain, str(error), self.path.name)

    def _told(self, what: str) -> str:
        return f"{self.path.name}: {what}"


def fingerprint(path: Path) -> tuple[int, ...]:
    """Changes when the file is written. SQLite writes to a log beside it first."""
    found: list[int] = []
    for one in (path, Path(f"{path}-wal")):
        try:
            status = one.stat()
        except OSError:
            found.append(0)
        else:
            found += (status.st_ino, status.st_size, status.st_mtime_ns)
    return tuple(found)
