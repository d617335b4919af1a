"""The driver in real time: performs the commands of one exchange on sockets and timers of the event loop.

It is callback-driven. Whoever has an event (upstream connection, timer, caller's connection) hands it to `deliver`,
and the exchange runs on until it listens again; no task, future or coroutine stands between two chunks. An event that
comes while the exchange runs waits in a short queue.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from mainstay.engine.progress import Conversation
from mainstay.gateway.alarms import GLANCE_SECONDS, Alarms, Timer
from mainstay.model.commands import Answer, Begin, Cancel, Command, Fail, Finish, Listen, Open, Queue, Send, Write
from mainstay.model.events import Broke, Called, CallerLeft, Chunk, Drained, Ended, Event, Opened, Woke
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers, Reply
from mainstay.model.ports import Journal

OF_AN_ATTEMPT = Opened | Chunk | Ended | Broke
WAKE_SLACK_SECONDS = 0.002
"""A timer may fire this early by rounding; it then counts as on time."""
CALLER_STALL_SECONDS = 120.0
"""A caller who reads nothing for so long, while bytes wait for it, counts as gone."""


class UpstreamAttempt(Protocol):
    """A running request to an upstream."""

    def cancel(self) -> None:
        """Close its connection at once; deliver nothing more."""

    def pause(self) -> None:
        """Stop reading: the caller is slow."""

    def resume(self) -> None:
        """Read on."""


class Upstreams(Protocol):
    """Opens requests to upstreams."""

    def open(self, command: Open, deliver: Callable[[Event], None]) -> UpstreamAttempt:
        """Start a request; its events go to `deliver`, never before this call has returned."""


class Caller(Protocol):
    """The response side of the caller's connection."""

    on_left: Callable[[], None] | None
    on_pause: Callable[[], None] | None
    on_resume: Callable[[], None] | None

    def reply(self, reply: Reply) -> None:
        """A whole response."""

    def begin(self, status: int, headers: Headers) -> None:
        """A streamed response begins."""

    def send(self, data: bytes) -> None:
        """Bytes of the streamed response."""

    def finish(self) -> None:
        """The streamed response ends cleanly."""

    def fail(self, data: bytes) -> None:
        """The last words of a streamed response that is not whole, and its end."""

    def abort(self) -> None:
        """The connection is cut, so that the caller cannot take it for success."""


class Driver:
    """Runs one exchange."""

    __slots__ = (
        "_alarms",
        "_answered",
        "_attempts",
        "_begun",
        "_caller",
        "_conversation",
        "_crashed",
        "_ended",
        "_journal",
        "_over",
        "_paused_at",
        "_queue",
        "_running",
        "_timer",
        "_timer_at",
        "_upstreams",
        "until",
    )

    def __init__(  # noqa: PLR0913 - everything real that one exchange touches
        self,
        conversation: Conversation,
        caller: Caller,
        upstreams: Upstreams,
        journal: Journal,
        alarms: Alarms,
        *,
        crashed: Callable[[Exception], Reply],
        ended: Callable[[], None],
    ) -> None:
        """`crashed` writes the reply for a defect of ours; `ended` is called once when the exchange is over."""
        self._conversation = conversation
        self._caller = caller
        self._upstreams = upstreams
        self._journal = journal
        self._alarms = alarms
        self._crashed = crashed
        self._ended = ended
        self._attempts: dict[int, UpstreamAttempt] = {}
        self._queue: deque[Event] | None = None
        self._running = False
        self._over = False
        self._begun = False
        self._answered = False
        self._paused_at: float | None = None
        self.until = 0.0
        self._timer: Timer | None = None
        self._timer_at = 0.0

    def start(self, now: float) -> None:
        """Let the exchange run until it first listens."""
        caller = self._caller
        caller.on_left, caller.on_pause, caller.on_resume = self._caller_left, self._pause, self._resume
        self._alarms.add(self)
        self._run(None, now)

    def deliver(self, event: Event) -> None:
        """Hand over an event."""
        if self._over:
            return
        if self._running:
            if self._queue is None:
                self._queue = deque()
            self._queue.append(event)
            return
        self._run(event, event.at)

    def _run(self, event: Event | None, now: float) -> None:
        self._running = True
        self._step(event)
        while self._queue and not self._over:
            event = self._queue.popleft()
            now = event.at
            self._step(event)
        self._running = False
        if self.until - now <= GLANCE_SECONDS and not self._over:
            self.ring()

    def _step(self, event: Event | None) -> None:
        """Send one event and perform commands until the exchange listens or is over."""
        send = self._conversation.send
        try:
            command = send(event)
            # The types that each exchange yields are asked for here, since a call for each command would cost more.
            while (kind := type(command)) is not Listen:
                if kind is Send:
                    self._caller.send(command.data)  # type: ignore[union-attr]
                elif kind is Write:
                    self._journal.write(command.record)  # type: ignore[union-attr]
                else:
                    self._perform(command)
                command = send(None)
            self.until = command.until  # type: ignore[union-attr]
        except StopIteration:
            self._close()
        except Exception as error:  # noqa: BLE001 - a defect must never look like a clean end (law 1)
            self._last_words(error)

    def _perform(self, command: Command) -> None:
        """Perform a command that is neither `Send` nor `Write`. In order of frequency, since this is a busy place."""
        if isinstance(command, Open):
            attempt = self._attempts[command.attempt] = self._upstreams.open(command, self.deliver)
            if self._paused_at is not None:
                attempt.pause()
        elif isinstance(command, Answer):
            self._caller.reply(command.reply)
            self._answered = True
        elif isinstance(command, Begin):
            self._begun = True
            self._caller.begin(command.status, command.headers)
        elif isinstance(command, Finish):
            self._caller.finish()
            self._answered = True
        elif isinstance(command, Fail):
            self._caller.fail(command.data)
            self._answered = True
        elif isinstance(command, Cancel):
            self._cancel(command.attempt)
        elif isinstance(command, Queue):
            command.place.bell = self._ring_bell

    def _cancel(self, attempt: int) -> None:
        """Close its connection; what it has said already and nobody has heard is not said any more."""
        self._attempts[attempt].cancel()
        if self._queue:
            kept = [one for one in self._queue if not (isinstance(one, OF_AN_ATTEMPT) and one.attempt == attempt)]
            self._queue = deque(kept)

    def _ring_bell(self) -> None:
        """Somebody else's exchange has called ours: not in the middle of its step."""
        self._alarms.call_at(self._alarms.time(), self._called)

    def _called(self) -> None:
        self.deliver(Called(self._alarms.time()))

    def ring(self) -> None:
        """Keep one timer at or before the instant that the exchange waits for. It is moved only when it fires.

        While the caller is slow nothing is read, so no silence is the upstream's: only our patience ends.
        """
        until = self.until if self._paused_at is None else self._paused_at + CALLER_STALL_SECONDS
        if self._timer is None or self._timer_at > until:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = until
            self._timer = self._alarms.call_at(until, self._wake)

    def drain(self) -> None:
        """The gateway stops and can wait no longer."""
        self.deliver(Drained(self._alarms.time()))

    def _wake(self) -> None:
        self._timer = None
        if self._over:
            return
        now = self._alarms.time()
        if self._paused_at is not None:
            self._wake_paused(now, self._paused_at + CALLER_STALL_SECONDS)
        elif now + WAKE_SLACK_SECONDS >= self.until:
            self.deliver(Woke(max(now, self.until)))
        elif self.until - now <= GLANCE_SECONDS:
            self.ring()

    def _wake_paused(self, now: float, patience_ends_at: float) -> None:
        if now + WAKE_SLACK_SECONDS >= patience_ends_at:
            self._caller.abort()
            self.deliver(CallerLeft(now))
        else:
            self.ring()

    def _caller_left(self) -> None:
        self.deliver(CallerLeft(self._alarms.time()))

    def _pause(self) -> None:
        self._paused_at = self._alarms.time()
        for attempt in self._attempts.values():
            attempt.pause()
        self.ring()

    def _resume(self) -> None:
        self._paused_at = None
        for attempt in self._attempts.values():
            attempt.resume()
        if self._attempts:
            # An empty chunk starts the clock of silence anew: the silence was the caller's.
            self.deliver(Chunk(next(reversed(self._attempts)), self._alarms.time(), b""))
        elif not self._over:
            # The timer was set to when our patience ends.
            self.ring()

    def _last_words(self, error: Exception) -> None:
        """A defect of ours: close everything, and tell the caller as honestly as still possible."""
        for attempt in self._attempts.values():
            attempt.cancel()
        reply = self._crashed(error)
        if not self._begun and not self._answered:
            self._caller.reply(reply)
        elif not self._answered:
            self._caller.abort()
        self._close()

    def _close(self) -> None:
        self._over = True
        self._alarms.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._attempts.clear()
        caller = self._caller
        caller.on_left = caller.on_pause = caller.on_resume = None
        self._ended()


def defect(error: Exception) -> Fault:
    """The fault of a defect of ours. The error's text stays in the log: it may hold what callers must not see."""
    return Fault(
        FaultKind.INTERNAL,
        f"the gateway failed inside ({type(error).__name__}); the request may be tried again",
        status=500,
        code="internal_error",
    )
