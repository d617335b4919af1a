"""A caller who comes, listens, and leaves at will."""

from collections.abc import Callable

from mainstay.model.fault import Fault
from mainstay.model.http import Headers, Reply


class Listener:
    """A caller. As a connection does, it takes in nothing more once it was answered or has left."""

    def __init__(self) -> None:
        self.on_left: Callable[[], None] | None = None
        self.on_pause: Callable[[], None] | None = None
        self.on_resume: Callable[[], None] | None = None
        self.replies: list[Reply] = []
        self.faults: list[Fault] = []
        self.headers: Headers = ()
        self.body = b""
        self.begun = 0
        self.end = ""
        self.pauses_when_sent = False
        self.leaves_when_sent = False

    def reply(self, reply: Reply) -> None:
        if not self.end:
            assert not self.begun, "the response was begun already"
            self.replies.append(reply)
            self._over("reply")

    def begin(self, status: int, headers: Headers) -> None:
        if not self.end:
            assert not self.begun, "the response was begun already"
            self.begun, self.headers = status, headers

    def send(self, data: bytes) -> None:
        if not self.end:
            assert self.begun, "the response was not begun"
            self.body += data
            if self.pauses_when_sent:
                self.pause()
            if self.leaves_when_sent:
                self.leave()

    def finish(self) -> None:
        if not self.end:
            assert self.begun, "the response was not begun"
            self._over("finish")

    def fail(self, data: bytes) -> None:
        self.send(data)
        if not self.end:
            self._over("fail")

    def abort(self) -> None:
        if not self.end:
            self._over("abort")

    def refuse(self, fault: Fault) -> None:
        """Answered by the gateway with a fault."""
        assert not self.end
        assert not self.begun
        self.faults.append(fault)
        self._over("fault")

    def leave(self) -> None:
        left = self.on_left
        self._over("left")
        if left is not None:
            left()

    def pause(self) -> None:
        if self.on_pause is not None:
            self.on_pause()

    def resume(self) -> None:
        self.pauses_when_sent = False
        if self.on_resume is not None:
            self.on_resume()

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of the fault, of which there is one."""
        (fault,) = self.faults
        return fault.status, fault.code

    @property
    def answer(self) -> Reply:
        """The reply, of which there is one."""
        (reply,) = self.replies
        return reply

    def _over(self, how: str) -> None:
        self.end = how
        self.on_left = self.on_pause = self.on_resume = None
