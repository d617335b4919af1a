"""The caller of an exchange that is kept: everything goes into its draft, and on to whoever listens at the time.

The exchange does not notice the difference. A durable exchange goes on when its caller leaves, nothing reaches the
caller before it is on disk, and the last word not before the exchange's records are there as well; any other exchange
ends when nobody listens any more, as it does without a draft.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from mainstay.gateway.drafts.entries import Begun
from mainstay.gateway.driver import Caller
from mainstay.model.http import Headers, Reply

WAITING_BYTES_MAX = 8 * 1024 * 1024
"""What may wait for a caller who reads slowly while a durable exchange runs on; who lags more must resume."""

ANSWERED, FAILED, LEFT, INTERRUPTED, CANCELLED = "answered", "failed", "left", "interrupted", "cancelled"
"""How an exchange ended, as its draft says. What ended as `failed`, `left` or `interrupted` can be gone on with."""


Settled = Callable[[Callable[[], object]], None]
"""Calls back, in a later turn of the event loop, once everything is on disk that the journal is given in this turn."""


def at_once(done: Callable[[], object]) -> None:
    """`Settled` where nothing is written."""
    done()


class Book(Protocol):
    """What is written into a draft (`drafts.draft.Draft`)."""

    def begun(self, status: int, headers: Headers) -> None:
        """The streamed response has begun."""

    def delivered(self, data: bytes, *, written: Callable[[bool], None] | None = None) -> None:
        """Whole server-sent events."""

    def replied(self, reply: Reply, *, written: Callable[[bool], None] | None = None) -> None:
        """A whole response."""

    def ended(self, outcome: str, at: float) -> None:
        """The exchange is over."""

    def suspended(self) -> None:
        """This process writes no more, and the exchange is not over."""


class KeptCaller:
    """`driver.Caller` that writes everything down."""

    def __init__(
        self,
        live: Caller | None,
        draft: Book,
        *,
        durable: bool,
        wall: Callable[[], float],
        on_first_bytes: Callable[[bytes], bool] | None = None,
        settled: Settled = at_once,
    ) -> None:
        """`live` is the caller whose request began it, if there is one. `on_first_bytes` sees the bytes of the
        answer, whole or streamed, until it says that it has seen enough. `settled` tells when records are on disk."""
        self.on_left: Callable[[], None] | None = None
        self.on_pause: Callable[[], None] | None = None
        self.on_resume: Callable[[], None] | None = None
        self.begun: Begun | None = None
        self.answer: Reply | None = None
        self.outcome = ""
        self.listeners = 0
        """Others who follow the draft."""
        self._live = live
        self._draft = draft
        self._durable = durable
        self._wall = wall
        self._on_first_bytes = on_first_bytes
        self._settled = settled
        self._to_come: deque[bytes] = deque()
        self._ready: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._live_paused = False
        self._finishing = False
        self._draining = False
        self._last_words = b""
        self._when_told: list[Callable[[], None]] = []
        self._when_over: list[Callable[[], None]] = []
        if live is not None:
            live.on_left, live.on_pause, live.on_resume = self._live_left, self._pause, self._resume

    @property
    def is_over(self) -> bool:
        """Whether the exchange has ended."""
        return bool(self.outcome)

    @property
    def ending(self) -> bytes | None:
        """How an exchange that is over ends for those who follow it: cleanly (no bytes), with these last words, or
        (`None`) not at all."""
        if self.outcome == ANSWERED:
            return b""
        return self._last_words or None

    @property
    def is_attended(self) -> bool:
        """Whether anybody listens."""
        return self._live is not None or self.listeners > 0

    def when_told(self, callback: Callable[[], None]) -> None:
        """Call back once the response has begun, or is there as a whole; at once if it has."""
        if self.begun is not None or self.answer is not None or self.is_over:
            callback()
        else:
            self._when_told.append(callback)

    def when_over(self, callback: Callable[[], None]) -> None:
        """Call back when the exchange is over; at once if it is."""
        if self.is_over:
            callback()
        else:
            self._when_over.append(callback)

    def begin(self, status: int, headers: Headers) -> None:
        """A streamed response begins."""
        self.begun = Begun(status, headers)
        self._draft.begun(status, headers)
        if self._live is not None:
            self._live.begin(status, headers)
        self._tell()

    def send(self, data: bytes) -> None:
        """Bytes of the streamed response."""
        if self._on_first_bytes is not None and self._on_first_bytes(data):
            self._on_first_bytes = None
        live = self._live
        if not self._durable:
            self._draft.delivered(data)
            if live is not None:
                live.send(data)
        elif live is None:
            self._draft.delivered(data)
        else:
            self._to_come.append(data)
            self._waiting_bytes += len(data)
            self._draft.delivered(data, written=self._written)

    def reply(self, reply: Reply) -> None:
        """A whole response."""
        if self._draining:
            self._end(INTERRUPTED)
            self._give(reply)
            return
        self.answer = reply
        if self._on_first_bytes is not None:
            self._on_first_bytes(reply.body)
        if self._durable and self._live is not None:
            self._draft.replied(reply, written=lambda _: self._settled(lambda: self._give(reply)))
        else:
            self._draft.replied(reply)
        self._end(ANSWERED if reply.status < 400 else FAILED)  # noqa: PLR2004 - where errors begin
        if not self._durable:
            self._give(reply)

    def _give(self, reply: Reply) -> None:
        """Answer the live caller, if it is still there."""
        live, self._live = self._live, None
        if live is not None:
            live.reply(reply)

    def finish(self) -> None:
        """The streamed response ends cleanly."""
        self._draining = False
        self._end(ANSWERED)
        self._finishing = True
        self._hand_on()

    def fail(self, data: bytes) -> None:
        """The last words of a response that is not whole. They are not kept: somebody may go on from what stands before
        them."""
        self._last_words = data
        self._end(FAILED)
        self._finishing = True
        self._hand_on()

    def abort(self) -> None:
        """The driver gives up: a defect of ours, or a caller who reads nothing for too long."""
        self._end(INTERRUPTED)
        if self._live is not None:
            self._live.abort()
            self._live = None

    def release(self) -> None:
        """There will be no exchange: whoever asked for it is answered by somebody else."""
        self._end(INTERRUPTED)
        live, self._live = self._live, None
        if live is not None:
            live.on_left = live.on_pause = live.on_resume = None

    def unattended(self) -> None:
        """Nobody listens any more. Ends an exchange that is not durable."""
        if not self._durable and not self.is_over and not self.is_attended and self.on_left is not None:
            self._end(LEFT)
            self.on_left()

    def drain(self) -> None:
        """The gateway stops: what it says of that from now on is for those who listen, and the draft stays open, so
        that another process can go on from it."""
        self._draining = True

    def cancel(self, outcome: str) -> None:
        """End the exchange, durable or not."""
        if not self.is_over:
            self._end(outcome)
            if self.on_left is not None:
                self.on_left()
            self.abort()

    def _end(self, outcome: str) -> None:
        if not self.is_over:
            self.outcome = INTERRUPTED if self._draining else outcome
            if self._draining:
                self._draft.suspended()
            else:
                self._draft.ended(outcome, self._wall())
            self._tell()
            over, self._when_over = self._when_over, []
            for callback in over:
                callback()

    def _tell(self) -> None:
        waiting, self._when_told = self._when_told, []
        for callback in waiting:
            callback()

    def _written(self, _: bool) -> None:  # noqa: FBT001 - the draft's callback; what is lost on disk is served all the same
        if self._to_come:
            self._ready.append(self._to_come.popleft())
        self._hand_on()

    def _hand_on(self) -> None:
        """Give the live caller what is on disk."""
        live = self._live
        if live is None:
            return
        while self._ready and not self._live_paused:
            data = self._ready.popleft()
            self._waiting_bytes -= len(data)
            live.send(data)
        if self._waiting_bytes > WAITING_BYTES_MAX:
            self._live_left()
            live.abort()
        elif self._finishing and not self._ready and not self._to_come:
            self._finishing = False
            if self._durable:
                self._settled(self._say_end)
            else:
                self._say_end()

    def _say_end(self) -> None:
        live, self._live = self._live, None
        if live is None:
            return
        if self._last_words:
            live.fail(self._last_words)
        else:
            live.finish()

    def _live_left(self) -> None:
        was_paused, self._live_paused = self._live_paused, False
        self._live = None
        self._to_come.clear()
        self._ready.clear()
        self._waiting_bytes = 0
        self.unattended()
        if was_paused and not self._durable and self.on_resume is not None:
            # Others listen on, at a pace of their own.
            self.on_resume()

    def _pause(self) -> None:
        self._live_paused = True
        if not self._durable and self.on_pause is not None:
            self.on_pause()

    def _resume(self) -> None:
        self._live_paused = False
        if self._durable:
            self._hand_on()
        elif self.on_resume is not None:
            self.on_resume()
