"""The pages in a real Chromium, served by the real server on loopback, with and without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from mainstay.control.people.roles import Role
from tests.control.issuer_server import IssuerServer
from tests.control.site import Site, goto_when_it_listens, log_in
from tests.control.stand import Stand, shipping


@pytest.fixture
def provider() -> Iterator[IssuerServer]:
    with IssuerServer() as server:
        yield server


@pytest.fixture
def site(peopled: Stand, provider: IssuerServer) -> Iterator[Site]:
    peopled.shipping = shipping(lag_records=3, lag_seconds=1.0)
    peopled.more = (
        f', login: {{issuer: "{provider.url}", client_id: mainstay, client_secret: "env:SECRET", '
        "roles: {ops: operator}}"
    )
    site = Site(peopled)
    site.start()
    yield site
    site.stop()


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, chromium: Browser, site: Site) -> Iterator[Page]:
    """A fresh browser at the login page. What the browser complains about is a failure."""
    context = chromium.new_context(base_url=site.url, java_script_enabled=bool(request.param))
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    goto_when_it_listens(page)
    complaints.clear()
    yield page
    context.close()
    # Answers with an error status are shown as pages and told on the console, too.
    assert [one for one in complaints if "responded with a status" not in one] == []


def test_a_person_logs_in_sees_the_overview_and_logs_out(page: Page, site: Site) -> None:
    log_in(page, "vera", "a wrong password")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    log_in(page, "vera")
    expect(page).to_have_url(f"{site.url}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.get_by_text("catching up")).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text("vera")
    expect(page.get_by_role("link", name="People")).to_have_count(0)
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{site.url}/login")
    page.goto("/people")
    expect(page).to_have_url(f"{site.url}/login?next=/people")


def test_an_admin_adds_changes_and_removes_a_person(page: Page, site: Site) -> None:
    log_in(page, "ada")
    page.get_by_role("link", name="People").click()
    page.get_by_label("Name", exact=True).fill("eve")
    page.get_by_label("Password").fill("a good password")
    page.get_by_role("button", name="Add").click()
    row = page.get_by_role("row").filter(has_text="eve")
    expect(row).to_have_count(1)
    row.get_by_label("Role of eve").select_option("operator")
    row.get_by_role("button", name="Change").click()
    expect(page.get_by_label("Role of eve")).to_have_value("operator")
    assert site.stand.accounts.all()["eve"].role == Role.OPERATOR.word
    row.get_by_text("Remove", exact=True).click()
    row.get_by_role("button", name="Remove eve for good").click()
    expect(page.get_by_role("row").filter(has_text="eve")).to_have_count(0)


def test_a_person_of_the_provider_comes_back_to_the_page_that_was_asked(page: Page, site: Site) -> None:
    page.goto("/logout")
    page.get_by_role("link", name="Log in with your organization").click()
    expect(page).to_have_url(re.compile(re.escape(site.url) + "/$"))
    expect(page.get_by_role("banner")).to_contain_text("Paula")


def test_an_outage_of_the_provider_is_a_plain_page(page: Page, provider: IssuerServer) -> None:
    log_in(page, "vera")
    provider.stop()
    page.goto("/login/provider")
    expect(page.get_by_role("heading", level=1)).to_have_text("The identity provider does not answer")
    page.get_by_role("link", name="Overview", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_every_page_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    log_in(page, "ada")
    for path in ("/", "/people", "/logout", "/nothing"):
        page.goto(path)
        box = page.locator("body").bounding_box()
        assert box is not None
        for part in page.locator("main > *, header > *").all():
            edges = part.bounding_box()
            assert edges is None or edges["x"] + edges["width"] <= box["width"] + 1, path


def test_an_open_overview_is_kept_fresh_and_says_when_it_is_not(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(base_url=site.url)
    page = context.new_page()
    page.clock.install()
    goto_when_it_listens(page)
    log_in(page, "vera")
    expect(page.get_by_text("catching up")).to_be_visible()
    # The script's first timer must run before its clock is moved on.
    page.wait_for_load_state("load")
    site.stand.shipping = shipping("the store does not answer")
    page.clock.run_for(5_000)
    expect(page.get_by_text("the store does not answer")).to_be_visible()
    page.route("**/*", lambda route: route.abort())
    page.clock.run_for(5_000)
    expect(page.get_by_role("status")).to_contain_text("The control plane does not answer.")
    expect(page.get_by_text("the store does not answer")).to_be_visible()
    page.unroute_all()
    page.clock.run_for(5_000)
    expect(page.locator("#stale")).to_be_hidden()
    site.stand.accounts.remove("vera")
    page.clock.run_for(5_000)
    expect(page.get_by_role("status")).to_contain_text("Your session is over.")
    context.close()
