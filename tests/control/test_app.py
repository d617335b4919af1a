import asyncio
from collections.abc import MutableMapping
from typing import Any

import msgspec
import pytest
from starlette.types import ASGIApp

from mainstay.control.app import control_app

Message = MutableMapping[str, Any]


def ask(app: ASGIApp, path: str, method: str = "GET") -> tuple[int, dict[str, str], dict[str, object]]:
    """One request as an ASGI server would bring it: status, headers and JSON body of the answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": [], "root_path": ""}

    async def call() -> None:
        await app(scope, receive, send)

    asyncio.run(call())
    start, *rest = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    content = b"".join(message.get("body", b"") for message in rest)
    return start["status"], headers, msgspec.json.decode(content, type=dict[str, object]) if content else {}


@pytest.fixture
def app() -> ASGIApp:
    return control_app("1.2.3", is_draining=lambda: False)


def test_it_lives(app: ASGIApp) -> None:
    status, headers, body = ask(app, "/livez")
    assert (status, body) == (200, {"status": "ok"})
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"


def test_it_is_ready(app: ASGIApp) -> None:
    assert ask(app, "/readyz")[::2] == (200, {"status": "ready", "version": "1.2.3"})


def test_it_tells_its_version(app: ASGIApp) -> None:
    assert ask(app, "/version")[::2] == (200, {"name": "mainstay", "version": "1.2.3"})


def test_while_draining_it_lives_but_is_not_ready() -> None:
    state = {"draining": False}
    app = control_app("1.2.3", is_draining=lambda: state["draining"])
    assert ask(app, "/readyz")[0] == 200
    state["draining"] = True
    assert ask(app, "/readyz")[::2] == (503, {"status": "draining", "version": "1.2.3"})
    assert ask(app, "/livez")[0] == 200


def test_an_unknown_page_names_those_that_exist(app: ASGIApp) -> None:
    status, _, body = ask(app, "/status")
    assert status == 404
    assert "/livez, /readyz and /version" in str(body["error"])


def test_pages_can_only_be_read(app: ASGIApp) -> None:
    status, headers, _ = ask(app, "/version", "POST")
    assert status == 405
    assert headers["allow"] == "GET, HEAD"
    assert ask(app, "/version", "HEAD")[0] == 200
