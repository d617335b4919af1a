"""Operations in Chromium: a fault appears, a playbook is approved, the status page changes; axe on every page."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from mainstay.model.components import Component
from tests.control.office import Office, standing
from tests.control.site import Site, goto_when_it_listens, log_in
from tests.control.stand import Stand

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
    "/status-page?incident=INC-1",
    "/notifications",
    "/trouble",
)
LOOKS = {"light": (1200, "light"), "dark": (1200, "dark"), "phone": (360, "light")}


@pytest.fixture
def site(peopled: Stand, office: Office) -> Iterator[Site]:
    office.publish()
    site = Site(peopled)
    site.start()
    yield site
    site.stop()


def page_of(chromium: Browser, site: Site, look: str = "light") -> Page:
    width, scheme = LOOKS[look]
    context = chromium.new_context(
        base_url=site.url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    goto_when_it_listens(page)
    log_in(page, "otto")
    return page


def test_from_a_fault_to_the_status_page(chromium: Browser, site: Site, office: Office) -> None:
    page = page_of(chromium, site)
    expect(page.get_by_text("No incident is open")).to_be_visible()
    # Nobody loads the page: it is told.
    office.standing = (standing(Component("alpha"), "ill", office.wall()),)
    office.incident()
    office.changed()
    expect(page.get_by_role("link", name="INC-1: Alpha is down")).to_be_visible()
    expect(page.get_by_text("9 of 10 attempts failed").first).to_be_visible()
    page.get_by_role("link", name="INC-1: Alpha is down").click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    page.get_by_role("link", name="Playbooks for it").click()
    page.get_by_role("link", name="help", exact=True).click()
    page.get_by_role("button", name="Run it for INC-1").click()
    office.runner.turn()
    office.changed()
    page.get_by_label("Comment").fill("go on")
    page.get_by_role("button", name="Approve").click()
    for _ in range(5):
        office.runner.turn()
    office.publish()
    expect(page.get_by_text("3 of 3 are over")).to_be_visible()
    page.get_by_role("link", name="Status page").click()
    expect(page.get_by_text("We found the cause and work around it.")).to_be_visible()
    page.goto("/status/")
    expect(page.get_by_text("We found the cause and work around it.").first).to_be_visible()
    page.goto("/orders")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("None: routing is as the configuration says.")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible_and_fits(chromium: Browser, site: Site, office: Office, look: str) -> None:
    office.standing = (
        standing(Component("alpha"), "ill", office.wall()),
        standing(Component("beta"), "suspected", office.wall()),
        standing(Component(model="first"), wall=office.wall()),
    )
    office.incident()
    page = page_of(chromium, site, look)
    page.goto("/playbooks/help?incident=INC-1")
    page.get_by_role("button", name="Run it for INC-1").click()
    office.runner.turn()
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look][0], path
        found = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], path
    page.context.close()


def test_the_keyboard_is_enough(chromium: Browser, site: Site) -> None:
    page = page_of(chromium, site)
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Orders", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    page.context.close()
