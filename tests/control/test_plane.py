"""What the control plane refuses to run as, and what it says when it begins."""

import asyncio

import pytest
from starlette.types import ASGIApp

from mainstay.control.people.accounts import Accounts
from mainstay.control.people.roles import Role
from mainstay.control.plane import NobodyCanLogInError, run_control_plane
from tests.control.stand import Browser, Stand

LOGIN = ', login: {issuer: "https://id.example.com", client_id: mainstay, client_secret: "env:SECRET"}'


async def nothing(_app: ASGIApp) -> None:
    pass


def test_on_this_machine_it_runs_open_and_says_so(stand: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        assert (await Browser(app).get("/people")).status_code == 200

    stand.play(scene)
    assert "runs open on this machine" in stand.reports[0]


def test_with_an_account_it_is_closed_and_quiet(peopled: Stand) -> None:
    peopled.play(nothing)
    assert peopled.reports == []


@pytest.mark.parametrize(
    ("listen", "more"),
    [("0.0.0.0:8485", ""), ("127.0.0.1:8485", ', url: "https://ops.example.com"'), ("ops:8485", "")],
)
def test_where_others_come_it_does_not_run_without_people(stand: Stand, listen: str, more: str) -> None:
    stand.listen, stand.more = listen, more
    with pytest.raises(NobodyCanLogInError, match="mainstay people add NAME --role admin"):
        stand.play(nothing)
    stand.add("ada", Role.ADMIN)
    stand.play(nothing)


def test_where_others_come_a_damaged_file_is_no_account(stand: Stand) -> None:
    stand.listen = "0.0.0.0:8485"
    stand.add("ada", Role.ADMIN)
    Accounts(stand.state).path.write_bytes(b"{")
    with pytest.raises(NobodyCanLogInError, match="damaged"):
        stand.play(nothing)


def test_on_this_machine_a_damaged_file_is_told_and_not_run_open(stand: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        assert (await Browser(app).get("/people")).status_code == 303

    stand.add("ada", Role.ADMIN)
    stand.accounts.path.write_bytes(b"{")
    stand.play(scene)
    assert "damaged" in stand.reports[0]


def test_a_provider_is_enough_and_needs_to_know_where_we_are(stand: Stand) -> None:
    stand.listen, stand.more = "0.0.0.0:8485", LOGIN
    with pytest.raises(NobodyCanLogInError, match=r"control\.url"):
        stand.play(nothing)
    stand.more = LOGIN + ', url: "https://ops.example.com"'
    stand.play(nothing)
    assert stand.reports == []


def test_beyond_this_machine_without_tls_is_told(peopled: Stand) -> None:
    peopled.listen = "0.0.0.0:8485"
    peopled.play(nothing)
    assert "unencrypted" in peopled.reports[0]


def test_behind_https_the_session_cookie_is_for_https_alone(peopled: Stand) -> None:
    url = "https://ops.example.com"
    peopled.more = f', url: "{url}"'

    async def scene(app: ASGIApp) -> None:
        browser = Browser(app, url=url)
        answer = await browser.log_in("ada")
        assert answer.status_code == 303
        lines = [line for line in answer.headers.get_list("set-cookie") if "-8485=" in line]
        assert len(lines) == 1
        assert lines[0].startswith("__Host-mainstay-8485=")
        assert lines[0].endswith("; Secure")
        assert (await browser.get("/api/me")).json()["name"] == "ada"

    peopled.play(scene)


def test_it_does_not_listen_when_it_must_not_run(stand: Stand) -> None:
    stand.listen = "192.0.2.1:8485"

    async def work() -> None:
        outside = stand.outside()
        with pytest.raises(NobodyCanLogInError):
            await run_control_plane(stand.snapshot(), outside, asyncio.Event())

    asyncio.run(work())


def test_no_secret_is_in_any_answer_or_line(peopled: Stand) -> None:
    peopled.more = LOGIN

    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("ada")
        secrets = ["a client secret", "quick:", (peopled.state / "control" / "cookie.key").read_text()]
        for path in ("/", "/people", "/api/people", "/api/overview", "/readyz", "/login/provider"):
            text = (await browser.get(path)).text
            assert not [secret for secret in secrets if secret in text]
        assert not [secret for secret in secrets if secret in "\n".join(peopled.reports)]

    peopled.play(scene)
