"""The driver in virtual time: performs the commands of one exchange on a timeline."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from mainstay.engine.progress import Conversation
from mainstay.lab.virtual.timeline import Timeline
from mainstay.model.commands import Answer, Begin, Cancel, Fail, Finish, Listen, Open, Queue, Send, Write
from mainstay.model.events import Called, CallerLeft, Event, Woke
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.model.ports import Journal


class VirtualAttempt(Protocol):
    """A running request in virtual time."""

    def cancel(self) -> None:
        """Deliver nothing more."""


class VirtualWorld(Protocol):
    """Opens requests in virtual time."""

    def open(self, command: Open, deliver: Callable[[Event], None]) -> VirtualAttempt:
        """Start a request."""


class Heard:
    """What a caller in virtual time has received."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.status = 0
        self.headers: Headers = ()
        self.finished = False
        self.fault: Fault | None = None
        """What the exchange ended with; none where its caller was served."""
        self._parts: list[bytes] = []

    @property
    def body(self) -> bytes:
        """All bytes of the response body."""
        return b"".join(self._parts)

    def hear(self, command: Begin | Send | Answer | Finish | Fail) -> None:
        """Take what a command gives to the caller."""
        match command:
            case Begin(status, headers):
                self.status, self.headers = status, headers
            case Send(data):
                self._parts.append(data)
            case Answer(reply):
                self.status, self.headers, self.finished = reply.status, reply.headers, True
                self._parts.append(reply.body)
            case Finish():
                self.finished = True
            case Fail(data):
                self._parts.append(data)
                self.finished = True


class VirtualDriver:
    """Runs one exchange."""

    def __init__(
        self,
        conversation: Conversation,
        timeline: Timeline,
        world: VirtualWorld,
        journal: Journal,
        heard: Heard,
        ended: Callable[[], None],
    ) -> None:
        """`ended` is called once, when the exchange is over."""
        self._conversation = conversation
        self._timeline = timeline
        self._world = world
        self._journal = journal
        self._heard = heard
        self._ended = ended
        self._attempts: dict[int, VirtualAttempt] = {}
        self._queue: deque[Event | None] = deque()
        self._running = False
        self._over = False
        self._until = 0.0
        self._alarm_at: float | None = None
        self._alarm = 0

    def start(self) -> None:
        """Let the exchange run until it first listens."""
        self._take(None)

    def leave(self) -> None:
        """The caller closes the connection."""
        self._take(CallerLeft(self._timeline.now))

    def _take(self, event: Event | None) -> None:
        if self._over:
            return
        self._queue.append(event)
        if self._running:
            return
        self._running = True
        while self._queue and not self._over:
            self._step(self._queue.popleft())
        self._running = False
        if not self._over:
            self._arm()

    def _step(self, event: Event | None) -> None:
        try:
            command = self._conversation.send(event)
            while not isinstance(command, Listen):
                self._perform(command)
                command = self._conversation.send(None)
            self._until = command.until
        except StopIteration as end:
            self._over = True
            self._heard.fault = end.value
            self._ended()

    def _ring_bell(self) -> None:
        """Somebody else's exchange has called ours: not in the middle of its step."""
        self._timeline.at(self._timeline.now, lambda: self._take(Called(self._timeline.now)))

    def _perform(self, command: Open | Queue | Begin | Send | Finish | Fail | Answer | Cancel | Write) -> None:
        match command:
            case Open():
                self._attempts[command.attempt] = self._world.open(command, self._take)
            case Cancel(attempt):
                self._attempts[attempt].cancel()
            case Queue(place):
                place.bell = self._ring_bell
            case Write(record):
                self._journal.write(record)
            case _:
                self._heard.hear(command)

    def _arm(self) -> None:
        if self._alarm_at is None or self._alarm_at > self._until:
            self._alarm_at = self._until
            self._alarm += 1
            alarm = self._alarm
            self._timeline.at(self._until, lambda: self._wake(alarm))

    def _wake(self, alarm: int) -> None:
        if self._over or alarm != self._alarm:
            return
        self._alarm_at = None
        if self._timeline.now >= self._until:
            self._take(Woke(self._timeline.now))
        else:
            self._arm()
