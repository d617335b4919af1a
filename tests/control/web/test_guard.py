"""What stands between a request and a page."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from mainstay.control.people.roles import Role
from mainstay.control.people.sessions import LIFE_SECONDS, RENEW_SECONDS
from mainstay.control.web import guard as guard_module
from mainstay.control.web.guard import BODY_BYTES_MAX, SECURITY_HEADERS, Guard
from tests.control.stand import PASSWORD, URL, Browser, Stand, csrf_of

ADD = {"name": "eve", "role": "admin", "password": PASSWORD}


def test_every_answer_has_the_headers_that_keep_browsers_safe(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        for path in ("/", "/login", "/nothing", "/livez", "/api/me", "/static/console.css"):
            answer = await browser.get(path)
            assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
            assert answer.headers["cache-control"] in ("no-store", "no-cache")
        assert "unsafe-inline" not in SECURITY_HEADERS["content-security-policy"]

    peopled.play(scene)


@pytest.mark.parametrize("path", ["/", "/login", "/people", "/api/me", "/nothing"])
def test_a_foreign_name_that_points_at_us_is_refused(stand: Stand, path: str) -> None:
    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get(path, headers={"host": "evil.example:8485"})
        assert answer.status_code == 421
        assert "control.url" in answer.text

    stand.play(scene)


def test_probes_may_use_any_name(stand: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        for path in ("/livez", "/readyz", "/version"):
            assert (await Browser(app).get(path, headers={"host": "mainstay.svc.cluster"})).status_code == 200

    stand.play(scene)


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
def test_an_open_control_plane_is_not_passed_on_to_others(stand: Stand, header: str) -> None:
    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get("/", headers={header: "203.0.113.9"})
        assert answer.status_code == 403
        assert "mainstay people add" in answer.text

    stand.play(scene)


def test_behind_a_proxy_people_log_in_as_ever(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get("/login", headers={"x-forwarded-for": "203.0.113.9"})
        assert answer.status_code == 200

    peopled.play(scene)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
        {"origin": "null"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/people/add", "/logout", "/login"])
def test_a_form_from_another_site_is_refused(peopled: Stand, path: str, headers: dict[str, str]) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("ada")
        answer = await browser.send_form(path, ADD, page="/people", headers=headers)
        assert answer.status_code == 403
        assert "not sent by a page of this control plane" in answer.text
        assert peopled.accounts.get("eve") is None
        assert (await browser.get("/api/me")).status_code == 200

    peopled.play(scene)


def test_neither_origin_nor_fetch_site_is_as_good_as_a_wrong_one(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("ada")
        token = csrf_of(await browser.get("/people"))
        answer = await browser.post("/people/add", data={"csrf": token, **ADD})
        assert answer.status_code == 403

    peopled.play(scene)


@pytest.mark.parametrize("token", ["", "0" * 64, "\u0660" * 64, "x" * 10_000])
@pytest.mark.parametrize("path", ["/people/add", "/people/role", "/people/remove", "/logout", "/login"])
def test_a_form_without_the_right_token_is_refused(peopled: Stand, path: str, token: str) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("ada")
        answer = await browser.post(path, data={**ADD, "csrf": token}, headers={"origin": URL})
        assert answer.status_code == 403
        assert peopled.accounts.get("eve") is None

    peopled.play(scene)


def test_a_token_is_of_one_session(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        other, browser = Browser(app), Browser(app)
        await other.log_in("ada")
        await browser.log_in("ada")
        stolen = csrf_of(await other.get("/people"))
        answer = await browser.post("/people/add", data={**ADD, "csrf": stolen}, headers={"origin": URL})
        assert answer.status_code == 403
        visitors = csrf_of(await Browser(app).get("/login"))
        answer = await browser.post("/people/add", data={**ADD, "csrf": visitors}, headers={"origin": URL})
        assert answer.status_code == 403

    peopled.play(scene)


def test_a_program_may_send_the_token_as_a_header(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("ada")
        token = (await browser.get("/api/me")).json()["csrf"]
        headers = {"origin": URL, "x-csrf-token": token}
        assert (await browser.post("/people/add", data=ADD, headers=headers)).status_code == 303
        assert peopled.accounts.get("eve") is not None

    peopled.play(scene)


def test_a_login_without_the_cookie_of_its_form_is_refused(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        token = csrf_of(await Browser(app).get("/login"))
        form = {"name": "ada", "password": PASSWORD, "csrf": token}
        answer = await Browser(app).post("/login", data=form, headers={"origin": URL})
        assert answer.status_code == 403
        assert "cookies must be allowed" in answer.text
        assert peopled.hasher.verified == []

    peopled.play(scene)


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"x" * (BODY_BYTES_MAX + 1), "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 415),
        (b"{}", "", 415),
        (b"name=\xff", "application/x-www-form-urlencoded", 415),
        (b"name=%ff", "application/x-www-form-urlencoded", 415),
        (b"a=1&" * 21 + b"b=2", "application/x-www-form-urlencoded", 415),
        (b"", "application/x-www-form-urlencoded", 403),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415),
    ],
)
def test_a_body_that_is_no_small_form_is_refused(peopled: Stand, content: bytes, media: str, status: int) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.get("/login")
        headers = {"origin": URL, "content-type": media}
        assert (await browser.post("/login", content=content, headers=headers)).status_code == status

    peopled.play(scene)


def test_a_body_that_never_ends_is_not_waited_for(peopled: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "BODY_SECONDS", 0.01)
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def scene(app: ASGIApp) -> None:
        headers = {"host": "127.0.0.1:8485", "origin": URL, "content-type": "application/x-www-form-urlencoded"}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/login", "query_string": b"", "headers": raw}
        await app(scope, receive, send)
        assert sent[0]["status"] == 408

    peopled.play(scene)


def test_a_page_that_breaks_is_told_without_its_secrets(peopled: Stand) -> None:
    async def broken(_request: Request) -> Response:
        raise RuntimeError("a canary")

    async def scene(app: ASGIApp) -> None:
        assert isinstance(app, Guard)
        app.app = Starlette(routes=[Route("/", broken), Route("/api/me", broken), Route("/login", broken)])
        answer = await Browser(app).get("/login")
        assert answer.status_code == 500
        assert "canary" not in answer.text
        assert peopled.reports[-1] == "control: GET '/login' is broken: RuntimeError"

    peopled.play(scene)


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "\xff", "e30.AAAA", "x" * 8_000])
def test_a_forged_cookie_is_nobody(peopled: Stand, cookie: str) -> None:
    async def scene(app: ASGIApp) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=URL) as client:
            answer = await client.get("/", headers=[(b"cookie", f"mainstay-8485={cookie}".encode("latin-1"))])
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")

    peopled.play(scene)


def test_a_cookie_of_another_control_plane_is_nobody(peopled: Stand, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Stand(tmp_path_factory.mktemp("other"))
    other.add("ada", Role.ADMIN)

    async def scene(app: ASGIApp) -> None:
        async with other.running() as elsewhere:
            browser = Browser(elsewhere)
            await browser.log_in("ada")
            foreign = Browser(app)
            foreign.cookies.set("mainstay-8485", browser.cookie(), domain="127.0.0.1")
            assert (await foreign.get("/api/me")).status_code == 401

    peopled.play(scene)


def test_a_session_in_use_is_renewed_and_an_unused_one_ends(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("vera")
        for _ in range(20):
            peopled.wall += LIFE_SECONDS / 2
            assert (await browser.get("/")).status_code == 200
            if peopled.wall - 1_800_000_000 > 5 * 86_400:
                break
        peopled.wall += LIFE_SECONDS
        assert (await browser.get("/")).status_code == 303

    peopled.play(scene)


def test_a_page_that_refreshes_itself_keeps_no_session_alive(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("vera")
        peopled.wall += RENEW_SECONDS
        answer = await browser.get("/", headers={"x-mainstay-background": "1"})
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
        assert "set-cookie" in (await browser.get("/")).headers

    peopled.play(scene)


def test_who_has_to_log_in_comes_back_to_the_page(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        assert (await Browser(app).get("/people")).headers["location"] == "/login?next=/people"
        # What was about to be sent is gone; only pages can be come back to.
        answer = await Browser(app).post("/people/add", data=ADD, headers={"origin": URL})
        assert answer.headers["location"] == "/login"

    peopled.play(scene)


def test_a_method_that_a_page_does_not_know_is_told_those_it_knows(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).request("DELETE", "/people/remove")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        answer = await Browser(app).request("POST", "/livez")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")

    peopled.play(scene)


def test_who_is_logged_in_still_is_on_a_page_that_does_not_exist(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("vera")
        answer = await browser.get("/nothing")
        assert answer.status_code == 404
        assert "vera" in answer.text

    peopled.play(scene)
