"""The page in a real Chromium: as another host serves the exported folder, with and without scripts."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, ViewportSize, expect

from mainstay.control.status_page.public_folder import PublicFolder
from mainstay.control.status_page.rendering import Renderer
from mainstay.ops.status.reading import status_view
from tests.ops.status.samples import NOW, sources

PAGES = ("index.html", "history.html", "incidents/INC-2.html")
PATIENCE_MILLISECONDS = 30_000
DESK, PHONE = (1_100, 900), (360, 740)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def end_headers(self) -> None:
        # Files that are written twice within a second have the same date.
        self.send_header("cache-control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody listens."""


class Host:
    """Another host, which knows nothing but the exported folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write(NOW)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def write(self, at: float) -> None:
        view = status_view(replace(sources(), at=at))
        PublicFolder(self.folder).replace(Renderer().files(view))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path / "page")
    thread = threading.Thread(target=host.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield host
    host.server.shutdown()
    thread.join()
    host.server.server_close()


@pytest.mark.parametrize(
    ("scheme", "size", "pages"),
    [("light", DESK, PAGES), ("dark", PHONE, PAGES), ("dark", DESK, PAGES[:1]), ("light", PHONE, PAGES[:1])],
    ids=["light desk", "dark phone", "dark desk", "light phone"],
)
def test_every_page_is_accessible_and_fits(
    chromium: Browser, host: Host, scheme: Literal["light", "dark"], size: tuple[int, int], pages: tuple[str, ...]
) -> None:
    viewport = ViewportSize(width=size[0], height=size[1])
    with chromium.new_context(base_url=host.url, color_scheme=scheme, viewport=viewport) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        for path in pages:
            page.goto(f"/{path}")
            for closed in page.locator("details").all():
                closed.locator("summary").click()
            found = Axe().run(page).response
            assert found["passes"], path
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
        assert complaints == []


def test_without_scripts_everything_is_there(chromium: Browser, host: Host) -> None:
    with chromium.new_context(base_url=host.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/")
        expect(page.get_by_text("Partial outage", exact=True).first).to_be_visible()
        expect(page.get_by_text("This page was written at 2026-05-28 20:30 UTC")).to_be_visible()
        expect(page.get_by_role("img", name="sonnet: the last 90 days")).to_be_visible()
        expect(page.locator("#old")).to_be_hidden()
        page.get_by_role("link", name="Answers fail").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Answers fail")


def opened(chromium: Browser, host: Host) -> Page:
    """The page, in a browser whose clock stands where the page was written."""
    page = chromium.new_context(base_url=host.url).new_page()
    page.clock.install(time=NOW)
    page.goto("/")
    return page


def test_a_page_that_grows_old_says_so(chromium: Browser, host: Host) -> None:
    page = opened(chromium, host)
    page.clock.run_for(4 * 60_000)
    expect(page.locator("#old")).to_be_hidden()
    page.clock.run_for(2 * 60_000)
    expect(page.locator("#old")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    page.context.close()


def test_a_page_that_was_written_anew_is_shown(chromium: Browser, host: Host) -> None:
    page = opened(chromium, host)
    host.write(NOW + 120)
    page.clock.run_for(61_000)
    expect(page.get_by_text("2026-05-28 20:32 UTC")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    page.context.close()


def test_a_page_whose_files_were_written_a_moment_apart_is_not_loaded_for_ever(chromium: Browser, host: Host) -> None:
    host.write(NOW + 0.4)
    page = chromium.new_page()
    loaded: list[str] = []
    page.on("load", lambda one: loaded.append(one.url))
    with page.expect_response(re.compile("status.json")):
        page.goto(f"{host.url}/index.html")
    host.write(NOW + 7.0)
    with page.expect_response(re.compile("status.json")):
        page.reload()
    page.wait_for_load_state("networkidle")
    assert len(loaded) == 2
    page.close()
