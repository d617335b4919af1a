"""What others do to the control plane: status feeds that misbehave, ten thousand reports from one address, a webhook
that hangs. It stays well, and says what happens."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from mainstay.lab.feeds.server import FeedServer
from mainstay.lab.feeds.story import Story
from mainstay.model.records import FeedRecord, TroubleRecord
from tests.control.notices.sink import running_sink
from tests.e2e.lanes import Tree
from tests.e2e.outages import ILL, Site, Traffic, site
from tests.e2e.raw import connect, get, request_bytes
from tests.e2e.replicas import measured

REPORTS, LINES, BATCH = 10_000, 4, 50
REPORTS_SECONDS_MAX = 120.0
WELL_SECONDS = 1.0
BEHAVIOURS = {"down": "down", "slow": "slow", "huge": "flood", "marked": "scripts"}
"""Upstreams, and how the status page of each behaves. That of `ILL` says that all is well, whatever happens."""
STATES = {"down": "down", "slow": "slow", "huge": "too-large"}
NOTICE_SECONDS = 5.0
TOO_LATE_SECONDS = 2 * 3_600.0
MEMORY_MEGABYTES = 40
"""Less than the page of 50 MB."""


def feed(behaviour: str, words: str = "") -> FeedServer:
    story = Story("A provider", ("API",))
    if words:
        story.update("inc-1", "investigating", words, time.time(), {"API": "major_outage"}, name=words, impact="major")
    server = FeedServer(story)
    server.behaviour = behaviour
    return server


def said(running: Site) -> dict[str, set[str]]:
    """Of each upstream the states that were written down of its page."""
    found: dict[str, set[str]] = {}
    for one in running.heard(FeedRecord):
        found.setdefault(one.feed, set()).add(one.state)
    return found


def is_well(running: Site) -> bool:
    """Whether the control plane answers at once."""
    begun_at = time.monotonic()
    return get(running.control_url, "/readyz").status == 200 and time.monotonic() - begun_at < WELL_SECONDS


def memory_megabytes(running: Site) -> float:
    """What the control plane has had in memory at most."""
    lines = Path(f"/proc/{running.control.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1_000


def test_bad_status_feeds_are_told_of_and_harm_nobody(tmp_path: Path) -> None:
    with ExitStack() as stack:
        feeds = {name: stack.enter_context(feed(how, "API errors")) for name, how in BEHAVIOURS.items()}
        feeds[ILL] = stack.enter_context(feed("well"))
        urls = {name: one.url for name, one in feeds.items()}
        running = stack.enter_context(site(tmp_path, urls, detection={"feed_seconds": 15})).settle()
        before = memory_megabytes(running)
        running.soon(lambda: all(state in said(running).get(name, ()) for name, state in STATES.items()), "it is said")
        running.soon(lambda: "major_outage" in said(running).get("marked", ()), "the page with scripts is read")
        assert is_well(running)
        assert memory_megabytes(running) - before < MEMORY_MEGABYTES
        traffic = stack.enter_context(Traffic(running.url))
        running.fail(traffic)
        running.soon(lambda: running.told("INC-"), "our own requests are believed, whatever the page says")
        assert_no_scripts(running)
        assert_accuracy_is_told(running)
        assert traffic.failed == []


def assert_no_scripts(running: Site) -> None:
    """Neither the status page nor the console show markup of others."""
    pages = [path.read_text() for path in (running.state / "status-page").rglob("*.html")]
    pages += [get(running.control_url, path).text for path in ("/", "/upstreams", "/upstreams/marked", "/status/")]
    assert any("API errors" in page for page in pages)
    assert [page for page in pages if "alert(1)" in page or "onerror" in page] == []


def assert_accuracy_is_told(running: Site) -> None:
    """The page that kept silent is known to have missed it, once it is too late to speak of it."""
    running.soon(lambda: running.is_held_for("ill"), "it is in the ledger, which is read once an hour")
    running.clock.move(TOO_LATE_SECONDS)
    missed = "told 0 of 1 troubles that we saw"
    running.soon(lambda: missed in get(running.control_url, f"/upstreams/{ILL}").text, "the page has missed one")


def test_ten_thousand_reports_from_one_address_count_once(tmp_path: Path) -> None:
    with site(tmp_path) as running:
        running.settle()
        request = request_bytes("/api/trouble", {"component": "", "text": "it hangs"}).replace(
            b"host: gateway", running.control_url.removeprefix("http://").encode().join((b"host: ", b""))
        )
        begun_at = time.monotonic()
        with ThreadPoolExecutor(LINES) as crew:
            sent = [crew.submit(send_many, running.control_url, request, REPORTS // LINES) for _ in range(LINES)]
            slowest = until_done(running, lambda: all(one.done() for one in sent))
            assert sum(one.result() for one in sent) == REPORTS
        seconds = time.monotonic() - begun_at
        measured(f"{REPORTS} reports in {seconds:.1f} s; /readyz within {slowest:.2f} s meanwhile")
        assert seconds < REPORTS_SECONDS_MAX
        assert slowest < WELL_SECONDS
        records = running.soon(lambda: running.heard(TroubleRecord), "the report is in the ledger")
        assert [one.counted for one in records].count(True) == 1
        assert len(records) < 50
        assert running.incidents() == ()


def send_many(url: str, request: bytes, count: int) -> int:
    """Send it so often on one connection; how often it was accepted."""
    accepted = 0
    with closing(connect(url)) as line:
        for _ in range(count // BATCH):
            line.sendall(request * BATCH)
            data = b""
            while data.count(b"HTTP/1.1 ") < BATCH or not data.endswith(b"}"):
                part = line.recv(65_536)
                assert part, f"closed: {data[-500:]!r}"
                data += part
            accepted += data.count(b"HTTP/1.1 202")
    return accepted


def until_done(running: Site, is_done: Callable[[], bool]) -> float:
    """Ask for `/readyz` again and again; the longest that an answer took."""
    slowest = 0.0
    while not is_done():
        begun_at = time.monotonic()
        assert get(running.control_url, "/readyz").status == 200
        slowest = max(slowest, time.monotonic() - begun_at)
        time.sleep(0.05)
    return slowest


def test_a_webhook_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    with running_sink() as hanging, running_sink() as other, site(tmp_path) as running:
        hanging.mode = "hang"
        targets: Tree = {"first": {"webhook": hanging.url}, "second": {"webhook": other.url}}
        routes: Tree = [{"severity": "info", "targets": ["first", "second"]}]
        running.write(notifications={"targets": targets, "routes": routes})
        running.settle()
        for number in (1, 2, 3):
            running.command("incident", "open", f"Trouble {number}", "--impact", "major")
            begun_at = time.monotonic()
            running.soon(lambda: len(other.posts) >= number, "the other one is told")  # noqa: B023 - asked at once
            seconds = time.monotonic() - begun_at
            measured(f"told {seconds:.2f} s after the command, while another target hangs")
            assert seconds < NOTICE_SECONDS
        assert len(hanging.posts) >= 1
        assert {one.target for one in running.notices("sent")} <= {"second"}
