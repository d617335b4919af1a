"""A caller who follows a draft: first what was delivered behind an event, then what comes, to the honest end."""

from collections.abc import Callable
from typing import Protocol

from mainstay.gateway.driver import Caller
from mainstay.model.http import Headers

PULL_BYTES = 64 * 1024


class Source(Protocol):
    """Where the bytes come from (`drafts.follower.Follower`)."""

    @property
    def failed(self) -> object | None:
        """Why the stream ends here without being whole."""

    def pull(self, bytes_max: int) -> bytes | None:
        """The next bytes; `None` when there are none yet, nothing at the end."""

    def close(self) -> None:
        """Follow no more."""


Ending = Callable[[], bytes | None]
"""How a stream ends: cleanly (no bytes), with these last words, or not at all (`None`)."""


class Following:
    """One caller behind one source. The source's wake must be `pump`."""

    def __init__(self, caller: Caller, gone: Callable[[], None]) -> None:
        """`gone` is called once, when the caller has left or has everything."""
        self._caller = caller
        self._gone = gone
        self._source: Source | None = None
        self._ending: Ending = _not_at_all
        self._paused = False
        self._over = False
        caller.on_left, caller.on_pause, caller.on_resume = self._stop, self._pause, self._resume

    @property
    def is_over(self) -> bool:
        """Whether the caller has left or has everything."""
        return self._over

    def start(self, source: Source, status: int, headers: Headers, ending: Ending) -> None:
        """Begin the response. `ending` says how it ends when the source does."""
        if self._over:
            source.close()
            return
        self._source, self._ending = source, ending
        self._caller.begin(status, headers)
        self.pump()

    def ends_with(self, ending: Ending) -> None:
        """From now on somebody else says how it ends."""
        self._ending = ending

    def leave(self) -> None:
        """Let go of the caller, who is answered otherwise."""
        self._stop()

    def pump(self) -> None:
        """Give on what there is."""
        source = self._source
        while source is not None and not self._paused and not self._over:
            data = source.pull(PULL_BYTES)
            if data is None:
                return
            if data:
                self._caller.send(data)
                continue
            caller = self._caller
            last_words = None if source.failed is not None else self._ending()
            self._stop()
            if last_words is None:
                caller.abort()
            elif last_words:
                caller.fail(last_words)
            else:
                caller.finish()

    def _pause(self) -> None:
        self._paused = True

    def _resume(self) -> None:
        self._paused = False
        self.pump()

    def _stop(self) -> None:
        if self._over:
            return
        self._over = True
        caller = self._caller
        caller.on_left = caller.on_pause = caller.on_resume = None
        if self._source is not None:
            self._source.close()
            self._source = None
        self._gone()


def _not_at_all() -> None:
    """A stream that nobody can vouch for."""
