"""One running exchange's draft, as the event loop sees it."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from mainstay.gateway.drafts.draft_file import DraftFile
from mainstay.gateway.drafts.entries import (
    BEGUN,
    DELIVERED,
    ENDED,
    OPENING,
    PICKED_UP,
    REPLIED,
    Begun,
    Beyond,
    Ended,
    Entry,
    Opening,
    PickedUp,
    encode,
)
from mainstay.gateway.drafts.follower import Follower, Stretch
from mainstay.gateway.drafts.limits import DraftLimits
from mainstay.gateway.drafts.owner import Owner
from mainstay.gateway.drafts.tail import Tail
from mainstay.model.http import Headers, Reply

Written = Callable[[bool], None]
"""Told whether what was handed over is on disk. `False`: the draft is lost, and the exchange cannot be resumed."""
AT_ONCE: Final = 0
SUSPENDED: Final = "suspended"
"""An outcome that no draft on disk has."""


class Desk(Protocol):
    """What a draft needs of the store."""

    limits: DraftLimits
    owner: Owner

    def due(self, draft: "Draft") -> None:
        """Have `flush` called at the end of this turn of the event loop."""

    def append(self, draft: "Draft", entries: Sequence[Entry], written: Sequence[Written]) -> bool:
        """Hand entries to the disk; `False` when there is no room for them to wait."""

    def give_up(self, draft: "Draft") -> None:
        """Its file is of no use any more."""

    def read(self, draft: "Draft", position: int, done: Stretch) -> None:
        """Read delivered bytes from the file."""

    def over(self, draft: "Draft") -> None:
        """It is over, and nothing of it waits for the disk."""

    def held(self, bytes_more: int) -> bool:
        """Count bytes in memory; tell whether all drafts together hold more than they may."""


class Draft:
    """Every method is for the event loop and returns at once."""

    __slots__ = (
        "_desk",
        "_entries",
        "_followers",
        "_fresh_bytes",
        "_is_due",
        "_parts",
        "_threshold",
        "_written",
        "durable",
        "file",
        "id",
        "opening",
        "outcome",
        "tail",
        "tail_lost",
    )

    def __init__(self, desk: Desk, opening: Opening, file: DraftFile) -> None:
        """For the store, which says next how it begins: `opened` or `picked_up`."""
        self.id = opening.exchange_id
        self.opening = opening
        self.durable = opening.durable
        self.file = file
        self.tail = Tail()
        self.outcome = ""
        self.tail_lost = False
        """Something that was delivered is not kept: nobody may go on from this draft."""
        self._desk = desk
        self._parts: list[bytes] = []
        self._fresh_bytes = 0
        self._threshold = AT_ONCE if opening.durable else desk.limits.batch_bytes
        self._entries: list[Entry] = []
        self._written: list[Written] = []
        self._followers: list[Follower] = []
        self._is_due = False

    @property
    def events(self) -> int:
        """Whole server-sent events with data that were delivered so far. Counted when asked."""
        self.gather()
        return self.tail.events

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be delivered."""
        return bool(self.outcome)

    @property
    def has_fresh(self) -> bool:
        """Whether something has not been handed to the disk."""
        return bool(self._parts or self._entries)

    def opened(self, written: Written | None) -> None:
        """It is new. For the store."""
        self._begin(OPENING, encode(self.opening), written)

    def picked_up(self, data: bytes, at: float, written: Written | None) -> None:
        """So much was delivered by an earlier process. For the store."""
        self.tail.append(data)
        self._desk.held(len(data))
        self.trim()
        self._begin(PICKED_UP, encode(PickedUp(at, self._desk.owner.token)), written)
        # Other processes must see soon who writes it now.
        self._hurry()

    def begun(self, status: int, headers: Headers) -> None:
        """The streamed response has begun."""
        self._add(BEGUN, encode(Begun(status, headers)))

    def delivered(self, data: bytes, *, written: Written | None = None) -> None:
        """Whole server-sent events that the caller is given."""
        self._parts.append(data)
        fresh = self._fresh_bytes = self._fresh_bytes + len(data)
        if fresh >= self._threshold or written is not None:
            if written is not None:
                self._written.append(written)
            self._hurry()

    def replied(self, reply: Reply, *, written: Written | None = None) -> None:
        """The caller is given a whole response."""
        if written is not None:
            self._written.append(written)
        if len(reply.body) > self._desk.limits.exchange_bytes_max:
            self.lose()
        else:
            self._add(REPLIED, encode(reply))

    def ended(self, outcome: str, at: float) -> None:
        """The exchange is over. `outcome` is not empty; nothing may be delivered afterwards."""
        self._add(ENDED, encode(Ended(outcome, at)))
        self.outcome = outcome
        self._hurry()

    def suspended(self) -> None:
        """This process ends before the exchange does. Nothing of that is written: another may go on from here."""
        self.outcome = SUSPENDED
        self._hurry()

    def follow(self, after_events: int, wake: Callable[[], None]) -> Follower | Beyond:
        """Follow what was delivered behind so many events, and what will be. `wake` is called (never from within
        `pull`) when there may be something after `pull` gave `None`."""
        self.gather()
        place = self.tail.place_after(after_events)
        if isinstance(place, Beyond):
            return place
        follower = Follower(self, place, wake)
        self._followers.append(follower)
        self._threshold = AT_ONCE
        return follower

    def unfollow(self, follower: Follower) -> None:
        """This one follows no more."""
        if follower in self._followers:
            self._followers.remove(follower)
        if not self._followers and not self.durable:
            self._threshold = self._desk.limits.batch_bytes

    def read(self, position: int, done: Stretch) -> None:
        """Read delivered bytes that are not in memory any more. For followers."""
        self._desk.read(self, position, done)

    def gather(self) -> None:
        """Put what was delivered lately where it can be read."""
        parts = self._parts
        if not parts:
            return
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        self._fresh_bytes = 0
        self.tail.append(data)
        self._desk.held(len(data))
        if self.tail.end > self._desk.limits.exchange_bytes_max:
            self.lose()
        if not self.tail_lost:
            self._entries.append((DELIVERED, data))

    def flush(self) -> None:
        """Hand to the disk what has gathered, and wake who follows. For the store."""
        self._is_due = False
        self.gather()
        entries, self._entries = self._entries, []
        written, self._written = self._written, []
        if self.tail_lost or not self._desk.append(self, entries, written):
            self.lose()
            self.trim()
            for one in written:
                one(False)  # noqa: FBT003 - a callback has no names
            if self.is_over:
                self._desk.over(self)
        for follower in tuple(self._followers):
            follower.wake()

    def lose(self) -> None:
        """Keep nothing more of this exchange."""
        if not self.tail_lost:
            self.tail_lost = True
            self._entries.clear()
            self._desk.give_up(self)

    def trim(self) -> None:
        """Let go of what need not be in memory. For the store, when something was written."""
        desk, tail = self._desk, self.tail
        disposable = tail.end if self.tail_lost else self.file.stream_bytes
        keep = desk.limits.memory_bytes_max
        if desk.held(0) or (self.tail_lost and not self._followers):
            keep = 0
        if tail.size > keep:
            desk.held(-tail.drop_until(min(disposable, tail.end - keep)))

    def _begin(self, kind: int, content: bytes, written: Written | None) -> None:
        if written is not None:
            self._written.append(written)
            self._hurry()
        self._add(kind, content)

    def _add(self, kind: int, content: bytes) -> None:
        self.gather()
        if not self.tail_lost:
            self._entries.append((kind, content))
        if self.durable:
            self._hurry()

    def _hurry(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._desk.due(self)
