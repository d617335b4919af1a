from starlette.types import ASGIApp

from tests.control.office import Office
from tests.control.stand import Browser, Stand
from tests.control.web.test_order_pages import send


def test_targets_are_shown_and_a_test_says_what_became_of_it(peopled: Stand, office: Office) -> None:
    office.notices.turn(is_leaving=True)

    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("otto")
        assert "Nothing was told yet." in (await browser.get("/notifications")).text
        tried = await browser.send_form("/notifications/test", {"target": "hook"}, page="/notifications")
        assert (tried.status_code, "did not reach hook" in tried.text) == (200, True)
        wrong = await browser.send_form("/notifications/test", {"target": "none"}, page="/notifications")
        assert wrong.status_code == 404
        assert (await browser.get("/api/notifications")).json()["targets"][0]["name"] == "hook"
        assert (await send(browser, "/api/notifications/test", {"target": "hook"})).json()["is_sent"] is False
        assert (await send(browser, "/api/notifications/test", {"target": "none"})).status_code == 404
        assert (await send(browser, "/api/notifications/test", {})).status_code == 400

    peopled.play(scene)
