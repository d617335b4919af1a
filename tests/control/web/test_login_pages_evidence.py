"""Who came, went, and tried to come is written down; what people type by mistake is not."""

import msgspec
import pytest
from starlette.types import ASGIApp

from mainstay.control.evidence import FAILURES_PER_MINUTE
from mainstay.control.people.passwords import BusyError
from mainstay.model.records import AccessRecord
from tests.control.stand import ADDRESS, PASSWORD, Browser, Stand

WRONG = "a wrong password"


def told(record: AccessRecord) -> tuple[str, str, str, str, str]:
    assert record.address == ADDRESS[0]
    return record.action, record.person, record.by, record.via, record.detail


def test_a_login_and_a_logout_are_written_down(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("Ada")
        await browser.send_form("/logout", {}, page="/logout")

    peopled.play(scene)
    assert [told(record) for record in peopled.deeds()] == [
        ("login", "ada", "ada", "local", "as admin"),
        ("logout", "ada", "ada", "local", ""),
    ]
    assert peopled.deeds()[0].at == peopled.wall


def test_a_failed_login_names_the_account_and_a_name_that_nobody_has_is_not_kept(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        await Browser(app).log_in("ada", WRONG)
        await Browser(app).log_in("my secret passphrase", WRONG)

    peopled.play(scene)
    assert [told(record) for record in peopled.deeds()] == [
        ("login-failed", "ada", "", "local", "wrong password"),
        ("login-failed", "", "", "local", "wrong password; no account has this name"),
    ]


def test_a_throttled_login_is_written_down_as_what_it_is(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        for _ in range(5):
            await Browser(app).log_in("ada", WRONG)
        await Browser(app).log_in("ada")

    peopled.play(scene)
    actions = [record.action for record in peopled.deeds()]
    assert actions == ["login-failed"] * 5 + ["login-throttled"]
    assert peopled.deeds()[-1].person == "ada"


def test_who_comes_while_too_many_do_is_written_down(peopled: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_arguments: object) -> bool:
        raise BusyError

    async def scene(app: ASGIApp) -> None:
        monkeypatch.setattr("mainstay.control.people.passwords.Passwords.verify", busy)
        assert (await Browser(app).log_in("ada")).status_code == 429

    peopled.play(scene)
    assert told(peopled.deeds()[0]) == ("login-throttled", "ada", "", "local", "too many logins at once")


def test_a_flood_leaves_few_records(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        for number in range(3 * FAILURES_PER_MINUTE):
            assert (await browser.log_in(f"nobody-{number}", WRONG)).status_code in {401, 429}

    peopled.play(scene)
    assert FAILURES_PER_MINUTE < len(peopled.records) <= 2 * FAILURES_PER_MINUTE


def test_no_secret_is_in_any_record(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in(PASSWORD, PASSWORD)
        await browser.log_in("ada")
        peopled.more = browser.cookie()
        await browser.send_form(
            "/people/add", {"name": "eve", "role": "viewer", "password": "a good password"}, page="/people"
        )

    peopled.play(scene)
    text = msgspec.json.encode(peopled.records).decode()
    assert [secret for secret in (PASSWORD, "a good password", peopled.more, "quick:") if secret in text] == []
    assert len(peopled.more) > 20
