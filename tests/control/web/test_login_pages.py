"""Sessions as browsers see them begin and end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.types import ASGIApp

from mainstay.control.people.passwords import WAITING_MAX
from mainstay.control.people.roles import Role
from mainstay.control.people.sessions import RENEW_SECONDS
from tests.control.issuer_server import IssuerServer
from tests.control.stand import PASSWORD, URL, Browser, Stand, csrf_of, shipping

NASTY = [
    "<script>alert(1)</script>",
    "' OR '1'='1",
    "ada\0",
    "ada\r\nset-cookie: a=b",
    "\u202eada",
    "{{ 7*7 }}",
    "x" * 9_000,
]


def test_a_person_logs_in_sees_the_overview_and_logs_out(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        answer = await browser.log_in("ada", then="/people")
        assert (answer.status_code, answer.headers["location"]) == (303, "/people")
        assert browser.cookie("visit") == ""
        assert "ada" in (await browser.get("/")).text
        answer = await browser.send_form("/logout", {}, page="/logout")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert (await browser.get("/")).status_code == 303

    peopled.play(scene)
    assert peopled.reports == ["people: ada logged in"]


def test_a_logout_has_the_last_word_where_the_cookie_was_due_to_be_renewed(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("ada")
        token = csrf_of(await browser.get("/"))
        peopled.wall += RENEW_SECONDS
        await browser.post("/logout", data={"csrf": token}, headers={"origin": URL})
        assert browser.cookie() == ""

    peopled.play(scene)


def test_a_stolen_cookie_is_of_no_use_after_the_logout(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser, thief = Browser(app), Browser(app)
        await browser.log_in("ada")
        thief.cookies.set("mainstay-8485", browser.cookie(), domain="127.0.0.1")
        assert (await thief.get("/api/me")).status_code == 200
        await browser.send_form("/logout", {}, page="/logout")
        assert (await thief.get("/api/me")).status_code == 401

    peopled.play(scene)


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        texts = []
        for name in ("ada", "eve"):
            answer = await Browser(app).log_in(name, "a wrong password")
            assert answer.status_code == 401
            texts.append(answer.text.replace(name, "NAME").partition("<form")[0])
        assert texts[0] == texts[1]
        assert "The name or the password is wrong." in texts[0]
        assert "a wrong password" not in answer.text

    peopled.play(scene)


@pytest.mark.parametrize("name", NASTY)
def test_a_name_that_is_an_attack_is_a_wrong_name(peopled: Stand, name: str) -> None:
    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).log_in(name)
        assert answer.status_code == 401
        assert "<script>alert" not in answer.text
        assert 'value="49"' not in answer.text
        assert "a=b" not in answer.headers.get("set-cookie", "")

    peopled.play(scene)
    assert peopled.reports == []


@pytest.mark.parametrize("then", ["https://evil.example", "//evil.example", "/\\evil.example", "/login"])
def test_a_login_leads_to_no_other_site(peopled: Stand, then: str) -> None:
    async def scene(app: ASGIApp) -> None:
        assert (await Browser(app).log_in("ada", then=then)).headers["location"] == "/"
        page = await Browser(app).get("/login", params={"next": then})
        assert 'name="next" value="/"' in page.text
        browser = Browser(app)
        await browser.log_in("ada")
        assert (await browser.get("/login", params={"next": then})).headers["location"] == "/"

    peopled.play(scene)


def test_a_login_begins_a_session_under_a_new_id_and_forgets_the_visit(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("ada")
        planted = browser.cookie()
        victim = Browser(app)
        victim.cookies.set("mainstay-8485", planted, domain="127.0.0.1")
        # Even from within the session that somebody planted, a login makes another one.
        await victim.send_form("/login", {"name": "vera", "password": PASSWORD}, page="/logout")
        assert victim.cookie() not in ("", planted)
        assert victim.cookie("visit") == ""
        victims = Browser(app)
        victims.cookies.set("mainstay-8485", planted, domain="127.0.0.1")
        assert (await victims.get("/api/me")).json()["name"] == "ada"

    peopled.play(scene)


def test_too_many_failures_have_to_wait_as_long_as_the_answer_says(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        for _ in range(5):
            assert (await Browser(app).log_in("ada", "a wrong password")).status_code == 401
        answer = await Browser(app).log_in("ada")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert "Try again in 1 s" in answer.text
        assert len(peopled.hasher.verified) == 5
        peopled.clock += 1
        assert (await Browser(app).log_in("ada")).status_code == 303

    peopled.play(scene)


def test_one_address_that_tries_many_names_has_to_wait_and_others_have_not(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        for number in range(20):
            assert (await Browser(app).log_in(f"name{number}", "a wrong password")).status_code == 401
        assert (await Browser(app).log_in("ada")).status_code == 429
        assert (await Browser(app, ("198.51.100.1", 1)).log_in("ada")).status_code == 303

    peopled.play(scene)


def test_who_logged_in_before_in_this_browser_is_not_kept_out_by_strangers(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("ada")
        await browser.send_form("/logout", {}, page="/logout")
        for _ in range(30):
            await Browser(app).log_in("ada", "a wrong password")
        assert (await Browser(app).log_in("ada")).status_code == 429
        assert (await browser.log_in("ada")).status_code == 303

    peopled.play(scene)


def test_a_flood_of_logins_is_refused_while_other_pages_are_served(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        reader = Browser(app)
        await reader.log_in("vera")
        tries = [Browser(app, (f"198.51.100.{n}", 1)).log_in(f"name{n}", "wrong") for n in range(WAITING_MAX * 3)]
        flood = asyncio.gather(*tries)
        assert (await reader.get("/")).status_code == 200
        statuses = {answer.status_code for answer in await flood}
        assert statuses <= {401, 429}

    peopled.play(scene)


def test_on_an_open_control_plane_there_is_nothing_to_log_in_to(stand: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        assert (await browser.get("/login")).headers["location"] == "/"
        assert "nothing to log out of" in (await browser.get("/logout")).text
        assert (await browser.send_form("/logout", {}, page="/people")).status_code == 303
        assert (await browser.get("/")).status_code == 200

    stand.play(scene)


def test_without_a_provider_there_is_no_such_page(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        assert (await Browser(app).get("/login/provider")).status_code == 404
        assert (await Browser(app).get("/login/callback?code=x&state=y")).status_code == 404
        assert "your organization" not in (await Browser(app).get("/login")).text

    peopled.play(scene)


@pytest.fixture
def provider() -> Iterator[IssuerServer]:
    with IssuerServer() as server:
        yield server


@pytest.fixture
def provided(peopled: Stand, provider: IssuerServer) -> Stand:
    peopled.more = (
        f', login: {{issuer: "{provider.url}", client_id: mainstay, client_secret: "env:SECRET", '
        "roles: {staff: viewer, ops: operator}}"
    )
    return peopled


async def through_provider(browser: Browser, start: str = "/login/provider?next=/api/me") -> httpx.Response:
    """What a browser does: to the provider, and back to us."""
    answer = await browser.get(start)
    assert answer.status_code == 303, answer.text
    async with httpx.AsyncClient(trust_env=False) as client:
        back = (await client.get(answer.headers["location"])).headers["location"]
    assert back.startswith(f"{URL}/login/callback?")
    return await browser.get(back)


@asynccontextmanager
async def outage(provider: IssuerServer) -> AsyncIterator[None]:
    await asyncio.to_thread(provider.stop)
    yield
    await asyncio.to_thread(provider.start)


def test_a_person_of_the_provider_logs_in(provided: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        assert "your organization" in (await browser.get("/login")).text
        answer = await through_provider(browser)
        assert (answer.status_code, answer.headers["location"]) == (303, "/api/me")
        assert browser.cookie("flow") == ""
        me = (await browser.get("/api/me")).json()
        assert (me["name"], me["role"], me["origin"]) == ("Paula", "operator", "provider")
        assert (await browser.get("/people")).status_code == 403

    provided.play(scene)


def test_who_has_no_role_is_told_so_on_a_plain_page(provided: Stand, provider: IssuerServer) -> None:
    async def scene(app: ASGIApp) -> None:
        provider.claims["groups"] = ["guests"]
        browser = Browser(app)
        answer = await through_provider(browser)
        assert answer.status_code == 403
        assert "none of your groups has a role" in answer.text
        assert (await browser.get("/api/me")).status_code == 401

    provided.play(scene)


def test_a_callback_that_nobody_began_is_refused(provided: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get("/login/callback?code=x&state=<script>alert(1)</script>")
        assert answer.status_code == 403
        assert "<script>alert" not in answer.text
        assert (await Browser(app).get("/login/callback")).status_code == 403

    provided.play(scene)


def test_a_page_of_another_site_is_not_gone_on_with_after_the_provider(provided: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        answer = await through_provider(Browser(app), "/login/provider?next=//evil.example")
        assert answer.headers["location"] == "/"

    provided.play(scene)


def test_a_name_that_the_provider_made_up_is_only_shown(provided: Stand, provider: IssuerServer) -> None:
    async def scene(app: ASGIApp) -> None:
        provider.claims["preferred_username"] = "<script>alert(1)</script>\r\nmainstay: forged line"
        browser = Browser(app)
        await through_provider(browser)
        page = await browser.get("/")
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text

    provided.play(scene)
    assert all("\n" not in line and "\r" not in line for line in provided.reports)


def test_an_outage_of_the_provider_stops_new_logins_there_and_nothing_else(
    provided: Stand, provider: IssuerServer
) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await through_provider(browser)
        async with outage(provider):
            provided.clock += 3_600
            answer = await Browser(app).get("/login/provider")
            assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
            assert "Who is logged in stays so" in answer.text
            # Sessions live on, are renewed, and local people log in.
            for _ in range(3):
                provided.wall += 20_000
                assert (await browser.get("/api/overview")).status_code == 200
                assert (await browser.get("/")).status_code == 200
            assert (await Browser(app).log_in("ada")).status_code == 303
        provided.wall = provider.wall
        provided.clock += 3_600
        assert (await through_provider(Browser(app))).status_code == 303

    provided.play(scene)


def test_a_restart_during_an_outage_of_everything_logs_nobody_out(provided: Stand, provider: IssuerServer) -> None:
    cookies: dict[str, str] = {}

    async def before(app: ASGIApp) -> None:
        for name, browser in (("provider", Browser(app)), ("local", Browser(app))):
            await (through_provider(browser) if name == "provider" else browser.log_in("ada"))
            cookies[name] = browser.cookie()

    async def after(app: ASGIApp) -> None:
        provided.shipping = shipping("the store does not answer", 10, 60.0)
        for cookie in cookies.values():
            browser = Browser(app)
            browser.cookies.set("mainstay-8485", cookie, domain="127.0.0.1")
            assert (await browser.get("/api/me")).status_code == 200
            # The gateway does not answer here either: nobody listens on its address.
            page = await browser.get("/")
            assert "the store does not answer" in page.text
            assert "does not answer (ConnectError)" in page.text

    provided.play(before)
    provider.stop()
    provided.play(after)


def test_a_provider_that_answers_nonsense_is_told_to_the_operator(provided: Stand, provider: IssuerServer) -> None:
    async def scene(app: ASGIApp) -> None:
        provider.description = {"token_endpoint": "http://evil.example/token"}
        answer = await Browser(app).get("/login/provider")
        assert answer.status_code == 502
        assert "evil.example" not in answer.text
        assert "cannot be used" in provided.reports[-1]

    provided.play(scene)


def test_a_local_account_is_found_by_nobody_of_the_provider(provided: Stand, provider: IssuerServer) -> None:
    async def scene(app: ASGIApp) -> None:
        provider.claims["preferred_username"] = "ada"
        browser = Browser(app)
        await through_provider(browser)
        me = (await browser.get("/api/me")).json()
        assert (me["role"], me["origin"]) == ("operator", "provider")
        provided.accounts.remove("ada")
        assert (await browser.get("/api/me")).status_code == 200

    provided.play(scene)


def test_a_login_is_the_same_whether_or_not_there_is_such_a_person(peopled: Stand) -> None:
    peopled.add("max", Role.VIEWER, "another password")

    async def scene(app: ASGIApp) -> None:
        for name in ("max", "nobody"):
            before = len(peopled.hasher.verified)
            await Browser(app).log_in(name, "a wrong password")
            assert len(peopled.hasher.verified) == before + 1

    peopled.play(scene)


def test_logins_through_the_provider_are_written_down(provided: Stand, provider: IssuerServer) -> None:
    async def scene(app: ASGIApp) -> None:
        assert (await through_provider(Browser(app))).status_code == 303
        provider.claims["groups"] = ["guests"]
        assert (await through_provider(Browser(app))).status_code == 403

    provided.play(scene)
    login, failed = provided.deeds()
    assert (login.action, login.person, login.by, login.detail) == ("login", "Paula", "Paula", "as operator")
    assert (failed.action, failed.person, failed.by) == ("login-failed", "", "")
    assert "none of your groups has a role here" in failed.detail
    assert login.via == failed.via == "provider"
