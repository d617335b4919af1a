"""The draft store: what the gateway holds in its hands. Only `start` and `close` wait for the disk."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from mainstay.gateway.drafts.claiming import Claims, SharedClaims
from mainstay.gateway.drafts.claims import CLAIMS_FOLDER, ClaimFiles
from mainstay.gateway.drafts.disk import FOLDER_MODE, Disk
from mainstay.gateway.drafts.draft import Draft, Written
from mainstay.gateway.drafts.draft_file import DraftFile
from mainstay.gateway.drafts.elsewhere import Elsewhere
from mainstay.gateway.drafts.entries import DELIVERED, Entry, Missing, Opening, Reason
from mainstay.gateway.drafts.far_reading import FarReading
from mainstay.gateway.drafts.follower import Stretch
from mainstay.gateway.drafts.keys import read_or_make_key
from mainstay.gateway.drafts.limits import USUAL_LIMITS, DraftLimits
from mainstay.gateway.drafts.lock import FolderLock
from mainstay.gateway.drafts.mirror import Mirror, MirrorStatus, copy_gone, new_mirror
from mainstay.gateway.drafts.owner import new_owner
from mainstay.gateway.drafts.places import draft_path, is_exchange_id
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.drafts.shelf import Shelf
from mainstay.gateway.drafts.siblings import Siblings
from mainstay.gateway.drafts.surroundings import Loop, Sharing, Timer
from mainstay.gateway.drafts.trouble import Report
from mainstay.gateway.drafts.wishes import Wish, take_wishes
from mainstay.gateway.drafts.writer import Done, Writer

CLOSE_SECONDS: Final = 5.0
LOCAL_NODE: Final = "local/0"
UNREADABLE: Final = Missing(Reason.UNREADABLE)
Answer = TypeVar("Answer")
Other = TypeVar("Other")


class DraftStatus(msgspec.Struct, frozen=True):
    """What the store says of itself: why drafts are not being kept (or `None`), drafts that run, drafts on disk and
    their bytes, bytes that wait for the disk, bytes that running drafts hold in memory, drafts given up or never kept,
    drafts sealed with a key that is gone."""

    trouble: str | None = None
    running: int = 0
    kept: int = 0
    bytes_kept: int = 0
    bytes_pending: int = 0
    bytes_held: int = 0
    dropped: int = 0
    unreadable: int = 0
    mirror: MirrorStatus | None = None


class DraftStore:
    """Call `start` once, everything else from the event loop, and `close` before leaving."""

    def __init__(  # noqa: PLR0913 - everything real that drafts touch
        self,
        folder: Path,
        keys_folder: Path,
        loop: Loop,
        *,
        report: Report,
        wall: Callable[[], float] = time.time,
        limits: DraftLimits = USUAL_LIMITS,
        disk: Disk | None = None,
        key: bytes | None = None,
        node: str = LOCAL_NODE,
        sharing: Sharing | None = None,
    ) -> None:
        """`report` takes one line for the operator, also from the thread; `wall` gives seconds since 1970. `key` seals
        (`keys.key_from_secret`; `None`: one that is kept in a file); `node` is `<gateway id>/<worker number>`; with
        `sharing` drafts are mirrored for other replicas, which need the same key."""
        self.limits = limits
        self.owner = new_owner(node)
        self.on_wish: Callable[[Wish], None] = _nothing
        """Hears what callers who came to other processes ask of this one."""
        self._folder = folder
        self._keys_folder = keys_folder
        self._loop = loop
        self._report = report
        self._key = key or b""
        self._disk = disk or Disk()
        self._shelf = Shelf(folder, limits, disk=self._disk, wall=wall, report=report)
        self._writer = Writer(loop, self._shelf.settle, report)
        self._lock = FolderLock(folder, self.owner.token)
        self._mirror = None if sharing is None else new_mirror(sharing, self.owner, limits, report, self._wished_one)
        self._shelf.copies = self._mirror
        self.elsewhere = Elsewhere(self, Siblings(folder, self._disk), self.owner, self._mirror)
        """Drafts of other workers and replicas."""
        files = ClaimFiles(folder.parent / CLAIMS_FOLDER, self._disk, limits.keep_seconds)
        errands = None if self._mirror is None else self._mirror.errands
        shared = None if sharing is None else SharedClaims(sharing.shared, limits.keep_seconds)
        self.claims = Claims(self, files, self.owner, wall=wall, errands=errands, shared=shared)
        """Idempotency keys."""
        self._running: dict[str, Draft] = {}
        self._due: list[Draft] = []
        self._timers: dict[str, Timer] = {}
        self._bytes_pending = 0
        self._bytes_held = 0
        self._ticks = 0
        self._prepared = False
        self._closed = True

    @property
    def trouble(self) -> str | None:
        """Why drafts are not being kept now, in words for an operator; `None` while all is well. The first draft that
        can be written ends it, so go on opening them."""
        busy_seconds = self._writer.busy_seconds
        if busy_seconds > self.limits.disk_patience_seconds:
            return f"the disk has not answered for {busy_seconds:.0f} s"
        return self._shelf.trouble

    def status(self) -> DraftStatus:
        """For readiness and metrics."""
        index = self._shelf.index
        return DraftStatus(
            trouble=self.trouble,
            running=len(self._running),
            kept=len(index),
            bytes_kept=index.bytes_kept,
            bytes_pending=self._bytes_pending,
            bytes_held=self._bytes_held,
            dropped=self._shelf.dropped,
            unreadable=self._shelf.unreadable,
            mirror=None if self._mirror is None else self._mirror.status(),
        )

    def prepare(self) -> None:
        """Make folders and key, in whatever thread. Raises `OSError`, or `StateInUseError` where another process is at
        it."""
        if not self._prepared:
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self._key = self._key or read_or_make_key(self._keys_folder)
            self._lock.take()
            self._prepared = True

    def start(self) -> None:
        """Prepare and begin. Raises as `prepare`; then it may be tried again, and meanwhile nothing is kept."""
        self.prepare()
        self._closed = False
        if self._running:
            self._later("tick", self.limits.linger_seconds, self._tick)
        self.ask(partial(self._shelf.scan, self._key), _nothing, None)
        self._writer.start()
        self._later("sweep", self.limits.sweep_seconds, self._sweep)
        if self._mirror is not None:
            self._reflect(self._mirror)

    async def leave(self) -> None:
        """Let other replicas have all there is, and know that this process goes: a moment before `close`."""
        mirror = self._mirror
        if mirror is None or self._closed:
            return
        for draft in tuple(self._running.values()):
            draft.flush()
        written = asyncio.Event()
        self.ask(_nothing_to_do, lambda _: written.set(), None)
        with suppress(TimeoutError):
            await asyncio.wait_for(written.wait(), CLOSE_SECONDS)
        await mirror.leave()

    def close(self, timeout_seconds: float = CLOSE_SECONDS) -> bool:
        """Write what waits and stop; tell whether all of it was written. Callbacks are not called any more."""
        if self._closed:
            return True
        for draft in tuple(self._running.values()):
            draft.flush()
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        if self._mirror is not None:
            self._mirror.errands.close()
        done = self._writer.close(timeout_seconds)
        if not done:
            self._report(f"drafts: closed before everything was written: {self.trouble or 'too slow'}")
        else:
            self._lock.release()
        return done

    def open(self, opening: Opening, *, written: Written | None = None) -> Draft:
        """Begin a draft. `written` is told when the opening is on disk (that of a durable exchange so that it survives
        a power failure), or that it cannot be kept: a durable exchange waits for that before it is dispatched.

        Raises `ValueError` for an id that is no exchange id, or that runs already.
        """
        exchange_id = opening.exchange_id
        if not is_exchange_id(exchange_id) or exchange_id in self._running:
            raise ValueError(f"no id for a new draft: {exchange_id!r}")
        file = DraftFile(exchange_id, draft_path(self._folder, exchange_id), durable=opening.durable)
        draft = Draft(self, opening, file)
        draft.opened(written)
        if self._mirror is not None and opening.response_id:
            self._mirror.linked(opening.response_id, exchange_id)
        return self._run(draft)

    def resume(self, kept: Kept, at: float, *, written: Written | None = None) -> Draft:
        """Go on with a draft that nobody writes: one of an earlier process, or one that ended before its answer did.
        `written` is told when that is on disk, or that it cannot be.

        Raises `ValueError` for a draft whose tail is lost, or that runs already.
        """
        if kept.tail_lost or kept.opening.exchange_id in self._running:
            raise ValueError(f"cannot be resumed: {kept.opening.exchange_id}")
        draft = Draft(self, kept.opening, kept.file)
        self.ask(partial(self._shelf.adopt, kept.file), _nothing, None)
        draft.picked_up(kept.data, at, written)
        return self._run(draft)

    def running(self, exchange_id: str) -> Draft | None:
        """The draft of an exchange that runs in this process, for following it."""
        return self._running.get(exchange_id)

    def load(self, exchange_id: str, done: Callable[[Kept | Missing], None]) -> None:
        """Read a draft from disk, with all that was delivered before this call."""
        self._flush_one(exchange_id)
        self.ask(partial(self._shelf.load, exchange_id), done, UNREADABLE)

    def new_reading(self, exchange_id: str) -> FarReading:
        """For what is elsewhere: a reading that has our key."""
        return FarReading(exchange_id, self._key)

    def key(self) -> bytes:
        """For what is elsewhere, and for claims: what seals."""
        return self._key

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        """For claims: call after so many seconds."""
        self._loop.call_later(seconds, callback)

    def moved_in(self, exchange_id: str, path: Path) -> None:
        """For what is elsewhere, in the thread: this file is ours now. Raises `OSError`."""
        self._shelf.moved_in(exchange_id, path)

    def bring(self, exchange_id: str, data: bytes) -> None:
        """For what is elsewhere, in the thread: make a draft's file. Raises `OSError`."""
        self._shelf.bring(exchange_id, data)

    def unfinished(self, done: Callable[[tuple[str, ...]], None]) -> None:
        """Ids of the durable exchanges that an earlier process began and nobody has ended or resumed, oldest first."""
        self.ask(self._shelf.unfinished, done, ())

    def link(self, response_id: str, draft: Draft) -> None:
        """Remember that this exchange gives the OpenAI response with this id. One that its opening names is linked
        already, before `open` calls it written."""
        self._flush_one(draft.id)
        self.ask(partial(self._shelf.link, response_id, draft.id), _nothing, None)
        if self._mirror is not None:
            self._mirror.linked(response_id, draft.id)

    def find_response(self, response_id: str, done: Callable[[str | None], None]) -> None:
        """The id of the exchange that gave a response, `None` where none is kept."""
        self.ask(partial(self._shelf.find_response, response_id), done, None)

    def delete(self, exchange_id: str, done: Callable[[bool], None]) -> None:
        """Remove a draft, its links and its copy; tell whether there was one. One that runs is not kept from now on."""
        self._flush_one(exchange_id)
        self.ask(partial(self._shelf.delete, exchange_id), copy_gone(self._mirror, exchange_id, done), otherwise=False)

    def due(self, draft: Draft) -> None:
        """For drafts: have it flushed at the end of this turn."""
        if not self._due:
            self._loop.call_soon(self._flush_due)
        self._due.append(draft)

    def append(self, draft: Draft, entries: Sequence[Entry], written: Sequence[Written]) -> bool:
        """For drafts: hand entries to the disk; `False` when there is no room for them to wait."""
        size = sum([len(content) for _, content in entries])
        if self._closed or self._bytes_pending + size > self.limits.pending_bytes_max:
            return False
        if entries or written:
            self._bytes_pending += size
            must_sync = draft.durable and any(kind != DELIVERED for kind, _ in entries)
            done = partial(self._appended, draft, size, written)
            self._writer.put(partial(self._append, draft, entries, must_sync, done))
        return True

    def give_up(self, draft: Draft) -> None:
        """For drafts: its file is of no use any more."""
        self.ask(partial(self._shelf.give_up, draft.file), _nothing, None)

    def over(self, draft: Draft) -> None:
        """For drafts: it is over, and nothing of it waits for the disk."""
        if self._running.get(draft.id) is draft:
            del self._running[draft.id]
            self._bytes_held -= draft.tail.size

    def read(self, draft: Draft, position: int, done: Stretch) -> None:
        """For drafts: read delivered bytes from the file."""
        self.ask(partial(self._shelf.read, draft.file, position), done, UNREADABLE)

    def held(self, bytes_more: int) -> bool:
        """For drafts: count bytes in memory; tell whether there are too many."""
        self._bytes_held += bytes_more
        return self._bytes_held > self.limits.held_bytes_max

    def _run(self, draft: Draft) -> Draft:
        if not self._running:
            self._later("tick", self.limits.linger_seconds, self._tick)
        self._running[draft.id] = draft
        return draft

    def _flush_one(self, exchange_id: str) -> None:
        draft = self._running.get(exchange_id)
        if draft is not None:
            draft.flush()

    def _flush_due(self) -> None:
        due, self._due = self._due, []
        for draft in due:
            self._flush(draft)

    def _flush(self, draft: Draft) -> None:
        """Flush it; whatever its followers make of that, the others come to their turn."""
        try:
            draft.flush()
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one exchange must not touch another
            self._report(f"drafts: a defect of ours: {type(error).__name__}: {error}")

    def _tick(self) -> None:
        """Hand over what has lingered, for all drafts with one timer."""
        for draft in tuple(self._running.values()):
            if draft.has_fresh:
                self._flush(draft)
        self._ticks += 1
        is_time = self._ticks * self.limits.linger_seconds >= self.limits.sync_seconds
        if is_time:
            self._ticks = 0
            if any(draft.durable for draft in self._running.values()):
                self.ask(self._shelf.settle_lazily, _nothing, None)
        self.ask(partial(take_wishes, self._folder, self._disk), self._wished, ())
        if self._running:
            self._later("tick", self.limits.linger_seconds, self._tick)

    def _wished(self, wishes: tuple[Wish, ...]) -> None:
        for wish in wishes:
            self._wished_one(wish)

    def _wished_one(self, wish: Wish) -> None:
        self.on_wish(wish)

    def _reflect(self, mirror: Mirror) -> None:
        mirror.tick()
        self._later("mirror", self.limits.linger_seconds, partial(self._reflect, mirror))

    def _sweep(self) -> None:
        self.ask(self._shelf.sweep, _nothing, None)
        self.claims.sweep()
        self._later("sweep", self.limits.sweep_seconds, self._sweep)

    def _later(self, name: str, seconds: float, callback: Callable[[], None]) -> None:
        if not self._closed:
            self._timers[name] = self._loop.call_later(seconds, callback)

    def _appended(self, draft: Draft, size: int, written: Sequence[Written]) -> None:
        self._bytes_pending -= size
        is_kept = not draft.file.failed
        if not is_kept:
            draft.lose()
        draft.trim()
        if draft.is_over and not draft.has_fresh:
            self.over(draft)
        for one in written:
            one(is_kept)

    def _append(self, draft: Draft, entries: Sequence[Entry], must_sync: bool, done: Done) -> Done:  # noqa: FBT001
        """A task of the thread."""
        file, is_new = draft.file, draft.file.is_new
        try:
            if entries:
                self._shelf.append(file, entries, sync=must_sync)
            if is_new and draft.opening.response_id:
                self._shelf.link(draft.opening.response_id, draft.id)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear that it was not written
            file.failed = True
            self._report(f"drafts: a defect of ours: {type(error).__name__}: {error}")
        return done

    def ask(self, work: Callable[[], Answer], done: Callable[[Answer | Other], None], otherwise: Other) -> None:
        """For this package: have the thread do something and tell what came of it; `otherwise` where nothing can."""
        if self._closed:
            self._loop.call_soon(partial(done, otherwise))
        else:
            self._writer.ask(work, done, otherwise)


def _nothing_to_do() -> None:
    """Comes to its turn when everything before it is written."""


def _nothing(_answer: object) -> None:
    """Nobody waits for this."""
