"""The whole application: who reaches which page."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mainstay.control.people.roles import Role
from mainstay.control.playbooks.desk import Request as RunRequest
from mainstay.control.playbooks.writing import Author
from mainstay.control.web.access import ACCESS, Access, access_of
from mainstay.control.web.answers import is_for_programs
from mainstay.control.web.guard import Guard
from tests.control.office import Office
from tests.control.stand import Browser, Stand

NAMES = {Role.VIEWER: "vera", Role.OPERATOR: "otto", Role.ADMIN: "ada"}


def routes(app: ASGIApp) -> list[Route]:
    assert isinstance(app, Guard)
    assert isinstance(app.app, Starlette)
    return [route for route in app.app.routes if isinstance(route, Route)]


@pytest.fixture
def whole(peopled: Stand, office: Office) -> Stand:
    """With operations, an incident and a run."""
    office.incident()
    office.desk_of_playbooks.run(RunRequest("help"), Author("ann", "local"))
    return peopled


WHOLE: Access = access_of(has_operations=True, is_public=False)
THINGS = {"{name}": "alpha", "{id}": "INC-1", "{form}": "md", "{file:path}": "index.html"}


def place(path: str) -> str:
    """A path of the table, with things in it that there are."""
    for name, thing in THINGS.items():
        path = path.replace(name, "help" if name == "{name}" and "playbooks" in path else thing)
    return path.replace("/runs/INC-1", "/runs/RUN-1")


async def ask(browser: Browser, path: str, method: str) -> httpx.Response:
    """One request, with all that forms need."""
    path = place(path)
    if method == "GET":
        return await browser.get(path)
    return await browser.send_form(path, {}, page="/logout")


def test_the_table_and_the_routes_are_the_same(whole: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        assert {route.path for route in routes(app)} == set(WHOLE)

    whole.play(scene)


def test_without_operations_only_their_own_pages_are_there(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        assert {route.path for route in routes(app)} == set(ACCESS)

    peopled.play(scene)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_what_the_table_says_and_nothing_else(whole: Stand, role: Role) -> None:
    async def scene(app: ASGIApp) -> None:
        for route in routes(app):
            if route.path == "/live":
                continue
            for method in ("GET", "POST"):
                browser = Browser(app)
                assert (await browser.log_in(NAMES[role])).status_code == 303
                answer = await ask(browser, route.path, method)
                methods = WHOLE[route.path]
                least = methods.get(method)
                if method not in methods:
                    assert answer.status_code == 405, (route.path, method)
                elif least is not None and role < least:
                    assert answer.status_code == 403, (route.path, method)
                    assert f"takes the role {least.word}" in answer.text
                else:
                    assert "takes the role" not in answer.text
                    # A login without a name is refused, whoever sends it.
                    allowed = {"/login": (303, 401)}.get(route.path, (200, 202, 303, 308, 400, 404, 409, 503))
                    assert answer.status_code in allowed, (route.path, method)

    whole.play(scene)


def test_nobody_reaches_only_what_is_for_everybody(whole: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        for route in routes(app):
            browser = Browser(app)
            answer = await browser.get(place(route.path))
            needs = WHOLE[route.path].get("GET", Role.ADMIN)
            if "GET" not in WHOLE[route.path]:
                assert answer.status_code == 405
            elif needs is None:
                assert answer.status_code in (200, 403, 404), route.path
            elif is_for_programs(route.path):
                assert answer.status_code == 401
                assert answer.json()["error"]["code"] == "not_logged_in"
            else:
                assert answer.status_code == 303, route.path
                assert answer.headers["location"].startswith("/login")

    whole.play(scene)


def test_a_route_that_somebody_forgot_to_put_in_the_table_cannot_be_reached(peopled: Stand) -> None:
    async def secret(_request: Request) -> Response:
        return PlainTextResponse("a secret")

    async def scene(app: ASGIApp) -> None:
        assert isinstance(app, Guard)
        assert isinstance(app.app, Starlette)
        app.app.router.routes.append(Route("/secret", secret))
        browser = Browser(app)
        await browser.log_in("ada")
        answer = await browser.get("/secret")
        assert answer.status_code == 404
        assert "a secret" not in answer.text

    peopled.play(scene)


@pytest.mark.parametrize("path", ["//people", "/people/", "/People", "/./people", "/people%2f", "/static/../people"])
def test_another_spelling_of_a_path_is_no_way_around_the_table(peopled: Stand, path: str) -> None:
    async def scene(app: ASGIApp) -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8485") as client:
            url = httpx.URL("http://127.0.0.1:8485", raw_path=path.encode())
            answer = await client.request("GET", url)
        assert answer.status_code in (303, 404)
        assert "ada" not in answer.text

    peopled.play(scene)


def test_what_is_no_http_is_not_served(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        sent: list[object] = []

        async def send(message: object) -> None:
            sent.append(message)

        async def receive() -> dict[str, object]:
            await asyncio.sleep(0)
            return {"type": "websocket.connect"}

        await app({"type": "websocket", "path": "/", "headers": []}, receive, send)
        assert sent == []

    peopled.play(scene)
