"""Stand-ins for everything real that one exchange touches: clock, caller, upstreams, journal. They keep what happens.

What each of them does goes into one common list, so that a test sees the order over all of them.
"""

import heapq
from collections.abc import Callable
from itertools import count

from mainstay.engine.progress import Conversation
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.commands import Command, Listen, Open
from mainstay.model.events import Event
from mainstay.model.http import Headers, Reply
from mainstay.model.records import Record

CALLS_MAX = 10_000


class CallLater:
    """A call that is due, or was."""

    def __init__(self, when: float, callback: Callable[[], object]) -> None:
        self.when = when
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """The time of an event loop, which passes only when a test says so."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self._heap: list[tuple[float, int, CallLater]] = []
        self._order = count()

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], object], /) -> CallLater:
        call = CallLater(when, callback)
        heapq.heappush(self._heap, (when, next(self._order), call))
        return call

    def advance(self, seconds: float) -> None:
        """Let time pass, with everything that is due on the way."""
        self.advance_to(self.now + seconds)

    def advance_to(self, end: float) -> None:
        """Let time pass until an instant."""
        for _ in range(CALLS_MAX):
            if not self._heap or self._heap[0][0] > end:
                self.now = max(self.now, end)
                return
            when, _, call = heapq.heappop(self._heap)
            self.now = max(self.now, when)
            if not call.cancelled:
                call.callback()
        raise AssertionError("the clock is never at rest")

    @property
    def due(self) -> list[float]:
        """When the calls that are still due will be made."""
        return sorted(call.when for _, _, call in self._heap if not call.cancelled)


class FakeAttempt:
    """A request to an upstream, driven by hand: `deliver` tells the driver what comes."""

    def __init__(self, command: Open, deliver: Callable[[Event], None], happened: list[str]) -> None:
        self.command = command
        self.deliver = deliver
        self.cancelled = False
        self.paused = False
        self._happened = happened

    def cancel(self) -> None:
        self.cancelled = True
        self._happened.append(f"cancel {self.command.attempt}")

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False


class FakeUpstreams:
    """Opens what it is asked to."""

    def __init__(self, happened: list[str]) -> None:
        self.attempts: list[FakeAttempt] = []
        self._happened = happened

    def open(self, command: Open, deliver: Callable[[Event], None]) -> FakeAttempt:
        self._happened.append(f"open {command.attempt}")
        attempt = FakeAttempt(command, deliver, self._happened)
        self.attempts.append(attempt)
        return attempt


class FakeCaller:
    """The response side of a caller's connection. `while_sending` happens inside `send`, once."""

    def __init__(self, happened: list[str]) -> None:
        self.on_left: Callable[[], None] | None = None
        self.on_pause: Callable[[], None] | None = None
        self.on_resume: Callable[[], None] | None = None
        self.replies: list[Reply] = []
        self.status = 0
        self.headers: Headers = ()
        self.body = b""
        self.aborted = False
        self.finished = False
        self.failed = False
        self.refuses_replies = False
        self.while_sending: Callable[[], None] | None = None
        self._happened = happened

    def reply(self, reply: Reply) -> None:
        if self.refuses_replies:
            self.refuses_replies = False
            raise ValueError("a header that cannot be written")
        self._happened.append(f"reply {reply.status}")
        self.replies.append(reply)

    def begin(self, status: int, headers: Headers) -> None:
        self._happened.append(f"begin {status}")
        self.status, self.headers = status, headers

    def send(self, data: bytes) -> None:
        self._happened.append(f"send {data.decode()}")
        self.body += data
        happen, self.while_sending = self.while_sending, None
        if happen is not None:
            happen()

    def finish(self) -> None:
        self._happened.append("finish")
        self.finished = True

    def fail(self, data: bytes) -> None:
        self._happened.append(f"fail {data.decode()}")
        self.body += data
        self.failed = True

    def abort(self) -> None:
        self._happened.append("abort")
        self.aborted = True

    @property
    def only_reply(self) -> Reply:
        """The reply, of which there is one."""
        (reply,) = self.replies
        return reply


class KeptRecords:
    """A journal in memory."""

    def __init__(self, happened: list[str] | None = None) -> None:
        self.trouble: str | None = None
        self.records: list[Record] = []
        self._happened = happened if happened is not None else []

    def write(self, record: Record) -> None:
        self._happened.append(f"write {record.id}")
        self.records.append(record)

    def when_written(self, done: Callable[[], object]) -> None:
        done()

    def status(self) -> JournalStatus:
        return JournalStatus(self.trouble, 0, len(self.records), 0)


class Script:
    """A conversation written by hand: performs its lines one after the other and keeps the events that come.

    A driver's contract is checked on the way: only `Listen` is answered with an event.
    """

    def __init__(self, *lines: Command | Exception) -> None:
        self.lines = lines
        self.events: list[Event] = []

    def play(self) -> Conversation:
        for line in self.lines:
            if isinstance(line, Exception):
                raise line
            event = yield line
            if isinstance(line, Listen):
                assert event is not None, "Listen is answered with an event"
                self.events.append(event)
            else:
                assert event is None, f"{line} is answered with nothing"
        return None
