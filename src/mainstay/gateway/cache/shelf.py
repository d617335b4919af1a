"""The shelf: kept answers as one worker's event loop sees them. Nothing here blocks it, and a miss costs one look-up.

A thread does what the disk is needed for. Which answers there may be is known in memory and brought up to date about
each second; an answer itself is always read anew, so what was purged is gone at once. In trouble the cache keeps
nothing and finds nothing, and requests go on.
"""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar

import msgspec

from mainstay.engine.caching.answer import CachedAnswer
from mainstay.gateway.cache.answer_file import AnswerFile, Row, Totals, is_damage
from mainstay.gateway.cache.sealing import Sealing
from mainstay.gateway.cache.shared_shelf import SharedShelf
from mainstay.gateway.drafts.errands import Errands
from mainstay.gateway.drafts.keys import read_or_make_key

KEY_FILE: Final = "cache.key"
TICK_SECONDS: Final = 1.0
SWEEP_TICKS: Final = 60
PENDING_MAX: Final = 1_000
PENDING_BYTES_MAX: Final = 64 * 1024 * 1024
STRANGERS_MAX: Final = 1_000
"""So many names of answers that are gone may be known before all are read anew."""
Answer = TypeVar("Answer")
Made = Callable[[], CachedAnswer | None]
"""Makes the answer to keep, in whatever thread; `None` where it turns out not to deserve it."""
Found = Callable[[CachedAnswer | None], None]


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Let it not come."""


class Loop(Protocol):
    """What the shelf needs of the event loop."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Timer:
        """Call after so many seconds."""

    def call_soon_threadsafe(self, callback: Callable[[], object], /) -> object:
        """Call in the loop's thread."""


class Place(msgspec.Struct, frozen=True):
    """Where a name belongs."""

    name: bytes
    tenant: str
    model: str


class ShelfStatus(msgspec.Struct, frozen=True):
    """For readiness and metrics. Entries and bytes are those of all workers; `trouble` is `None` while all is well."""

    trouble: str | None
    entries: int
    bytes: int
    bytes_max: int
    stored: int
    dropped: int
    """Answers that were not kept, because too many waited for the disk."""
    shared: bool


class Shelf:
    """One worker's. All but `_in_thread` things belong to the event loop."""

    def __init__(  # noqa: PLR0913 - the composition root hands over everything real
        self,
        folder: Path,
        keys_folder: Path,
        loop: Loop,
        *,
        bytes_max: int,
        wall: Callable[[], float],
        report: Callable[[str], None],
        key: bytes | None = None,
        made_shared: Callable[[Sealing], SharedShelf] | None = None,
        errands: Errands | None = None,
    ) -> None:
        """`folder` is that of all workers. Without `key`, one is made and kept in `keys_folder`. Replicas share answers
        through `made_shared` and `errands`, and only where they were given the same `key`."""
        self._folder, self._keys_folder, self._loop = folder, keys_folder, loop
        self._bytes_max, self._wall, self._report = bytes_max, wall, report
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cache")
        self._sealing: Sealing | None = None if key is None else Sealing(key)
        self._shared = None if self._sealing is None or made_shared is None else made_shared(self._sealing)
        self._errands = errands
        self._file: AnswerFile | None = None
        self._names: set[bytes] = set()
        self._sequence = 0
        self._uses: dict[bytes, float] = {}
        self._totals = Totals()
        self._pending = self._pending_bytes = 0
        self._stored = self._dropped = self._ticks = 0
        self._trouble: str | None = None
        self._timer: Timer | None = None
        self._is_closed = False

    def start(self) -> None:
        """Begin; what is kept is found a moment later."""
        # The key at once, so that the first request has a name; where the disk refuses, it is tried again.
        with suppress(OSError):
            self._make_sealing()
        self._tick()

    def close(self) -> None:
        """End, when what waits for the disk is there."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._errands is not None:
            self._errands.close()
        self._executor.submit(self._close_file)
        self._executor.shutdown(wait=True)

    def status(self) -> ShelfStatus:
        """How it is now."""
        return ShelfStatus(
            self._trouble,
            self._totals.entries,
            self._totals.bytes,
            self._bytes_max,
            self._stored,
            self._dropped,
            self._shared is not None,
        )

    def name(self, digest: bytes) -> bytes | None:
        """The name of a request's answer; `None` while nothing can be kept."""
        return None if self._sealing is None else self._sealing.name(digest)

    def may_have(self, name: bytes) -> bool:
        """Whether it is worth looking for this answer."""
        return name in self._names or self._shared is not None

    def read(self, place: Place, found: Found) -> None:
        """Look for an answer, here and among replicas; `found` is called later."""
        if place.name in self._names:
            self._ask(partial(self._read, place.name), partial(self._read_here, place, found), None)
        else:
            self._read_shared(place, found)

    def put(self, place: Place, size: int, keep_seconds: float, made: Made) -> None:
        """Keep an answer of about so many bytes, for so long after it was stored."""
        if self._is_closed or self._trouble is not None or self._pending_bytes + size > PENDING_BYTES_MAX:
            self._dropped += 1
            return
        self._pending_bytes += size
        # From now on: whoever reads it waits behind what writes it.
        self._names.add(place.name)
        self._ask(partial(self._write, place, keep_seconds, made), partial(self._put, place, size, keep_seconds), None)

    # -- the event loop's part

    def _read_here(self, place: Place, found: Found, answer: CachedAnswer | None) -> None:
        if answer is None:
            self._names.discard(place.name)
            self._read_shared(place, found)
        else:
            self._uses[place.name] = self._wall()
            found(answer)

    def _read_shared(self, place: Place, found: Found) -> None:
        shared, errands, sealing = self._shared, self._errands, self._sealing
        if shared is None or errands is None or sealing is None:
            found(None)
            return

        def got(sealed: bytes | None) -> None:
            found(sealing.open(place.name, sealed) if sealed is not None else None)

        key = shared.key(place.tenant, place.model, place.name)
        errands.ask(lambda: shared.get(key), got, None)

    def _put(self, place: Place, size: int, keep_seconds: float, written: tuple[bytes, float] | None) -> None:
        self._pending_bytes -= size
        if written is None:
            return
        self._stored += 1
        shared, errands = self._shared, self._errands
        if shared is not None and errands is not None:
            sealed, stored_at = written
            key = shared.key(place.tenant, place.model, place.name)
            errands.ask(lambda: shared.put(key, sealed, stored_at, keep_seconds), _nothing, None)

    def _tick(self) -> None:
        self._ticks += 1
        uses, self._uses = self._uses, {}
        self._ask(partial(self._look, uses, self._sequence, len(self._names), self._ticks), self._looked, None)
        self._timer = self._loop.call_later(TICK_SECONDS, self._tick)

    def _looked(self, news: "_News | None") -> None:
        if news is None:
            return
        if news.is_all:
            self._names = set(news.names)
        else:
            self._names.update(news.names)
        self._sequence, self._totals = news.sequence, news.totals

    def _ask(self, work: Callable[[], Answer], done: Callable[[Answer | None], None], otherwise: None) -> None:
        if self._is_closed or self._pending >= PENDING_MAX:
            done(otherwise)
            return
        self._pending += 1
        self._executor.submit(work).add_done_callback(
            lambda future: self._loop.call_soon_threadsafe(partial(self._told, future, done))
        )

    def _told(self, future: "Future[Answer]", done: Callable[[Answer | None], None]) -> None:
        self._pending -= 1
        error = future.exception()
        if error is None:
            self._be_well()
            answer: Answer | None = future.result()
        else:
            self._suffer(error)
            answer = None
        try:
            done(answer)
        except Exception as mistake:  # noqa: BLE001 - a mistake of ours in one exchange must not touch another
            self._report(f"cache: a defect of ours: {type(mistake).__name__}: {mistake}")

    def _suffer(self, error: BaseException) -> None:
        text = str(error) or type(error).__name__
        if text != self._trouble:
            self._report(f"cache: no answer can be kept or given again: {text}. Requests are served")
        self._trouble = text
        self._names.clear()
        self._sequence = 0

    def _be_well(self) -> None:
        if self._trouble is not None:
            self._trouble = None
            self._report("cache: answers are kept again")

    # -- the thread's part

    def _open_file(self) -> AnswerFile:
        if self._file is not None and not self._file.is_current:
            self._close_file()
        if self._file is None:
            self._make_sealing()
            self._file = AnswerFile(self._folder, self._bytes_max)
        return self._file

    def _make_sealing(self) -> None:
        if self._sealing is None:
            self._sealing = Sealing(read_or_make_key(self._keys_folder, KEY_FILE))

    def _guarded(self, work: Callable[[AnswerFile], Answer]) -> Answer:
        """Do something with the file; after a failure it is opened anew, and where it was damaged begun anew."""
        try:
            return work(self._open_file())
        except (OSError, sqlite3.Error) as error:
            if is_damage(error) and self._file is not None:
                self._file.discard()
            self._close_file()
            raise

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _read(self, name: bytes) -> CachedAnswer | None:
        sealed = self._guarded(lambda file: file.get(name))
        if sealed is None or self._sealing is None:
            return None
        answer = self._sealing.open(name, sealed)
        if answer is None:
            self._guarded(lambda file: file.remove(name))
        return answer

    def _write(self, place: Place, keep_seconds: float, made: Made) -> tuple[bytes, float] | None:
        answer = made()
        if answer is None or self._sealing is None:
            return None
        sealed = self._sealing.seal(place.name, answer)
        expires_at = answer.stored_at + keep_seconds
        row = Row(place.name, place.tenant, place.model, answer.stored_at, expires_at, sealed)
        self._guarded(lambda file: file.put(row, self._wall()))
        return sealed, answer.stored_at

    def _look(self, uses: dict[bytes, float], sequence: int, known: int, ticks: int) -> "_News":
        before = self._file
        return self._guarded(lambda file: self._looked_up(file, uses, sequence if file is before else 0, known, ticks))

    def _looked_up(self, file: AnswerFile, uses: dict[bytes, float], sequence: int, known: int, ticks: int) -> "_News":
        if uses:
            file.touch(uses.items())
        if ticks % SWEEP_TICKS == 0:
            file.sweep(self._wall())
        totals = file.totals()
        start = 0 if known > totals.entries + STRANGERS_MAX else sequence
        names, last = file.names_after(start)
        return _News(names, last, totals, is_all=not start)


class _News(msgspec.Struct, frozen=True):
    """What a look at the file found."""

    names: list[bytes]
    sequence: int
    totals: Totals
    is_all: bool


def _nothing(_: object) -> None:
    """Nobody waits for this."""
