"""Latency under a load that does not wait: requests leave by a timetable made beforehand, answered or not.

Latency counts from the instant of the timetable, not from the instant of sending, so a late answer cannot hide the
requests behind it (no "coordinated omission").
"""

import asyncio
import gc
import random
import select
import selectors
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar, cast

import httptools
import msgspec

CONNECTIONS_AT_START = 64
CONNECTIONS_MAX = 2_000
PATIENCE_SECONDS = 10.0

Result = TypeVar("Result")
Action = tuple[float, Callable[[], None]]
"""How long after the start, and what is to be done; it must not raise."""


class Arrival(msgspec.Struct, frozen=True):
    """One request of a timetable: how long after the start, and its bytes. `label` sorts the answers."""

    at_seconds: float
    request: bytes
    label: str = ""


class Sample(msgspec.Struct, frozen=True):
    """One answer. `lateness_seconds`: how far behind the timetable the generator itself was."""

    label: str
    status: int
    attempts: int
    latency_seconds: float
    lateness_seconds: float


class OpenLoopOutcome(msgspec.Struct, frozen=True):
    """All answers, and how many requests got none."""

    samples: tuple[Sample, ...]
    unanswered: int


def random_arrivals(rate: float, seconds: float, request: bytes, seed: int) -> list[Arrival]:
    """A timetable with independent arrivals (Poisson) at this rate; the same seed gives the same one."""
    dice = random.Random(seed)  # noqa: S311 - arrivals, no secret
    arrivals: list[Arrival] = []
    at = dice.expovariate(rate)
    while at < seconds:
        arrivals.append(Arrival(at, request))
        at += dice.expovariate(rate)
    return arrivals


class _Caller(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._arrival: Arrival | None = None
        self._due = 0.0
        self._sent = 0.0
        self._attempts = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._load.lost(self, unanswered=self._arrival is not None)

    def ask(self, arrival: Arrival, due: float, now: float) -> None:
        self._arrival, self._due, self._sent, self._attempts = arrival, due, now, 0
        self.transport.write(arrival.request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name == b"x-mainstay-attempts":
            self._attempts = int(value)

    def on_message_complete(self) -> None:
        now = asyncio.get_running_loop().time()
        arrival, self._arrival = self._arrival, None
        assert arrival is not None, "an answer without a request"  # noqa: S101 - wrong input would spoil the figures
        late = self._sent - self._due
        status = self._parser.get_status_code()
        self._load.answered(self, Sample(arrival.label, status, self._attempts, now - self._due, late))
        self._parser = httptools.HttpResponseParser(self)


class _Load:
    """Sends one timetable to one port."""

    def __init__(self, port: int, timetable: Sequence[Arrival], actions: Sequence[Action]) -> None:
        self._port = port
        self._timetable = timetable
        self._actions = actions
        self._next = 0
        self._started_at = 0.0
        self._idle: list[_Caller] = []
        self._all: set[_Caller] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._samples: list[Sample] = []
        self._unanswered = 0
        self._over = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def run(self) -> OpenLoopOutcome:
        for _ in range(CONNECTIONS_AT_START):
            self._idle.append(await self._connect())
        self._started_at = self._loop.time() + 0.01
        # In threads: whatever they take, the timetable goes on.
        acting = [
            self._loop.call_at(self._started_at + at, self._loop.run_in_executor, None, action)
            for at, action in self._actions
        ]
        self._wait()
        length = self._timetable[-1].at_seconds + PATIENCE_SECONDS
        try:
            await asyncio.wait_for(self._over.wait(), length)
        except TimeoutError:
            self._unanswered = len(self._timetable) - len(self._samples)
        for one in acting:
            one.cancel()
        for caller in tuple(self._all):
            caller.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return OpenLoopOutcome(tuple(self._samples), self._unanswered)

    def answered(self, caller: _Caller, sample: Sample) -> None:
        self._samples.append(sample)
        self._idle.append(caller)
        self._check()

    def lost(self, caller: _Caller, *, unanswered: bool) -> None:
        self._all.discard(caller)
        if caller in self._idle:
            self._idle.remove(caller)
        self._unanswered += unanswered
        self._check()

    def _check(self) -> None:
        if len(self._samples) + self._unanswered >= len(self._timetable):
            self._over.set()

    def _wait(self) -> None:
        if self._next < len(self._timetable):
            self._loop.call_at(self._started_at + self._timetable[self._next].at_seconds, self._send_due)

    def _send_due(self) -> None:
        now = self._loop.time()
        while self._next < len(self._timetable):
            arrival = self._timetable[self._next]
            due = self._started_at + arrival.at_seconds
            if due > now:
                break
            self._next += 1
            if self._idle:
                self._idle.pop().ask(arrival, due, now)
            else:
                self._ask_on_new_connection(arrival, due)
        self._wait()

    def _ask_on_new_connection(self, arrival: Arrival, due: float) -> None:
        if len(self._all) >= CONNECTIONS_MAX:
            self._unanswered += 1
            self._check()
            return
        task = self._loop.create_task(self._connect_and_ask(arrival, due))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect_and_ask(self, arrival: Arrival, due: float) -> None:
        try:
            caller = await self._connect()
        except OSError:
            self._unanswered += 1
            self._check()
        else:
            caller.ask(arrival, due, self._loop.time())

    async def _connect(self) -> _Caller:
        _, caller = await self._loop.create_connection(lambda: _Caller(self), "127.0.0.1", self._port)
        self._all.add(caller)
        return caller


class _PreciseSelector(selectors.EpollSelector):
    """An epoll that can wait for microseconds. Epoll's own time-out counts whole milliseconds, `select` does not; and
    an epoll is itself something to select on."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            select.select([self.fileno()], [], [], timeout)
        return super().select(0)


def run_precisely(main: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine in an event loop whose timers are exact to some ten microseconds, without garbage collection."""
    gc.collect()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(_PreciseSelector())) as runner:
            return runner.run(main())
    finally:
        gc.enable()


def send_timetable(port: int, timetable: Sequence[Arrival], actions: Sequence[Action] = ()) -> OpenLoopOutcome:
    """Send all requests of a timetable (not empty) to a port of the loopback interface, and do meanwhile what is to be
    done so many seconds after the start."""

    async def send() -> OpenLoopOutcome:
        return await _Load(port, timetable, actions).run()

    return run_precisely(send)
