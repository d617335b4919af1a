"""Programs before the guard: keys, JSON, and what everybody may send."""

import pytest
from starlette.types import ASGIApp

from mainstay.control.people.api_keys import ApiKeys
from mainstay.control.people.roles import Role
from tests.control.stand import Browser, Stand


def key_of(stand: Stand, person: str, role: Role) -> str:
    return ApiKeys(stand.state, lambda: stand.wall).add(person, role, 1)


def test_a_key_opens_the_api(peopled: Stand) -> None:
    key = key_of(peopled, "otto", Role.OPERATOR)

    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get("/api/me", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200
        assert answer.json()["name"] == "otto"

    peopled.play(scene)


def test_a_key_opens_no_page(peopled: Stand) -> None:
    key = key_of(peopled, "ada", Role.ADMIN)

    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get("/", headers={"authorization": f"Bearer {key}"})
        assert answer.headers["location"] == "/login"

    peopled.play(scene)


@pytest.mark.parametrize(("person", "role"), [("ada", Role.OPERATOR), ("otto", Role.ADMIN)])
def test_a_key_may_do_no_more_than_its_role_and_its_person(peopled: Stand, person: str, role: Role) -> None:
    key = key_of(peopled, person, role)

    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get("/api/people", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 403

    peopled.play(scene)


@pytest.mark.parametrize("authorization", ["Bearer msk_00000000_x", "Bearer ", "Basic abc"])
def test_a_wrong_key_is_told_what_to_do(peopled: Stand, authorization: str) -> None:
    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get("/api/me", headers={"authorization": authorization})
        assert answer.status_code == 401
        assert "mainstay people key add" in answer.text

    peopled.play(scene)


def test_the_key_of_a_person_who_is_gone_opens_nothing(peopled: Stand) -> None:
    key = key_of(peopled, "otto", Role.OPERATOR)
    peopled.accounts.remove("otto")

    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get("/api/me", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 401

    peopled.play(scene)


def test_a_key_opens_the_metrics_and_nobody_else_reads_them(peopled: Stand) -> None:
    key = key_of(peopled, "vera", Role.VIEWER)

    async def scene(app: ASGIApp) -> None:
        answer = await Browser(app).get("/metrics", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert "# HELP mainstay_control" in answer.text
        stranger = await Browser(app).get("/metrics")
        assert stranger.status_code == 401
        assert stranger.json()["error"]["code"] == "not_logged_in"
        assert "set-cookie" not in stranger.headers

    peopled.play(scene)
