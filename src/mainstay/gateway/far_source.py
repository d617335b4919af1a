"""The stream of an exchange that runs elsewhere, until it runs here: bytes come in portions, when somebody looked."""

from typing import Protocol

from mainstay.gateway.drafts.counting import EventCounter, Skipper


class Near(Protocol):
    """What goes on where the portions end (`drafts.follower.Follower`)."""

    @property
    def failed(self) -> object | None:
        """Why the stream ends here without being whole."""

    def pull(self, bytes_max: int) -> bytes | None:
        """The next bytes; `None` when there are none yet, nothing at the end."""

    def close(self) -> None:
        """Follow no more."""


class FarSource:
    """`following.Source`."""

    def __init__(self, after: int) -> None:
        """Leave out the first `after` events."""
        self._counter = EventCounter()
        self._skipper = Skipper(after)
        self._waiting = b""
        self._is_whole = False
        self._broken = ""
        self._near: Near | None = None

    @property
    def events(self) -> int:
        """Events that came so far, with those that were left out."""
        return self._counter.events

    @property
    def is_drained(self) -> bool:
        """Whether everything that came was given on."""
        return not self._waiting

    @property
    def failed(self) -> object | None:
        """Why the stream ends here without being whole."""
        return self._near.failed if self._near is not None else self._broken or None

    def feed(self, data: bytes) -> None:
        """The next portion: whole events."""
        self._counter.feed(data)
        self._waiting += self._skipper.feed(data)

    def end(self) -> None:
        """It is whole."""
        self._is_whole = True

    def fail(self, why: str) -> None:
        """It ends here without being whole."""
        self._broken = why

    def go_on_with(self, near: Near) -> None:
        """From here on somebody else has the bytes."""
        self._near = near

    def pull(self, bytes_max: int) -> bytes | None:
        """The next bytes; `None` when there are none yet, nothing at the end."""
        if self._waiting:
            data, self._waiting = self._waiting[:bytes_max], self._waiting[bytes_max:]
            return data
        if self._near is not None:
            return self._near.pull(bytes_max)
        return b"" if self._is_whole or self._broken else None

    def close(self) -> None:
        """Follow no more."""
        if self._near is not None:
            self._near.close()
