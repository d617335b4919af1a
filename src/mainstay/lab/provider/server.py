"""The fake provider on real sockets, all dialects on one port of loopback."""

import asyncio
import contextlib
import functools
import socket
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from mainstay.lab.provider.connection import Connection, Responder
from mainstay.lab.provider.control import control, is_control, wrong_header
from mainstay.lab.provider.desk import FaultDesk, Order
from mainstay.lab.provider.door import LOOPBACK, Door, DoorState
from mainstay.lab.provider.fault import FaultTextError, parse_fault
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.seen import RequestLog, RequestSeen
from mainstay.lab.provider.steps import Step

CONTROL_PORT_OFFSET = 10_000
"""The control port of a provider whose port was chosen by a person lies this much higher."""
PORT_MAX = 65_535
DEFAULT_PERSONALITY = Personality()


class FakeProvider:
    """A provider that fails on demand.

    `async with FakeProvider("primary", fault="overloaded") as provider:` serves on `provider.url` until the block
    ends. `name` is also the personality's. Port 0 takes any free port. Faults are written as in `parse_fault`.
    Making one raises `FaultTextError` for a fault that does not exist; entering raises `OSError` for a taken port.
    """

    def __init__(
        self, name: str = "primary", *, fault: str = "ok", port: int = 0, personality: Personality = DEFAULT_PERSONALITY
    ) -> None:
        self.name = name
        self._personality = msgspec.structs.replace(personality, name=name)
        self._port = port
        self._desk = FaultDesk(name, parse_fault(fault))
        self._log = RequestLog()
        self._connections: set[Connection] = set()
        self._accepting: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        main = Door(self._port, functools.partial(self._accept, self))
        try:
            second = _control_door(self._port, functools.partial(self._accept, _ControlOnly(self)))
        except OSError:
            main.close()
            raise
        second.set(DoorState.OPEN)
        self._doors = _Doors(main, second)
        self._settle_door()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for door in self._doors:
            door.close()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        connections = tuple(self._connections)
        for connection in connections:
            connection.reset()
        await asyncio.gather(*(connection.closed for connection in connections))

    @property
    def url(self) -> str:
        """Base URL (Anthropic's form; OpenAI's has `/v1` behind it)."""
        return f"http://{LOOPBACK}:{self._doors.main.port}"

    @property
    def control_url(self) -> str:
        """Base URL of a second port that serves `/lab` even while the provider refuses connections."""
        return f"http://{LOOPBACK}:{self._doors.control.port}"

    @property
    def requests(self) -> tuple[RequestSeen, ...]:
        """The last requests, oldest first."""
        return self._log.entries

    @property
    def request_count(self) -> int:
        """How many requests there ever were."""
        return self._log.count

    @property
    def orders(self) -> tuple[Order, ...]:
        """The faults in force."""
        return self._desk.orders

    def break_with(self, fault: str, count: int | None = None, *, key: str = "", model: str = "") -> None:
        """Put a fault in force: for the next `count` requests, or (`None`) until `heal`; perhaps only for requests
        with this credential or for this model. Raises `FaultTextError`."""
        self.place(Order(parse_fault(fault), count, key, model))

    def place(self, order: Order) -> None:
        """Put a fault in force."""
        self._desk.place(order)
        self._settle_door()

    def heal(self) -> None:
        """Take every fault back."""
        self._desk.clear()
        self._settle_door()

    def cut_now(self) -> int:
        """Reset every connection on which an answer is being given; how many there were."""
        busy = [connection for connection in self._connections if connection.is_busy]
        for connection in busy:
            connection.reset()
        return len(busy)

    def forget(self) -> None:
        """Forget the requests that were seen."""
        self._log.clear()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds; it is asked again whenever a request comes in or its answer ends."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def respond(self, request: ProviderRequest) -> tuple[list[Step], RequestSeen | None]:
        """Decide what is done with a request on the provider's own port."""
        if is_control(request):
            return control(request, self), None
        try:
            fault = self._desk.take(request)
        except FaultTextError as error:
            return wrong_header(str(error)), None
        seen = self._log.add(request, str(fault), self._loop.time())
        self._changed.set()
        return perform(request, fault, self._personality), seen

    def settled(self) -> None:
        """Wake those who wait for a condition."""
        self._changed.set()

    def _accept(self, responder: Responder, accepted: socket.socket) -> None:
        task = self._loop.create_task(self._connect(responder, accepted))
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)

    async def _connect(self, responder: Responder, accepted: socket.socket) -> None:
        _, connection = await self._loop.connect_accepted_socket(lambda: Connection(responder), accepted)
        self._connections.add(connection)
        connection.closed.add_done_callback(lambda _: self._connections.discard(connection))

    def _settle_door(self) -> None:
        fault = self._desk.lasting
        if fault.name == "refuse":
            state = DoorState.CLOSED
        elif fault.name == "stall" and fault.text("phase") == "connect":
            state = DoorState.SILENT
        else:
            state = DoorState.OPEN
        self._doors.main.set(state)
        if state is not DoorState.OPEN:
            self._close_idle()

    def _close_idle(self) -> None:
        for connection in self._connections:
            if connection.is_idle:
                connection.close()


class _Doors(NamedTuple):
    """The two ports of a running provider."""

    main: Door
    control: Door


class _ControlOnly:
    """Serves the `/lab` pages and nothing else."""

    def __init__(self, provider: FakeProvider) -> None:
        self._provider = provider

    def respond(self, request: ProviderRequest) -> tuple[list[Step], RequestSeen | None]:
        """Serve a page."""
        return control(request, self._provider), None

    def settled(self) -> None:
        """Nobody waits for a page."""


def _control_door(port: int, accept: Callable[[socket.socket], None]) -> Door:
    """On the port that people expect; where that cannot be had, on any."""
    expected = port + CONTROL_PORT_OFFSET
    if port and expected <= PORT_MAX:
        with contextlib.suppress(OSError):
            return Door(expected, accept)
    return Door(0, accept)
