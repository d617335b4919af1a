"""News for open pages."""

import asyncio
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Message

from mainstay.control.web import live as live_module
from mainstay.control.web.answers import Answers
from mainstay.control.web.live import CONNECTION_SECONDS, LISTENERS_MAX, QUIET_SECONDS, Live


class World:
    """Seconds pass when the endpoint sleeps; a script says what happens in which."""

    def __init__(self, script: Callable[["World", int], None]) -> None:
        self.pulse = "a"
        self.is_draining = False
        self.seconds = 0
        self._script = script

    async def sleep(self, seconds: float) -> None:
        assert seconds == live_module.LOOK_SECONDS
        self.seconds += 1
        self._script(self, self.seconds)

    def live(self) -> Live:
        answers = Answers("1", has_provider=False)
        return Live(lambda: self.pulse, lambda: self.is_draining, answers, self.sleep)


def told(live: Live) -> tuple[int, str]:
    """What a page that listens hears until the connection ends."""
    sent: list[Message] = []
    app = Starlette(routes=[Route("/live", live.endpoint)])

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("nobody leaves")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/live", "query_string": b"", "headers": [], "app": app}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:]).decode()


def test_a_change_is_told_once() -> None:
    def script(world: World, second: int) -> None:
        if second == 2:
            world.pulse = "b"
        world.is_draining = second == 4

    _, text = told(World(script).live())
    assert text == "retry: 2000\n\nevent: changed\ndata: 1\n\n"


def test_a_quiet_connection_is_kept_open_and_ends_in_time() -> None:
    world = World(lambda *_: None)
    _, text = told(world.live())
    assert world.seconds == CONNECTION_SECONDS
    assert text.count(": quiet") == CONNECTION_SECONDS // QUIET_SECONDS
    assert "changed" not in text


def test_when_the_control_plane_stops_the_page_is_let_go() -> None:
    def script(world: World, second: int) -> None:
        world.is_draining = second == 1

    world = World(script)
    told(world.live())
    assert world.seconds == 1


def test_beyond_so_many_pages_the_next_one_is_refused() -> None:
    live = World(lambda *_: None).live()
    live._listeners = LISTENERS_MAX
    status, _ = told(live)
    assert status == 503


def test_whoever_has_gone_leaves_room() -> None:
    live = World(lambda *_: None).live()
    told(live)
    assert live._listeners == 0
