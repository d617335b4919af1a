"""Somebody who reads a running draft at a pace of their own: first what was delivered, then what comes."""

from collections.abc import Callable
from typing import Protocol

from mainstay.gateway.drafts.counting import Skipper
from mainstay.gateway.drafts.entries import Missing
from mainstay.gateway.drafts.tail import Place, Tail

Stretch = Callable[[bytes | Missing], None]
"""Takes delivered bytes that were read from the file."""


class Followed(Protocol):
    """What a follower needs of a draft."""

    tail: Tail

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be delivered."""

    def gather(self) -> None:
        """Bring `tail` up to date."""

    def read(self, position: int, done: Stretch) -> None:
        """Read delivered bytes that are not in memory any more; `done` is called later."""

    def unfollow(self, follower: "Follower") -> None:
        """This one has gone."""


class Follower:
    """Pull until there is nothing, then wait to be woken. Who pulls nothing (because their reader is slow) costs
    nothing: what they have not read is in the file."""

    __slots__ = ("_chunk", "_draft", "_position", "_skipper", "_wake", "failed", "is_reading", "is_waiting")

    def __init__(self, draft: Followed, place: Place, wake: Callable[[], None]) -> None:
        """Begin at a place; `wake` is called when there may be something again after `pull` gave `None`."""
        self.failed: Missing | None = None
        """Why the stream ends here, though the draft does not: then `pull` gives nothing more, and this is no clean
        end."""
        self.is_waiting = False
        self._draft = draft
        self._position = place.position
        self._skipper = Skipper(place.skip_events) if place.skip_events else None
        self._wake = wake
        self._chunk = b""
        self.is_reading = False
        """Whether the next bytes are on their way from the file."""

    def pull(self, bytes_max: int) -> bytes | None:
        """The next bytes; `None` when there are none yet, nothing (`b""`) at the end."""
        draft = self._draft
        draft.gather()
        self.is_waiting = False
        while not self.failed:
            if self._chunk:
                data, self._chunk = self._chunk[:bytes_max], self._chunk[bytes_max:]
                return data
            at_end = self._position >= draft.tail.end
            if at_end and draft.is_over:
                return b""
            if at_end or self.is_reading or self._position < draft.tail.start:
                self._wait(for_file=not at_end)
                return None
            data = draft.tail.read(self._position, bytes_max)
            self._position += len(data)
            self._chunk = self._wanted(data)
        return b""

    def wake(self) -> None:
        """There may be something to pull."""
        if self.is_waiting:
            self.is_waiting = False
            self._wake()

    def close(self) -> None:
        """Follow no more."""
        self._draft.unfollow(self)

    def _wait(self, *, for_file: bool) -> None:
        self.is_waiting = True
        if for_file and not self.is_reading:
            self.is_reading = True
            self._draft.read(self._position, self._take)

    def _take(self, stretch: bytes | Missing) -> None:
        self.is_reading = False
        if isinstance(stretch, Missing):
            self.failed = stretch
        else:
            self._position += len(stretch)
            self._chunk = self._wanted(stretch)
        self.wake()

    def _wanted(self, data: bytes) -> bytes:
        return self._skipper.feed(data) if self._skipper is not None else data
