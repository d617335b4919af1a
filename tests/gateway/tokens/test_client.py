import asyncio

import pytest

from mainstay.gateway.http.origin import Origin
from mainstay.gateway.http.proxies import Proxies
from mainstay.gateway.tokens.client import IdentityClient
from mainstay.model.commands import Open
from tests.gateway.doubles import FakeUpstreams
from tests.gateway.http.conftest import PATIENCE_SECONDS, Events, Visit, order, upstream

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def test_https_goes_through_the_gateways_own_client() -> None:
    async def play() -> None:
        shared = FakeUpstreams([])
        client = IdentityClient(shared)
        client.open(order("https://sts.googleapis.com/v1/token"), Events())
        assert [attempt.command.url for attempt in shared.attempts] == ["https://sts.googleapis.com/v1/token"]
        await client.close()

    asyncio.run(play())


def test_plain_http_goes_past_it_and_knows_every_method() -> None:
    heard: list[bytes] = []

    async def note(visit: Visit) -> None:
        heard.append((await visit.request()).partition(b"\r\n")[0])
        await visit.say(PLAIN)

    async def play() -> None:
        shared = FakeUpstreams([])
        client = IdentityClient(shared)
        async with upstream(note) as service:
            for method in ("GET", "PUT", "POST"):
                events = Events()
                command = Open(1, "bedrock", f"{service.url}/latest/api/token", (), b"", 5.0, method=method)
                client.open(command, events)
                await asyncio.wait_for(events.end(), PATIENCE_SECONDS)
                assert events.body == b"hello"
            await client.close()
        assert shared.attempts == []

    asyncio.run(play())
    assert heard == [f"{method} /latest/api/token HTTP/1.1".encode() for method in ("GET", "PUT", "POST")]


def test_a_proxy_of_the_environment_is_not_asked_for_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async def play() -> None:
        client = IdentityClient(FakeUpstreams([]))
        metadata = Origin("http", "169.254.169.254", 80)
        assert Proxies.from_environment().proxy_for(metadata) is not None
        assert client._direct._proxies.proxy_for(metadata) is None
        await client.close()

    asyncio.run(play())
