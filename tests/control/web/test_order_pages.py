import httpx
import pytest
from starlette.types import ASGIApp

from tests.control.office import Office
from tests.control.stand import URL, Browser, Stand, csrf_of

FORM = {"kind": "drain", "upstream": "alpha", "reason": "it is slow", "hours": "1", "incident": "INC-1"}


async def operator(app: ASGIApp) -> Browser:
    browser = Browser(app)
    await browser.log_in("otto")
    return browser


async def send(browser: Browser, path: str, body: object) -> httpx.Response:
    """As a program with a session does."""
    token = csrf_of(await browser.get("/logout"))
    return await browser.post(path, json=body, headers={"x-csrf-token": token, "origin": URL})


def test_an_order_is_previewed_given_once_and_undone(peopled: Stand, office: Office) -> None:
    office.incident()

    async def scene(app: ASGIApp) -> None:
        browser = await operator(app)
        preview = await browser.send_form("/orders/new", FORM, page="/orders/new")
        assert preview.status_code == 200
        assert "Drain alpha?" in preview.text
        assert office.orders.in_force() == ()
        for _ in range(2):
            given = await browser.send_form("/orders/give", {**FORM, "key": "ORD-X"}, page="/orders/new")
            assert (given.status_code, given.headers["location"]) == (303, "/orders")
        (order,) = office.orders.in_force()
        assert (order.author, order.via, order.incident) == ("otto", "console", "INC-1")
        assert "drain alpha" in (await browser.get("/orders")).text
        incident = office.incidents.read("INC-1")
        assert incident is not None
        assert [one.link.id for one in incident.links] == [order.id]
        ended = await browser.send_form(f"/orders/{order.id}/end", {}, page="/orders")
        assert ended.status_code == 303
        assert office.orders.in_force() == ()
        assert "by otto" in (await browser.get("/orders")).text

    peopled.play(scene)


@pytest.mark.parametrize(
    "form", [{**FORM, "kind": "stop"}, {**FORM, "upstream": "gamma"}, {**FORM, "hours": "x"}, {**FORM, "reason": ""}]
)
def test_what_cannot_be_given_comes_back_with_its_fields(peopled: Stand, office: Office, form: dict[str, str]) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = await operator(app)
        for path in ("/orders/new", "/orders/give"):
            answer = await browser.send_form(path, form, page="/orders/new")
            assert answer.status_code in (400, 409)
            assert "This order cannot be given." in answer.text
            assert 'value="INC-1"' in answer.text
        assert office.orders.recent() == ()
        missing = await browser.send_form("/orders/ORD-NONE/end", {}, page="/orders")
        assert (missing.status_code, "there is no order" in missing.text.lower()) == (409, True)

    peopled.play(scene)


def test_programs_do_the_same(peopled: Stand, office: Office) -> None:
    body = {"kind": "drain", "upstream": "alpha", "reason": "slow", "key": "k"}

    async def scene(app: ASGIApp) -> None:
        browser = await operator(app)
        preview = await send(browser, "/api/orders/preview", body)
        assert preview.json()["preview"]["order"]["upstream"] == "alpha"
        assert office.orders.in_force() == ()
        given = await send(browser, "/api/orders", body)
        assert given.status_code == 201
        identity = given.json()["order"]["id"]
        assert (await send(browser, "/api/orders", body)).json()["order"]["id"] == identity
        listed = (await browser.get("/api/orders")).json()["orders"]
        assert [one["is_in_force"] for one in listed] == [True]
        ended = await send(browser, f"/api/orders/{identity}/end", {"why": "well again"})
        assert ended.json()["order"]["ended_by"] == "otto"
        assert (await browser.get(f"/api/orders/{identity}")).json()["is_in_force"] is False
        assert (await browser.get("/api/orders/ORD-NONE")).status_code == 404

    peopled.play(scene)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"kind": "drain", "reason": "x", "more": 1}, 400),
        ({"kind": "drain", "reason": "x", "upstream": "alpha", "incident": "none"}, 400),
        ({"kind": "drain", "reason": "x", "upstream": "gamma"}, 409),
    ],
)
def test_programs_are_told_what_is_wrong(peopled: Stand, office: Office, body: object, status: int) -> None:
    async def scene(app: ASGIApp) -> None:
        answer = await send(await operator(app), "/api/orders", body)
        assert answer.status_code == status
        assert answer.json()["error"]["message"]

    peopled.play(scene)
    assert office.orders.in_force() == ()
