import pytest
from starlette.types import ASGIApp

from mainstay.control.people.roles import NOBODY_LOGS_IN, Role
from tests.control.stand import ADDRESS, PASSWORD, Browser, Stand

ADD = {"name": "eve", "role": "operator", "password": "a good password"}


async def admin(app: ASGIApp) -> Browser:
    browser = Browser(app)
    assert (await browser.log_in("ada")).status_code == 303
    return browser


def test_an_admin_sees_everybody_and_no_hash(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await admin(app)
        page, program = await browser.get("/people"), await browser.get("/api/people")
        assert [(one["name"], one["role"]) for one in program.json()["people"]] == [
            ("ada", "admin"),
            ("otto", "operator"),
            ("vera", "viewer"),
        ]
        for answer in (page, program):
            assert "otto" in answer.text
            assert "quick:" not in answer.text

    peopled.play(scene)


def test_an_admin_adds_a_person_who_can_log_in(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await admin(app)
        answer = await browser.send_form("/people/add", ADD, page="/people")
        assert (answer.status_code, answer.headers["location"]) == (303, "/people")
        assert (await Browser(app).log_in("eve", "a good password")).status_code == 303

    peopled.play(scene)
    assert "people: ada added 'eve' (operator)" in peopled.reports


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({**ADD, "name": "otto"}, "there is an account otto already"),
        ({**ADD, "name": "<b>eve</b>"}, "a name has 1 to 64"),
        ({**ADD, "name": "eve\n"}, ""),
        ({**ADD, "name": "eve\0"}, "a name has 1 to 64"),
        ({**ADD, "name": "'; DROP TABLE people; --"}, "a name has 1 to 64"),
        ({**ADD, "name": ""}, "a name has 1 to 64"),
        ({**ADD, "role": "root"}, "a role is one of viewer, operator, admin"),
        ({**ADD, "role": ""}, "a role is one of viewer, operator, admin"),
        ({**ADD, "password": "short"}, "the password must have 12 to 256 characters"),
        ({}, "a role is one of"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(peopled: Stand, form: dict[str, str], words: str) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await admin(app)
        answer = await browser.send_form("/people/add", form, page="/people")
        if not words:
            assert answer.status_code == 303
            return
        assert answer.status_code == 400
        assert words in answer.text
        assert "<b>eve" not in answer.text
        assert set(peopled.accounts.all()) == {"ada", "otto", "vera"}

    peopled.play(scene)


def test_another_role_counts_at_the_persons_next_click(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        otto, browser = Browser(app), await admin(app)
        await otto.log_in("otto")
        assert (await otto.get("/people")).status_code == 403
        await browser.send_form("/people/role", {"name": "otto", "role": "admin"}, page="/people")
        assert (await otto.get("/people")).status_code == 200
        await browser.send_form("/people/role", {"name": "otto", "role": "viewer"}, page="/people")
        assert (await otto.get("/people")).status_code == 403

    peopled.play(scene)


def test_a_removed_person_is_logged_out_at_once(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        otto, browser = Browser(app), await admin(app)
        await otto.log_in("otto")
        await browser.send_form("/people/remove", {"name": "otto"}, page="/people")
        assert (await otto.get("/api/me")).status_code == 401
        assert (await otto.log_in("otto")).status_code == 401

    peopled.play(scene)


@pytest.mark.parametrize(("path", "role"), [("/people/remove", ""), ("/people/role", "viewer")])
def test_nobody_locks_the_last_admin_out_by_mistake(peopled: Stand, path: str, role: str) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await admin(app)
        answer = await browser.send_form(path, {"name": "ada", "role": role}, page="/people")
        assert answer.status_code == 400
        assert "ask another admin" in answer.text
        assert peopled.accounts.all()["ada"].role == "admin"

    peopled.play(scene)


@pytest.mark.parametrize("path", ["/people/remove", "/people/role"])
def test_who_is_not_there_cannot_be_changed(peopled: Stand, path: str) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await admin(app)
        answer = await browser.send_form(path, {"name": "<i>x", "role": "admin"}, page="/people")
        assert answer.status_code == 400
        assert "there is no account" in answer.text
        assert "<i>" not in answer.text
        answer = await browser.send_form("/people/role", {"name": "otto", "role": "root"}, page="/people")
        assert answer.status_code == 400

    peopled.play(scene)


def test_a_disk_that_takes_nothing_is_told(peopled: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await admin(app)

        def full(_path: object, _content: bytes) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("mainstay.control.people.accounts.write_private", full)
        answer = await browser.send_form("/people/add", ADD, page="/people")
        assert answer.status_code == 500
        assert "No space left on device" in answer.text

    peopled.play(scene)


def test_everybody_sees_who_they_are(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("vera")
        me = (await browser.get("/api/me")).json()
        assert (me["name"], me["role"], me["origin"]) == ("vera", "viewer", "local")
        assert len(me["csrf"]) == 64

    peopled.play(scene)


def test_the_first_person_is_an_admin_and_from_then_on_everybody_logs_in(stand: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        assert (await browser.get("/api/me")).json()["name"] == NOBODY_LOGS_IN.name
        form = {"name": "ada", "role": "viewer", "password": PASSWORD}
        answer = await browser.send_form("/people/add", form, page="/people")
        assert answer.status_code == 400
        assert "the first person must be an admin" in answer.text
        answer = await browser.send_form("/people/add", form | {"role": "admin"}, page="/people")
        assert answer.status_code == 303
        assert (await browser.get("/people")).headers["location"] == "/login?next=/people"
        assert (await browser.log_in("ada")).status_code == 303
        assert stand.accounts.all()["ada"].role == Role.ADMIN.word

    stand.play(scene)


def test_what_an_admin_changes_is_written_down_with_his_name(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await admin(app)
        await browser.send_form("/people/add", {**ADD, "name": "Eve"}, page="/people")
        await browser.send_form("/people/role", {"name": "otto", "role": "viewer"}, page="/people")
        await browser.send_form("/people/remove", {"name": "vera"}, page="/people")

    peopled.play(scene)
    deeds = peopled.deeds()[1:]
    assert [(deed.action, deed.person, deed.detail) for deed in deeds] == [
        ("person-added", "eve", "as operator"),
        ("role-changed", "otto", "from operator to viewer"),
        ("person-removed", "vera", "sessions ended too"),
    ]
    assert {(deed.by, deed.via, deed.address) for deed in deeds} == {("ada", "local", ADDRESS[0])}


def test_what_was_refused_is_no_change(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await admin(app)
        for path, form in (
            ("/people/add", {**ADD, "name": "otto"}),
            ("/people/role", {"name": "nobody", "role": "admin"}),
            ("/people/remove", {"name": "ada"}),
        ):
            assert (await browser.send_form(path, form, page="/people")).status_code == 400

    peopled.play(scene)
    assert [deed.action for deed in peopled.deeds()] == ["login"]


def test_on_an_open_control_plane_the_first_person_is_added_by_everybody(stand: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        form = {"name": "ada", "role": "admin", "password": PASSWORD}
        await Browser(app).send_form("/people/add", form, page="/people")

    stand.play(scene)
    (deed,) = stand.deeds()
    assert (deed.person, deed.by, deed.via) == ("ada", NOBODY_LOGS_IN.name, "open")
