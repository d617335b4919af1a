"""One try to get a token: performs a source's requests one after the other, each within its bounds. Callback-driven."""

from collections.abc import Callable

from mainstay.gateway.alarms import Clock, Timer
from mainstay.gateway.driver import UpstreamAttempt
from mainstay.gateway.tokens.client import IdentityServices
from mainstay.gateway.tokens.reading import words
from mainstay.gateway.tokens.source import Asking, Response, Token, Trouble
from mainstay.model.commands import Open
from mainstay.model.events import Broke, Chunk, Ended, Event, Opened
from mainstay.model.http import Outgoing

CONNECT_SECONDS = 5.0
REQUEST_SECONDS = 20.0
"""From opening a request to the last byte of its response."""
BODY_BYTES_MAX = 1_048_576
REQUESTS_MAX = 8

Outcome = Token | Trouble


class Renewal:
    """Runs until `done` is called, once, or until it is cancelled."""

    def __init__(
        self, asking: Asking, name: str, services: IdentityServices, clock: Clock, done: Callable[[Outcome], None]
    ) -> None:
        """`name` says for whom, in the commands of the requests."""
        self._asking = asking
        self._name = name
        self._services = services
        self._clock = clock
        self._done: Callable[[Outcome], None] | None = done
        self._attempt: UpstreamAttempt | None = None
        self._timer: Timer | None = None
        self._number = 0
        self._head: Opened | None = None
        self._body = bytearray()

    def start(self) -> None:
        """Send the first request. `done` may be called before this returns."""
        self._go_on(None)

    def cancel(self) -> None:
        """Stop; `done` will not be called."""
        self._done = None
        self._end_request()
        self._asking.close()

    def _go_on(self, response: Response | None) -> None:
        try:
            request = next(self._asking) if response is None else self._asking.send(response)
        except StopIteration as end:
            outcome: Outcome = end.value
            self._finish(outcome)
        except Exception as error:  # noqa: BLE001 - a defect of ours must not end all renewals
            self._finish(Trouble(f"a defect of ours: {type(error).__name__}"))
        else:
            self._open(request)

    def _open(self, request: Outgoing) -> None:
        self._number += 1
        if self._number > REQUESTS_MAX:
            self._finish(Trouble("too many requests for one token"))
            return
        self._head = None
        self._body.clear()
        number = self._number
        self._timer = self._clock.call_at(self._clock.time() + REQUEST_SECONDS, self._too_late)
        command = Open(
            number, self._name, request.url, request.headers, request.body, CONNECT_SECONDS, method=request.method
        )
        self._attempt = self._services.open(command, self._deliver)

    def _deliver(self, event: Event) -> None:
        if self._done is None or (isinstance(event, Opened | Chunk | Ended | Broke) and event.attempt != self._number):
            return
        match event:
            case Opened(data=data, ended=ended):
                self._head = event
                self._take(data, ended=ended)
            case Chunk(data=data):
                self._take(data, ended=False)
            case Ended():
                self._take(b"", ended=True)
            case Broke(how=how, detail=detail):
                self._finish(Trouble(f"the identity service cannot be reached: {how.value} {words(detail)}".rstrip()))
            case _:
                pass

    def _take(self, data: bytes, *, ended: bool) -> None:
        self._body += data
        if len(self._body) > BODY_BYTES_MAX:
            self._finish(Trouble(f"the identity service answered with more than {BODY_BYTES_MAX} bytes"))
        elif ended and self._head is not None:
            response = Response(self._head.status, self._head.headers, bytes(self._body))
            self._attempt = None
            self._end_request()
            self._go_on(response)

    def _too_late(self) -> None:
        self._timer = None
        self._finish(Trouble(f"the identity service did not answer within {REQUEST_SECONDS:.0f} seconds"))

    def _finish(self, outcome: Outcome) -> None:
        done, self._done = self._done, None
        self._end_request()
        self._asking.close()
        if done is not None:
            done(outcome)

    def _end_request(self) -> None:
        """The timer and a request that still runs."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._attempt is not None:
            self._attempt.cancel()
            self._attempt = None
