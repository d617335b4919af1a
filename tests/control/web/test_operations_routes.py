"""Every page of operations: who reaches it, and what it does while the store does not answer."""

import pytest
from starlette.types import ASGIApp

from mainstay.control.people.roles import Role
from mainstay.control.web.access import access_of
from mainstay.model.components import Component
from tests.control.office import Office, standing
from tests.control.stand import Browser, Stand

PAGES = (
    "/",
    "/upstreams",
    "/upstreams/alpha",
    "/incidents",
    "/incidents/INC-1",
    "/incidents/open",
    "/orders",
    "/orders/new",
    "/playbooks",
    "/playbooks/help",
    "/runs/RUN-1",
    "/ledger",
    "/status-page",
    "/notifications",
    "/trouble",
    "/api/overview",
    "/api/upstreams",
    "/api/upstreams/alpha",
    "/api/incidents",
    "/api/incidents/INC-1",
    "/api/orders",
    "/api/playbooks",
    "/api/runs",
    "/api/runs/RUN-1",
    "/api/ledger",
    "/api/status",
    "/api/trouble",
    "/api/notifications",
)


@pytest.mark.parametrize("is_down", [False, True], ids=["the store answers", "the store does not answer"])
def test_no_page_breaks_whether_or_not_the_store_answers(peopled: Stand, office: Office, *, is_down: bool) -> None:
    office.standing = (standing(Component("alpha"), "ill", peopled.wall), standing(Component(model="first")))
    office.incident()

    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("otto")
        await browser.send_form("/playbooks/help/run", {}, page="/playbooks/help")
        office.store.is_down = is_down
        office.book.close()
        for path in PAGES:
            answer = await browser.get(path)
            assert answer.status_code in ({200, 503} if is_down else {200}), (path, answer.text[-600:])
            if answer.status_code == 503:
                assert "The gateway is not touched" in answer.text or "cannot be searched" in answer.text, path
        assert (await browser.get("/")).status_code == 200
        assert [line for line in peopled.reports if "broken" in line] == []

    peopled.play(scene)


def test_the_overview_says_what_it_cannot_know(peopled: Stand, office: Office) -> None:
    office.store.is_down = True

    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("vera")
        text = (await browser.get("/")).text
        assert "Incidents cannot be shown: the store does not answer" in text
        assert "alpha" in text

    peopled.play(scene)


@pytest.mark.parametrize("is_public", [False, True])
def test_strangers_see_the_status_page_and_report_trouble_only_where_it_is_public(
    peopled: Stand, *, is_public: bool
) -> None:
    peopled.operations = "status_page: {public: true}\n" if is_public else ""
    office = peopled.equip()
    office.publish()

    async def scene(app: ASGIApp) -> None:
        stranger = Browser(app)
        page, form = await stranger.get("/status/"), await stranger.get("/trouble")
        assert (page.status_code, form.status_code) == ((200, 200) if is_public else (303, 303))
        sent = await stranger.post("/api/trouble", data={"component": "model:first", "text": "slow"})
        assert sent.status_code == (202 if is_public else 401)
        assert (await stranger.get("/status-page")).status_code == 303
        if is_public:
            assert "set-cookie" not in page.headers
            assert "sha256-" in page.headers["content-security-policy"]

    peopled.play(scene)
    office.close()


def test_a_viewer_sees_no_button_that_acts(peopled: Stand, office: Office) -> None:
    office.incident()

    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        await browser.log_in("vera")
        for path in PAGES:
            if not path.startswith("/api/"):
                text = (await browser.get(path)).text.partition("<main")[2]
                assert 'method="post"' not in text or path == "/trouble", path

    peopled.play(scene)


def test_the_table_names_every_path_with_the_role_it_takes() -> None:
    table = access_of(has_operations=True, is_public=False)
    assert all(role is not None for path in ("/trouble", "/status/{file:path}") for role in table[path].values())
    acting = [path for path, methods in table.items() if methods.get("POST") is Role.VIEWER]
    assert acting == ["/logout", "/trouble", "/api/trouble"]
