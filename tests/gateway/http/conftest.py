"""Raw sockets on either side of our HTTP: callers that may say anything, upstreams that do what a script says."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol, TypeVar

import pytest
import uvloop

from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.http.connection import Connection
from mainstay.gateway.http.limits import ClientLimits, ServerLimits
from mainstay.gateway.http.proxies import Proxies
from mainstay.gateway.http.request import Request
from mainstay.gateway.http.responder import Responder
from mainstay.gateway.http.server import Server
from mainstay.model.commands import Open
from mainstay.model.events import Broke, Chunk, Event, Opened
from mainstay.model.http import Headers, Reply

PATIENCE_SECONDS = 20.0
"""How long a test waits for something to happen before it fails; never how long it takes."""

T = TypeVar("T")


class Run(Protocol):
    def __call__(self, coroutine: Coroutine[object, object, T]) -> T: ...


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Runs a coroutine on an event loop, on each of the two kinds."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:

        def run_it(coroutine: Coroutine[object, object, T]) -> T:
            return runner.run(asyncio.wait_for(coroutine, PATIENCE_SECONDS))

        yield run_it


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop go on until something is true."""
    while not condition():  # noqa: ASYNC110 - conditions on the other side's state, which announces nothing
        await asyncio.sleep(0.001)


async def turns() -> None:
    """Let everybody on the event loop act on what is there, several times over. No time passes."""
    for _ in range(20):
        await asyncio.sleep(0)


# -- the server and its callers


def refuse(path: str, status: int, code: str, message: str) -> Reply:
    return Reply(status, (("content-type", "text/plain"),), f"{path}|{code}|{message}".encode())


class Desk:
    """A handler that keeps what it is given, for the test to answer."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.responders: list[Responder] = []
        self.left = 0
        self.reports: list[str] = []

    def __call__(self, request: Request, responder: Responder) -> None:
        self.requests.append(request)
        self.responders.append(responder)
        responder.on_left = self.note_left

    def note_left(self) -> None:
        self.left += 1

    async def next(self, number: int) -> Responder:
        """The responder of request number 1, 2, ..., when it is there."""
        await until(lambda: len(self.responders) >= number)
        return self.responders[number - 1]


def echo(request: Request, responder: Responder) -> None:
    """Answers at once with method, path and body."""
    responder.reply(Reply(200, (), f"{request.method} {request.path} ".encode() + request.body))


@asynccontextmanager
async def serving(
    handler: Callable[[Request, Responder], None],
    limits: ServerLimits | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[Server]:
    """A server whose own sweep never comes, so that the test says what time it is."""
    server = Server(handler, refuse, report, limits or ServerLimits(sweep_seconds=3_600))
    server.start()
    try:
        yield server
    finally:
        await server.drain(0)


def connections(server: Server) -> list[Connection]:
    """The server's side of its connections."""
    service = server._service
    return [one for one in service.connections if isinstance(one, Connection)] if service is not None else []


class Answer:
    """A response as a caller sees it."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = dict(line.split(": ", 1) for line in lines if line)
        self.body = body


class Caller:
    """A caller on a raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def read_head(self) -> Answer:
        return Answer((await self.reader.readuntil(b"\r\n\r\n"))[:-2], b"")

    async def answer(self, *, to_head: bool = False) -> Answer:
        """Read one response with a content-length."""
        answer = await self.read_head()
        if not to_head:
            answer.body = await self.reader.readexactly(int(answer.headers["content-length"]))
        return answer

    async def chunk(self) -> bytes:
        """Read one chunk; the last one is empty."""
        size = int(await self.reader.readline(), 16)
        return (await self.reader.readexactly(size + 2))[:-2]

    async def rest(self) -> bytes:
        """Everything until the connection ends."""
        return await self.reader.read()


@asynccontextmanager
async def calling(server: Server) -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**22)
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def get(path: str = "/", extra: bytes = b"") -> bytes:
    return b"GET " + path.encode() + b" HTTP/1.1\r\nHost: gateway\r\n" + extra + b"\r\n"


def post(body: bytes, path: str = "/") -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: gateway\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(body)) + body


# -- the client and its upstreams


class Visit:
    """One connection to a scripted upstream."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.reader = reader
        self.writer = writer

    async def request(self) -> bytes:
        """Read one request, head and body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next((line[15:] for line in head.split(b"\r\n") if line.startswith(b"content-length:")), b"0")
        return head + await self.reader.readexactly(int(length))

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def gone(self) -> None:
        """Wait until the client has closed the connection."""
        with suppress(ConnectionError):
            while await self.reader.read(65_536):
                pass

    def reset(self) -> None:
        """End the connection with a reset."""
        connected: socket.socket = self.writer.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Visit], Awaitable[None]]


class ScriptedUpstream:
    """Runs the script once per connection."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.visits = 0
        self.failures: list[BaseException] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        try:
            await self.script(Visit(self.visits, reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as failure:  # noqa: BLE001 - told to the test when the upstream closes
            self.failures.append(failure)
        finally:
            writer.close()


@asynccontextmanager
async def upstream(script: Script) -> AsyncIterator[ScriptedUpstream]:
    one = ScriptedUpstream(script)
    listener = await asyncio.start_server(one.visited, "127.0.0.1", 0)
    one.port = listener.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        listener.close()
    assert one.failures == []


def says(*parts: bytes) -> Script:
    """A script that answers each request of a connection with these packets."""

    async def script(visit: Visit) -> None:
        while True:
            await visit.request()
            for part in parts:
                await visit.say(part)

    return script


class Events:
    """What an attempt delivered."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self.changed = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.all.append(event)
        self.changed.set()

    async def wait_for(self, kind: type[Event]) -> None:
        while kind.__name__ not in self.kinds:
            self.changed.clear()
            await self.changed.wait()

    async def end(self) -> "Events":
        """Wait for the attempt's last event."""
        while not self.kinds or self.kinds[-1] not in {"Ended", "Broke"}:
            self.changed.clear()
            await self.changed.wait()
        return self

    @property
    def kinds(self) -> list[str]:
        """What was told, one word each; what came together with the response header is told apart."""
        words: list[str] = []
        for event in self.all:
            words.append(type(event).__name__)
            if isinstance(event, Opened):
                words += ["Chunk"] * bool(event.data) + ["Ended"] * event.ended
        return words

    @property
    def opened(self) -> Opened:
        return next(event for event in self.all if isinstance(event, Opened))

    @property
    def broke(self) -> Broke:
        return next(event for event in self.all if isinstance(event, Broke))

    @property
    def body(self) -> bytes:
        return b"".join(event.data for event in self.all if isinstance(event, Chunk | Opened))


def order(
    url: str, body: bytes = b"{}", headers: Headers = (), connect_seconds: float = 10.0, method: str = "POST"
) -> Open:
    return Open(1, "upstream", url, headers, body, connect_seconds, method)


@asynccontextmanager
async def client(limits: ClientLimits | None = None, proxies: Proxies | None = None) -> AsyncIterator[UpstreamClient]:
    one = UpstreamClient(limits, proxies=proxies or Proxies({}))
    try:
        yield one
    finally:
        await one.close()
