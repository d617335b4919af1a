import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from mainstay.config.address import Address
from mainstay.control import gateway_glance
from mainstay.control.gateway_glance import FRESH_SECONDS, UPSTREAMS_SHOWN_MAX, GatewayGlance, GatewayState

READY = b'{"status": "ready", "version": "1", "upstreams": {"alpha": "closed"}, "journal": {"pending": 0}}'


class Scene:
    """A gateway that answers as it is told, and a clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self.body: bytes | None = READY

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if self.body is None:
            raise httpx.ConnectError("down", request=request)
        return httpx.Response(200, content=self.body)

    def play(self, play: Callable[[GatewayGlance], Awaitable[None]], address: str = "127.0.0.1") -> None:
        async def work() -> None:
            async with httpx.AsyncClient(transport=httpx.MockTransport(self._answer)) as client:
                await play(GatewayGlance(Address(address, 8484), client, lambda: self.now))

        asyncio.run(work())


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_gateways_state_is_told(scene: Scene) -> None:
    async def play(glance: GatewayGlance) -> None:
        found = await glance()
        assert found.state == GatewayState("ready", "1", {"alpha": "closed"})
        assert (found.address, found.trouble, found.age_seconds) == ("127.0.0.1:8484", None, 0.0)

    scene.play(play)
    assert scene.asked == ["http://127.0.0.1:8484/readyz"]


@pytest.mark.parametrize(("listen", "asked"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]")])  # noqa: S104
def test_a_gateway_that_listens_everywhere_is_asked_on_this_machine(scene: Scene, listen: str, asked: str) -> None:
    async def play(glance: GatewayGlance) -> None:
        await glance()

    scene.play(play, listen)
    assert scene.asked == [f"http://{asked}:8484/readyz"]


def test_while_it_does_not_answer_its_last_state_is_shown_with_its_age(scene: Scene) -> None:
    async def play(glance: GatewayGlance) -> None:
        await glance()
        scene.body = None
        scene.now += 90
        found = await glance()
        assert found.state is not None
        assert (found.age_seconds, found.trouble) == (90, "does not answer (ConnectError)")
        scene.body = READY
        scene.now += 10
        found = await glance()
        assert (found.age_seconds, found.trouble) == (0, None)

    scene.play(play)


def test_one_that_never_answered_is_unknown(scene: Scene) -> None:
    async def play(glance: GatewayGlance) -> None:
        scene.body = None
        found = await glance()
        assert (found.state, found.age_seconds) == (None, 0.0)

    scene.play(play)


def test_it_is_asked_once_however_many_look(scene: Scene) -> None:
    async def play(glance: GatewayGlance) -> None:
        await asyncio.gather(*[glance() for _ in range(50)])
        assert len(scene.asked) == 1
        scene.now += FRESH_SECONDS
        await asyncio.gather(*[glance() for _ in range(50)])
        assert len(scene.asked) == 2

    scene.play(play)


def test_a_paused_gateway_holds_nobody_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_glance, "ANSWER_SECONDS", 0.01)

    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(200)

    async def work() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(never)) as client:
            glance = GatewayGlance(Address("127.0.0.1", 8484), client, lambda: scene.now)
            found = await asyncio.gather(*[glance() for _ in range(20)])
            assert {one.trouble for one in found} == {"does not answer (TimeoutError)"}

    asyncio.run(work())


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"status": 7}', b'{"upstreams": []}', b"[" * 100_000])
def test_another_program_on_its_address_is_told(scene: Scene, body: bytes) -> None:
    async def play(glance: GatewayGlance) -> None:
        scene.body = body
        assert (await glance()).trouble == "answers something that no gateway says"

    scene.play(play)


def test_what_it_says_is_bounded(scene: Scene) -> None:
    async def play(glance: GatewayGlance) -> None:
        names = ", ".join(f'"{"x" * 300}{number}": "open"' for number in range(1_000))
        scene.body = f'{{"status": "{"s" * 5_000}", "upstreams": {{{names}, "a": "closed"}}}}'.encode()
        state = (await glance()).state
        assert state is not None
        assert len(state.status) == 200
        assert len(state.upstreams) <= UPSTREAMS_SHOWN_MAX
        assert all(len(name) <= 200 for name in state.upstreams)

    scene.play(play)


def test_an_answer_without_end_is_cut(scene: Scene) -> None:
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b" " * 65_536

    async def work() -> None:
        transport = httpx.MockTransport(lambda _request: httpx.Response(200, stream=Endless()))
        async with httpx.AsyncClient(transport=transport) as client:
            glance = GatewayGlance(Address("127.0.0.1", 8484), client, lambda: scene.now)
            assert (await glance()).trouble == "answers something that no gateway says"

    asyncio.run(work())
