"""Flights: identical requests at the same time share one exchange. One leads, all follow its draft, each at a pace of
its own; the exchange ends early only when all of them have left.

Where the leader's exchange comes to nothing before anything was said, those who followed it ask once more: one of them
leads, the others follow that one. They do not become a herd.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from mainstay.engine.caching.answer import HEADER
from mainstay.gateway.cache.copying import Absentee
from mainstay.gateway.driver import Caller
from mainstay.gateway.repeating import ERRORS_FROM, MarkedCaller, Over
from mainstay.gateway.runs import Run
from mainstay.model.http import Headers, Reply

FLIGHTS_MAX: Final = 10_000
SAME_FOR_ALL: Final = frozenset({400, 404, 405, 413, 422})
"""What a request itself deserves: asking again would change nothing."""
Key = tuple[bytes, str]
"""The name of the answer and the workload: who is to be served first must not follow who may wait."""


class Flight(msgspec.Struct):
    """One exchange and how many follow it."""

    exchange: str
    deadline: float
    """When its exchange must be over, by the event loop's clock."""
    absentee: Absentee
    run: Run | None = None
    passengers: int = 0

    def board(self) -> Callable[[], None]:
        """One more follows; call what is given when not any more."""
        self.passengers += 1
        return self._leave

    def _leave(self) -> None:
        self.passengers -= 1
        if not self.passengers and self.run is not None and not self.run.caller.is_over:
            self.absentee.leave()


class Flights:
    """One worker's."""

    def __init__(self) -> None:
        """Nobody is on the way."""
        self._flights: dict[Key, Flight] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def find(self, key: Key, deadline: float) -> Flight | None:
        """A flight that can be joined by somebody who must be answered by `deadline`."""
        flight = self._flights.get(key)
        if flight is None or flight.run is None or flight.run.caller.is_over or flight.run.draft.tail_lost:
            return None
        return flight if flight.deadline <= deadline else None

    def add(self, key: Key, flight: Flight, run: Run) -> None:
        """A flight that others may join until it is over."""
        flight.run = run
        if len(self._flights) < FLIGHTS_MAX:
            self._flights[key] = flight
            run.caller.when_over(lambda: self._over(key, flight))

    def _over(self, key: Key, flight: Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


class Passenger(MarkedCaller):
    """`driver.Caller` of somebody on a flight."""

    def __init__(
        self,
        caller: Caller,
        mark: str,
        over: Over,
        gone: Callable[[], None],
        again: Callable[[Reply | None], bool] | None = None,
    ) -> None:
        """`over` tells how it ended, `gone` is called when it does not follow any more. `again` is asked before an
        error is handed on (`None`: one without words); where it says yes, the caller is served otherwise."""
        super().__init__(caller, mark, over, header=HEADER)
        self._gone: Callable[[], None] | None = gone
        self._again = again
        self._has_begun = False
        self._head: tuple[int, Headers] | None = None

    def reply(self, reply: Reply) -> None:
        """A whole response."""
        if reply.status >= ERRORS_FROM and self._is_served_otherwise(reply):
            return
        super().reply(reply)

    def begin(self, status: int, headers: Headers) -> None:
        """A streamed response begins. That is told with its first bytes: where its exchange ends without any, it may
        never have been one."""
        self._head = (status, headers)

    def send(self, data: bytes) -> None:
        """Bytes of the streamed response."""
        self._begin()
        super().send(data)

    def finish(self) -> None:
        """The streamed response ends cleanly."""
        self._begin()
        super().finish()

    def fail(self, data: bytes) -> None:
        """The last words of a streamed response that is not whole."""
        self._begin()
        super().fail(data)

    def abort(self) -> None:
        """The connection is cut."""
        if self._has_begun or not self._is_served_otherwise(None):
            super().abort()

    def release(self) -> None:
        """It follows no more, and nothing is to be told of it."""
        self._over = None
        self._let_go()

    def _begin(self) -> None:
        head, self._head = self._head, None
        if head is not None:
            self._has_begun = True
            super().begin(*head)

    def _is_served_otherwise(self, reply: Reply | None) -> bool:
        if self._again is None or not self._again(reply):
            return False
        self.release()
        return True

    def _marked(self, headers: Headers) -> Headers:
        has_mark = any(name == HEADER for name, _ in headers)
        return headers if has_mark else super()._marked(headers)

    def _end(self, outcome: str) -> None:
        super()._end(outcome)
        self._let_go()

    def _let_go(self) -> None:
        gone, self._gone = self._gone, None
        if gone is not None:
            gone()
