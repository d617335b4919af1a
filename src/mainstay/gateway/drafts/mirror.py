"""The mirror: what our drafts hold is copied into a shared Valkey or Redis, off the way of every request.

The thread that writes files tells what it has written; four times a second the event loop sends what has gathered. A
copy that cannot keep up is given up and removed: an exchange never waits for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from mainstay.gateway.drafts.errands import Errands
from mainstay.gateway.drafts.limits import DraftLimits
from mainstay.gateway.drafts.mirror_store import HOLE, PIECE_BYTES_MAX, TURNED_AWAY, MirrorStore, Piece
from mainstay.gateway.drafts.owner import Owner
from mainstay.gateway.drafts.surroundings import Sharing
from mainstay.gateway.drafts.wishes import Wish
from mainstay.gateway.shared.port import SharedTroubleError

BEAT_SECONDS: Final = 1.0
PENDING_BYTES_MAX: Final = 32 * 1024 * 1024
COPY_BYTES_MAX: Final = 8 * 1024 * 1024
"""A longer draft is not mirrored."""
COPIES_MAX: Final = 50_000
PIECES_AT_ONCE: Final = 64
ERRANDS_WAITING_MAX: Final = 10_000
"""Links and removals that wait for the shared store."""
PAUSE_SECONDS: Final = 0.01
PAUSES_MAX: Final = 50
AWAY_SECONDS: Final = 2.0
"""A shared store that did not answer for so long may have missed signs of life of others, too."""
DOUBT_SECONDS: Final = 10.0
"""Within so long everybody has found his way back to a shared store that was away."""


class Arrival(msgspec.Struct, frozen=True):
    """Bytes that were written into a draft's file at an offset. `is_last`: the draft has ended with them. `is_lost`:
    nothing is to be kept of it."""

    exchange_id: str
    offset: int = 0
    data: bytes = b""
    is_last: bool = False
    is_lost: bool = False


class Progress(msgspec.Struct):
    """One draft on its way into the mirror. `sent` bytes of it are there."""

    epoch: int = 1
    sent: int = 0
    waiting: bytearray = msgspec.field(default_factory=bytearray)
    is_ended: bool = False


class MirrorStatus(msgspec.Struct, frozen=True):
    """Copies and their bytes that this process has made and still counts, bytes that wait, copies given up."""

    copies: int = 0
    bytes_copied: int = 0
    bytes_pending: int = 0
    dropped: int = 0


class Removal:
    """One copy that is to be forgotten. Whoever waits for that is told once."""

    def __init__(self, exchange_id: str, done: Callable[[], None] | None) -> None:
        """Without `done` nobody waits."""
        self.exchange_id = exchange_id
        self.done = done


class Mirror:
    """`wrote` and `lost` are for the thread that writes, everything else for the event loop."""

    def __init__(
        self,
        store: MirrorStore,
        errands: Errands,
        *,
        clock: Callable[[], float],
        bytes_max: int,
        keep_seconds: float,
        wished: Callable[[Wish], None],
    ) -> None:
        """`bytes_max` bounds all copies of this process together; `wished` hears what other processes ask of us."""
        self.store = store
        self.errands = errands
        self.dropped = 0
        self._clock = clock
        self._bytes_max = bytes_max
        self._keep_seconds = keep_seconds
        self._wished = wished
        self._inbox: deque[Arrival] = deque()
        self._late: set[str] = set()
        self._arrived_bytes = 0
        self._released_bytes = 0
        self._running: dict[str, Progress] = {}
        self._ended: dict[str, tuple[int, float]] = {}
        self._ended_bytes = 0
        self._links: deque[tuple[str, str]] = deque(maxlen=ERRANDS_WAITING_MAX)
        self._removals: deque[Removal] = deque(maxlen=ERRANDS_WAITING_MAX)
        self._beat_at = -BEAT_SECONDS
        self._is_busy = False
        self._trouble_since: float | None = None
        self._doubt_until = float("-inf")

    @property
    def is_doubtful(self) -> bool:
        """Whether others may live although the shared store has not heard of them: it was away itself."""
        return self._clock() < self._doubt_until or self._is_away

    def status(self) -> MirrorStatus:
        """For readiness and metrics."""
        return MirrorStatus(
            len(self._running) + len(self._ended), self._bytes_copied, self._bytes_pending, self.dropped
        )

    def wrote(self, exchange_id: str, offset: int, data: bytes, *, is_last: bool) -> None:
        """For the thread: these bytes stand in a draft's file now. At offset 0 the copy begins anew."""
        if self._bytes_pending + len(data) > PENDING_BYTES_MAX:
            self._late.add(exchange_id)
            return
        self._arrived_bytes += len(data)
        self._inbox.append(Arrival(exchange_id, offset, data, is_last))

    def lost(self, exchange_id: str) -> None:
        """For the thread: what the file holds is of no use any more."""
        self._inbox.append(Arrival(exchange_id, is_lost=True))

    def goes_on(self, exchange_id: str, epoch: int) -> None:
        """From now on this process writes the copy, in this epoch."""
        self._forget(exchange_id)
        self._running[exchange_id] = Progress(epoch)

    def linked(self, response_id: str, exchange_id: str) -> None:
        """An exchange gave this response."""
        self._links.append((response_id, exchange_id))

    def remove(self, exchange_id: str, done: Callable[[], None] | None = None) -> None:
        """Forget the copy of a draft that nobody writes any more. `done` is called when the shared store has forgotten
        it, or does not answer: then it is asked again later."""
        # What the thread wrote before would begin the copy anew.
        self._sort()
        self._remove(exchange_id, done)

    def _remove(self, exchange_id: str, done: Callable[[], None] | None = None) -> None:
        self._forget(exchange_id)
        if len(self._removals) == self._removals.maxlen:
            _tell(self._removals.popleft())
        self._removals.append(Removal(exchange_id, done))
        self.tick()

    def tick(self) -> None:
        """Send what has gathered, unless that is being done."""
        if not self._is_busy and self._has_work():
            self._is_busy = True
            self.errands.ask(self._round, self._over, None)

    def _has_work(self) -> bool:
        if self._inbox or self._late or self._links or self._removals:
            return True
        return self._is_time_to_beat() or any(one.waiting for one in self._running.values())

    def _is_time_to_beat(self) -> bool:
        return self._clock() - self._beat_at >= BEAT_SECONDS

    async def leave(self) -> None:
        """Send what has gathered, once, and say that this process goes. Trouble changes nothing."""
        for _ in range(PAUSES_MAX):
            if not self._is_busy:
                break
            await asyncio.sleep(PAUSE_SECONDS)
        with suppress(SharedTroubleError):
            await self._round()
            await self.store.leave()

    @property
    def _bytes_pending(self) -> int:
        return self._arrived_bytes - self._released_bytes

    @property
    def _bytes_copied(self) -> int:
        return self._ended_bytes + sum([one.sent for one in self._running.values()])

    def _over(self, _: None) -> None:
        self._is_busy = False

    @property
    def _is_away(self) -> bool:
        since = self._trouble_since
        return since is not None and self._clock() - since >= AWAY_SECONDS

    async def _round(self) -> None:
        """Raises `SharedTroubleError`; what was not sent is sent the next time."""
        try:
            await self._send()
        except SharedTroubleError:
            if self._trouble_since is None:
                self._trouble_since = self._clock()
            for removal in self._removals:
                _tell(removal)
            raise
        if self._is_away:
            self._doubt_until = self._clock() + DOUBT_SECONDS
        self._trouble_since = None

    async def _send(self) -> None:
        self._sort()
        if self._is_time_to_beat():
            wishes = await self.store.beat()
            self._beat_at = self._clock()
            for wish in wishes:
                self._wished(wish)
        while self._removals:
            removal = self._removals[0]
            await self.store.remove(removal.exchange_id)
            # A full queue may have let go of it meanwhile.
            if self._removals and self._removals[0] is removal:
                self._removals.popleft()
            _tell(removal)
        while self._links:
            await self.store.link(*self._links[0])
            self._links.popleft()
        while pieces := self._pieces():
            for piece, size in zip(pieces, await self.store.put(pieces), strict=True):
                self._put(piece, size)
        self._make_room()

    def _sort(self) -> None:
        """Take over from the thread."""
        while self._inbox:
            arrival = self._inbox.popleft()
            if arrival.is_lost:
                self._give_up(arrival.exchange_id)
            else:
                self._arrived(arrival)
        while self._late:
            exchange_id = self._late.pop()
            self.dropped += exchange_id not in self._running
            self._give_up(exchange_id)

    def _arrived(self, arrival: Arrival) -> None:
        exchange_id = arrival.exchange_id
        progress = self._running.get(exchange_id)
        if progress is None and arrival.offset == 0:
            progress = self._running[exchange_id] = Progress()
        if progress is None or arrival.offset != (progress.sent + len(progress.waiting) if arrival.offset else 0):
            # What stands before it was given up.
            self._released_bytes += len(arrival.data)
            return
        if not arrival.offset:
            self._released_bytes += len(progress.waiting)
            progress.waiting.clear()
            progress.sent = 0
        progress.waiting += arrival.data
        progress.is_ended = arrival.is_last
        if progress.sent + len(progress.waiting) > COPY_BYTES_MAX:
            self._give_up(exchange_id)

    def _pieces(self) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        room = PIECE_BYTES_MAX
        for exchange_id, progress in self._running.items():
            if room <= 0 or len(pieces) >= PIECES_AT_ONCE:
                break
            if progress.waiting:
                data = bytes(progress.waiting[:room])
                room -= len(data)
                pieces.append(Piece(exchange_id, progress.epoch, progress.sent, data))
        return tuple(pieces)

    def _put(self, piece: Piece, size: int) -> None:
        progress = self._running.get(piece.exchange_id)
        if progress is None or (progress.epoch, progress.sent) != (piece.epoch, piece.offset):
            return
        if size in {TURNED_AWAY, HOLE}:
            self.dropped += 1
            self._forget(piece.exchange_id)
            return
        del progress.waiting[: len(piece.data)]
        progress.sent += len(piece.data)
        self._released_bytes += len(piece.data)
        if progress.is_ended and not progress.waiting:
            del self._running[piece.exchange_id]
            self._ended[piece.exchange_id] = (progress.sent, self._clock())
            self._ended_bytes += progress.sent

    def _give_up(self, exchange_id: str) -> None:
        if exchange_id in self._running:
            self.dropped += 1
            self._remove(exchange_id)

    def _forget(self, exchange_id: str) -> None:
        progress = self._running.pop(exchange_id, None)
        if progress is not None:
            self._released_bytes += len(progress.waiting)
        self._ended_bytes -= self._ended.pop(exchange_id, (0, 0.0))[0]

    def _make_room(self) -> None:
        """Let go of the oldest that have ended: of those whose time is over the server has let go by itself."""
        old = self._clock() - self._keep_seconds
        while self._ended:
            exchange_id, (_, at) = next(iter(self._ended.items()))
            if at < old:
                self._forget(exchange_id)
            elif self._bytes_copied > self._bytes_max or len(self._ended) > COPIES_MAX:
                self._remove(exchange_id)
            else:
                return


def _tell(removal: Removal) -> None:
    done, removal.done = removal.done, None
    if done is not None:
        done()


def copy_gone(mirror: Mirror | None, exchange_id: str, done: Callable[[bool], None]) -> Callable[[bool], None]:
    """What to call when a draft is gone: tells whether there was one, once its copy is gone as well."""

    def gone(was_there: bool) -> None:  # noqa: FBT001 - a callback has no names
        if mirror is None:
            done(was_there)
        else:
            mirror.remove(exchange_id, lambda: done(was_there))

    return gone


def new_mirror(
    sharing: Sharing, owner: Owner, limits: DraftLimits, report: Callable[[str], None], wished: Callable[[Wish], None]
) -> Mirror:
    """The mirror of this process."""
    return Mirror(
        MirrorStore(sharing.shared, owner, limits.keep_seconds),
        Errands(sharing.loop, report),
        clock=sharing.clock,
        bytes_max=limits.mirror_bytes_max,
        keep_seconds=limits.keep_seconds,
        wished=wished,
    )


async def whole_copy(store: MirrorStore, exchange_id: str, offset: int) -> tuple[bytes, bytes, str, bool] | None:
    """State, all bytes from an offset on, writer, and whether that lives; `None` where there is no copy. Raises
    `SharedTroubleError`, also for a copy that is longer than any that was made."""
    data = bytearray()
    while True:
        copy = await store.look(exchange_id, offset + len(data))
        if copy is None:
            return None
        data += copy.data
        if offset + len(data) >= copy.size or not copy.data:
            return copy.state, bytes(data), copy.writer, copy.is_alive
        if len(data) > 2 * COPY_BYTES_MAX:
            raise SharedTroubleError(f"{exchange_id}: a copy of {copy.size} bytes")
