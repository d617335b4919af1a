import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from mainstay.control.people import fetching
from mainstay.control.people.fetching import ANSWER_BYTES_MAX, Fetched, IssuerDownError, fetch


def run(handler: httpx.MockTransport, url: str = "https://id.example.com/x") -> Fetched:
    async def scene() -> Fetched:
        async with httpx.AsyncClient(transport=handler) as client:
            return await fetch(client, url)

    return asyncio.run(scene())


def answering(status: int, body: bytes = b"") -> httpx.MockTransport:
    return httpx.MockTransport(lambda _request: httpx.Response(status, content=body))


def test_an_answer_comes_whole() -> None:
    assert run(answering(200, b"text")) == Fetched(200, b"text")
    assert run(answering(200)).is_success
    assert not run(answering(404)).is_success


def test_a_redirect_is_not_followed() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(302, headers={"location": "https://elsewhere"}))
    assert run(transport).status == 302


def test_a_server_error_is_an_outage() -> None:
    with pytest.raises(IssuerDownError, match="it answers 503"):
        run(answering(503))


def test_an_endless_answer_is_cut() -> None:
    class Endless(httpx.AsyncByteStream):
        def __init__(self) -> None:
            self.given = 0

        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                self.given += 65_536
                yield b"x" * 65_536

    endless = Endless()
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, stream=endless))
    with pytest.raises(IssuerDownError, match="more than"):
        run(transport)
    assert endless.given <= ANSWER_BYTES_MAX + 131_072


def test_a_server_that_says_nothing_is_waited_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "ANSWER_SECONDS", 0.01)

    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(200)

    with pytest.raises(IssuerDownError, match="TimeoutError"):
        run(httpx.MockTransport(never))


def test_nobody_there_is_an_outage_and_the_message_holds_no_address() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("to https://user:secret@id", request=request)

    with pytest.raises(IssuerDownError) as caught:
        run(httpx.MockTransport(broken))
    assert str(caught.value) == "no answer from it (ConnectError)"


def test_what_is_no_url_is_an_outage() -> None:
    with pytest.raises(IssuerDownError):
        run(answering(200), "https://host:port")
