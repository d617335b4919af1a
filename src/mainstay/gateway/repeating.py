"""The caller of a repeated request: told in a header that it gets an answer again, and recorded as what it is."""

from collections.abc import Callable

from mainstay.gateway.driver import Caller
from mainstay.model.http import Headers, Reply

HEADER = "x-mainstay-idempotent"
ANSWERED, FAILED, LEFT = "answered", "failed", "left"
ERRORS_FROM = 400

Over = Callable[[str, int, int], None]
"""Takes how it ended, its status, and how many bytes were sent."""


class MarkedCaller:
    """`driver.Caller` that adds a header to the response, and tells once how it ended."""

    def __init__(self, caller: Caller, mark: str, over: Over | None = None, header: str = HEADER) -> None:
        """`mark` is the header's value."""
        self._caller = caller
        self._field = (header, mark)
        self._over = over
        self._status = 0
        self._bytes = 0
        self._on_left: Callable[[], None] | None = None
        caller.on_left = self._leave

    @property
    def on_left(self) -> Callable[[], None] | None:
        """Hears that the caller has gone."""
        return self._on_left

    @on_left.setter
    def on_left(self, callback: Callable[[], None] | None) -> None:
        self._on_left = callback

    @property
    def on_pause(self) -> Callable[[], None] | None:
        """Hears that the caller is slow."""
        return self._caller.on_pause

    @on_pause.setter
    def on_pause(self, callback: Callable[[], None] | None) -> None:
        self._caller.on_pause = callback

    @property
    def on_resume(self) -> Callable[[], None] | None:
        """Hears that the caller reads on."""
        return self._caller.on_resume

    @on_resume.setter
    def on_resume(self, callback: Callable[[], None] | None) -> None:
        self._caller.on_resume = callback

    def reply(self, reply: Reply) -> None:
        """A whole response."""
        self._status, self._bytes = reply.status, len(reply.body)
        self._end(ANSWERED if reply.status < ERRORS_FROM else FAILED)
        self._caller.reply(Reply(reply.status, self._marked(reply.headers), reply.body))

    def begin(self, status: int, headers: Headers) -> None:
        """A streamed response begins."""
        self._status = status
        self._caller.begin(status, self._marked(headers))

    def send(self, data: bytes) -> None:
        """Bytes of the streamed response."""
        self._bytes += len(data)
        self._caller.send(data)

    def finish(self) -> None:
        """The streamed response ends cleanly."""
        self._end(ANSWERED)
        self._caller.finish()

    def fail(self, data: bytes) -> None:
        """The last words of a streamed response that is not whole."""
        self._bytes += len(data)
        self._end(FAILED)
        self._caller.fail(data)

    def abort(self) -> None:
        """The connection is cut."""
        self._end(FAILED)
        self._caller.abort()

    def _marked(self, headers: Headers) -> Headers:
        return (*headers, self._field)

    def _leave(self) -> None:
        self._end(LEFT)
        if self._on_left is not None:
            self._on_left()

    def _end(self, outcome: str) -> None:
        over, self._over = self._over, None
        if over is not None:
            over(outcome, self._status, self._bytes)
