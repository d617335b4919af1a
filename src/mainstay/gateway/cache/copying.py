"""Copies of answers while they are given: what a caller gets is collected, as long as it may be worth keeping."""

from collections.abc import Callable
from typing import Final

from mainstay.engine.caching.answer import HEADER, MISS
from mainstay.gateway.driver import Caller
from mainstay.gateway.repeating import MarkedCaller
from mainstay.model.http import Headers, Reply

ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024
"""A longer answer is not kept."""


class Copy:
    """What was given so far."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that only go on."""
        self.status = 0
        self.headers: Headers = ()
        self.parts: list[bytes] = []
        self.size = 0
        self.is_whole = False
        """Whether it ended as it should. What grew too large never does."""
        self.last_words = b""
        self.seconds = 0.0
        """From its first to its last byte."""
        self._clock = clock
        self._began_at = 0.0

    @property
    def has_begun(self) -> bool:
        """Whether there is anything of it."""
        return self.status > 0

    def begin(self, status: int, headers: Headers) -> None:
        """A streamed response begins."""
        self.status, self.headers = status, headers
        self._began_at = self._clock()

    def send(self, data: bytes) -> None:
        """Bytes of the streamed response."""
        self.size += len(data)
        if self.size <= ANSWER_BYTES_MAX:
            self.parts.append(data)
        else:
            self.parts.clear()

    def reply(self, reply: Reply) -> None:
        """A whole response."""
        self.begin(reply.status, reply.headers)
        self.send(reply.body)
        self.finish()

    def finish(self) -> None:
        """It ends cleanly."""
        self.seconds = self._clock() - self._began_at
        self.is_whole = self.size <= ANSWER_BYTES_MAX


class CopyingCaller(MarkedCaller):
    """`driver.Caller` that copies what its caller is given."""

    def __init__(self, caller: Caller, copy: Copy) -> None:
        """The response says that it is no answer of the cache."""
        super().__init__(caller, MISS, header=HEADER)
        self._copy = copy

    def reply(self, reply: Reply) -> None:
        """A whole response."""
        self._copy.reply(reply)
        super().reply(reply)

    def begin(self, status: int, headers: Headers) -> None:
        """A streamed response begins."""
        self._copy.begin(status, headers)
        super().begin(status, headers)

    def send(self, data: bytes) -> None:
        """Bytes of the streamed response."""
        self._copy.send(data)
        super().send(data)

    def finish(self) -> None:
        """The streamed response ends cleanly."""
        self._copy.finish()
        super().finish()

    def _marked(self, headers: Headers) -> Headers:
        return headers if any(name == HEADER for name, _ in headers) else super()._marked(headers)


class Absentee:
    """`driver.Caller` of an exchange whose callers all follow its draft: it copies, is never slow, and leaves when the
    last of them has left."""

    def __init__(self, copy: Copy) -> None:
        """Nobody has left yet."""
        self.on_left: Callable[[], None] | None = None
        self.on_pause: Callable[[], None] | None = None
        self.on_resume: Callable[[], None] | None = None
        self._copy = copy
        self._is_plain = False
        self._is_cut = False
        self.begin, self.send = copy.begin, copy.send

    def reply(self, reply: Reply) -> None:
        """A whole response."""
        self._is_plain = True
        self._copy.reply(reply)

    def finish(self) -> None:
        """The streamed response ends cleanly."""
        self._copy.finish()

    def fail(self, data: bytes) -> None:
        """The last words of a streamed response that is not whole."""
        self._copy.last_words = data
        self._is_cut = True

    def abort(self) -> None:
        """The connection is cut."""
        self._is_cut = True

    def leave(self) -> None:
        """Nobody follows any more."""
        if self.on_left is not None:
            self.on_left()

    def hand_to(self, caller: Caller) -> bool:
        """Give a caller what an exchange said that was over before anybody could follow it; whether there was any."""
        copy = self._copy
        if not copy.has_begun:
            return False
        if self._is_plain:
            caller.reply(Reply(copy.status, copy.headers, b"".join(copy.parts)))
            return True
        caller.begin(copy.status, copy.headers)
        caller.send(b"".join(copy.parts))
        if copy.is_whole:
            caller.finish()
        elif copy.last_words:
            caller.fail(copy.last_words)
        else:
            caller.abort()
        return True
