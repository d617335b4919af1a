"""Drafts that are not here: in the folders of the other workers of this machine, and in the mirror of other replicas.

Everything is told by callback, later or at once. Trouble with the shared store is like its absence: then this gateway
works with what its own disk says.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.drafts.far_reading import FarReading
from mainstay.gateway.drafts.mirror import Mirror, copy_gone, whole_copy
from mainstay.gateway.drafts.owner import Owner
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.drafts.siblings import Siblings, Sighting
from mainstay.gateway.drafts.wishes import Wish, WishKind

UNKNOWN = Missing(Reason.UNKNOWN)
UNREADABLE = Missing(Reason.UNREADABLE)
Answer = TypeVar("Answer")
Other = TypeVar("Other")


class Copied(msgspec.Struct, frozen=True):
    """A draft that stands in the mirror. `is_written`: its process lives and goes on with it."""

    writer: str
    is_written: bool


Seen = Sighting | Copied
"""Where a draft was found."""


class Far(msgspec.Struct, frozen=True):
    """All of a draft that is elsewhere. Nobody may go on from it before it was taken."""

    kept: Kept
    seen: Seen


class Hands(Protocol):
    """What the draft store does for us."""

    def ask(self, work: Callable[[], Answer], done: Callable[[Answer | Other], None], otherwise: Other) -> None:
        """Have the thread do something and tell what came of it."""

    def new_reading(self, exchange_id: str) -> FarReading:
        """A reading that has our key."""

    def key(self) -> bytes:
        """What seals."""

    def moved_in(self, exchange_id: str, path: Path) -> None:
        """For the thread: this draft's file is ours now. Raises `OSError`."""

    def bring(self, exchange_id: str, data: bytes) -> None:
        """For the thread: make a draft's file. Raises `OSError`."""


class Elsewhere:
    """One event loop."""

    def __init__(self, hands: Hands, siblings: Siblings, owner: Owner, mirror: Mirror | None) -> None:
        """Without a `mirror` there is this machine alone."""
        self._hands = hands
        self._siblings = siblings
        self._owner = owner
        self._mirror = mirror

    def new_reading(self, exchange_id: str) -> FarReading:
        """A reading of a draft that is elsewhere."""
        return self._hands.new_reading(exchange_id)

    def look(self, reading: FarReading, done: Callable[[Seen | Missing], None]) -> None:
        """Read on in a draft. Nobody else may use the reading until `done` is called."""
        looked = partial(self._looked, reading, done)
        self._hands.ask(partial(self._siblings.look, reading), looked, UNREADABLE)

    def load(self, exchange_id: str, done: Callable[[Far | Missing], None]) -> None:
        """All of a draft."""
        reading = self.new_reading(exchange_id)

        def looked(seen: Seen | Missing) -> None:
            if isinstance(seen, Missing):
                done(seen)
                return
            kept = reading.kept()
            done(kept if isinstance(kept, Missing) else Far(kept, seen))

        self.look(reading, looked)

    def find_response(self, response_id: str, done: Callable[[str | Missing], None]) -> None:
        """The exchange that gave a response."""
        mirror = self._mirror

        def told(exchange_id: str | Missing | None) -> None:
            done(exchange_id or UNKNOWN)

        def found(exchange_id: str | None) -> None:
            if exchange_id is not None or mirror is None:
                told(exchange_id)
            else:
                mirror.errands.ask(lambda: mirror.store.find_response(response_id), told, UNREADABLE)

        self._hands.ask(partial(self._siblings.find_response, response_id), found, None)

    def take(self, exchange_id: str, seen: Seen, done: Callable[[bool], None]) -> None:
        """Make a draft ours that nobody writes; `False` where somebody was faster, or the disk refuses. Then look
        again."""
        if isinstance(seen, Sighting):
            moved = partial(self._moved, exchange_id, done)
            self._hands.ask(partial(self._move, exchange_id, seen), moved, otherwise=False)
            return
        mirror, writer = self._mirror, seen.writer
        if mirror is None or seen.is_written:
            done(False)  # noqa: FBT003 - a callback has no names
            return
        mirror.errands.ask(
            lambda: mirror.store.take(exchange_id, writer), partial(self._won, exchange_id, mirror, done), 0
        )

    def keep(self, exchange_id: str, done: Callable[[bool], None]) -> None:
        """Before going on with a draft of ours: `False` where another replica has gone on with it already."""
        mirror = self._mirror
        if mirror is None:
            done(True)  # noqa: FBT003 - a callback has no names
            return

        def kept(epoch: int | None) -> None:
            if epoch:
                mirror.goes_on(exchange_id, epoch)
            # Where the shared store does not answer we go on alone.
            done(epoch != 0)

        mirror.errands.ask(lambda: mirror.store.keep(exchange_id, by_force=False), kept, None)

    def wish(self, kind: WishKind, exchange_id: str, seen: Seen, done: Callable[[bool], None]) -> None:
        """Ask whoever writes a draft to do something; tell whether it will hear of it."""
        mirror = self._mirror
        if isinstance(seen, Sighting):
            self._hands.ask(partial(self._wish, kind, exchange_id, seen), done, otherwise=False)
        elif mirror is not None:
            node = seen.writer.partition(" ")[0]
            mirror.errands.ask(lambda: mirror.store.wish(Wish(kind, exchange_id), node), done, otherwise=False)
        else:
            done(False)  # noqa: FBT003 - a callback has no names

    def remove(self, exchange_id: str, seen: Seen, done: Callable[[bool], None]) -> None:
        """Forget a draft that nobody writes; whoever wrote it hears of that when it is back."""
        removed = copy_gone(self._mirror, exchange_id, done)
        if isinstance(seen, Sighting):
            self._hands.ask(partial(self._remove, exchange_id, seen), removed, otherwise=False)
        else:
            self.wish(WishKind.DELETE, exchange_id, seen, removed)

    def lives(self, owner: Owner, done: Callable[[bool], None]) -> None:
        """Whether a process is there, as far as can be told."""
        mirror = self._mirror
        if owner == self._owner:
            done(True)  # noqa: FBT003 - a callback has no names
            return

        def heard(lives: bool) -> None:  # noqa: FBT001 - a callback has no names
            done(lives or (mirror is not None and mirror.is_doubtful))

        def told(is_here: bool) -> None:  # noqa: FBT001 - a callback has no names
            if is_here or owner.machine == self._owner.machine or mirror is None:
                done(is_here)
            else:
                mirror.errands.ask(lambda: mirror.store.lives(owner), heard, otherwise=False)

        self._hands.ask(partial(self._lives, owner), told, otherwise=False)

    def _looked(self, reading: FarReading, done: Callable[[Seen | Missing], None], seen: Sighting | Missing) -> None:
        mirror = self._mirror
        if seen != UNKNOWN or mirror is None:
            done(seen)
            return

        def found(copy: tuple[bytes, bytes, str, bool] | Missing | None) -> None:
            if copy is None or isinstance(copy, Missing):
                done(copy or UNKNOWN)
                return
            state, data, writer, is_alive = copy
            # Nobody is taken for dead because the shared store was away.
            is_alive = is_alive or mirror.is_doubtful
            self._hands.ask(partial(self._read_copy, reading, state, data, writer, is_alive), done, UNREADABLE)

        mirror.errands.ask(lambda: whole_copy(mirror.store, reading.exchange_id, reading.offset), found, UNREADABLE)

    def _read_copy(
        self,
        reading: FarReading,
        state: bytes,
        data: bytes,
        writer: str,
        is_alive: bool,  # noqa: FBT001 - as it was told
    ) -> Copied | Missing:
        """A task of the thread."""
        fault = reading.feed(state, data)
        is_ours = f"{writer} ".startswith(f"{self._owner} ")
        return fault or Copied(writer, is_alive and not is_ours and reading.is_open)

    def _move(self, exchange_id: str, seen: Sighting) -> bool:
        """A task of the thread."""
        try:
            path = self._siblings.take(exchange_id, seen, self._hands.key())
            if path is not None:
                self._hands.moved_in(exchange_id, path)
        except OSError:
            return False
        return path is not None

    def _moved(self, exchange_id: str, done: Callable[[bool], None], is_ours: bool) -> None:  # noqa: FBT001 - a callback
        mirror = self._mirror
        if mirror is None or not is_ours:
            done(is_ours)
            return

        def kept(epoch: int) -> None:
            if epoch:
                mirror.goes_on(exchange_id, epoch)
            done(True)  # noqa: FBT003 - a callback has no names

        mirror.errands.ask(lambda: mirror.store.keep(exchange_id, by_force=True), kept, 0)

    def _won(self, exchange_id: str, mirror: Mirror, done: Callable[[bool], None], epoch: int) -> None:
        if not epoch:
            done(False)  # noqa: FBT003 - a callback has no names
            return
        mirror.goes_on(exchange_id, epoch)

        def found(copy: tuple[bytes, bytes, str, bool] | None) -> None:
            if copy is None:
                done(False)  # noqa: FBT003 - a callback has no names
            else:
                self._hands.ask(partial(self._bring, exchange_id, copy), done, otherwise=False)

        mirror.errands.ask(lambda: whole_copy(mirror.store, exchange_id, 0), found, None)

    def _bring(self, exchange_id: str, copy: tuple[bytes, bytes, str, bool]) -> bool:
        """A task of the thread."""
        state, data, _, _ = copy
        reading = self._hands.new_reading(exchange_id)
        if reading.feed(state, data) is not None:
            return False
        try:
            self._hands.bring(exchange_id, data[: reading.offset])
        except OSError:
            return False
        return True

    def _wish(self, kind: WishKind, exchange_id: str, seen: Sighting) -> bool:
        """A task of the thread."""
        try:
            self._siblings.wish(kind, exchange_id, seen)
        except OSError:
            return False
        return True

    def _remove(self, exchange_id: str, seen: Sighting) -> bool:
        """A task of the thread."""
        try:
            return self._siblings.remove(exchange_id, seen, self._hands.key())
        except OSError:
            return False

    def _lives(self, owner: Owner) -> bool:
        """A task of the thread."""
        try:
            return self._siblings.lives(owner.token)
        except OSError:
            return False
