import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import msgspec
import pytest

from mainstay.control.background import Background
from mainstay.control.feeds.cache import FeedCache
from mainstay.control.feeds.fetching import Answer, Fetch, Marks, open_fetcher
from mainstay.control.feeds.poller import FeedClocks, FeedEars, FeedPoller
from mainstay.control.feeds.sources import FeedSource
from mainstay.lab.feeds.server import FeedServer
from mainstay.lab.feeds.story import Story
from mainstay.model.evidence import Evidence
from mainstay.model.records import FeedRecord, Record
from mainstay.ops.feeds.claims import About
from tests.control.feeds.scripted import SITE, SOURCE, ScriptedFetch

NOW = 2_000_000_000.0


class Bench:
    """A poller whose clock stands still until a test moves it."""

    def __init__(self, state: Path, *sources: FeedSource) -> None:
        self.now = NOW
        self.sources = sources
        self.is_active = True
        self.records: list[Record] = []
        self.evidence: list[Evidence] = []
        self.lines: list[str] = []
        ears = FeedEars(self.records.append, self.evidence.append, self.lines.append)
        clocks = FeedClocks(lambda: self.now, lambda: self.now, lambda: 0.5, lambda: "id", lambda: 60.0)
        cache = FeedCache(state, self.lines.append)
        self.poller = FeedPoller(lambda: self.sources, cache, ears, clocks, lambda: self.is_active)

    def poll(self, fetch: Fetch, seconds: float = 0.0) -> None:
        self.now += seconds
        asyncio.run(self.poller.poll_due(fetch))

    def poll_for_real(self, slow_url: str = "none") -> None:
        """Ask over sockets. The page at `slow_url` is given little time, all others plenty."""

        async def work() -> None:
            async with open_fetcher(30.0) as patient, open_fetcher(0.2) as impatient:

                async def ask(url: str, marks: Marks) -> Answer:
                    return await (impatient if url.startswith(slow_url) else patient)(url, marks)

                await self.poller.poll_due(ask)

        asyncio.run(work())

    @property
    def said(self) -> list[tuple[str, str, str]]:
        return [(one.feed, one.subject, one.state) for one in self.records if isinstance(one, FeedRecord)]


@pytest.fixture
def fetch() -> ScriptedFetch:
    return ScriptedFetch(Story("Lab", ("API",)))


def test_a_page_is_read_when_it_is_due(tmp_path: Path, fetch: ScriptedFetch) -> None:
    bench = Bench(tmp_path, SOURCE)
    bench.poll(fetch)
    bench.poll(fetch, 59.0)
    assert len(fetch.asked) == 2
    bench.poll(fetch, 1.0)
    assert len(fetch.asked) == 3


def test_changes_become_records_and_evidence(tmp_path: Path, fetch: ScriptedFetch) -> None:
    bench = Bench(tmp_path, SOURCE)
    bench.poll(fetch)
    fetch.story.update("a", "investigating", "We look.", NOW + 10, {"API": "major_outage"}, name="Errors")
    bench.poll(fetch, 60.0)
    assert bench.said == [
        ("alpha", "component API", "major_outage"),
        ("alpha", "incident a", "investigating"),
        ("alpha", "about upstream:alpha", "major_outage"),
    ]
    assert [(one.component, one.is_bad) for one in bench.evidence] == [("upstream:alpha", True)]
    (shown,) = bench.poller.standings()
    assert [one.component for one in shown.claims] == ["upstream:alpha"]


def test_a_page_of_two_upstreams_is_read_once_and_told_of_both(tmp_path: Path, fetch: ScriptedFetch) -> None:
    bench = Bench(tmp_path, FeedSource(SITE, (About("alpha"), About("beta"))))
    fetch.story.update("a", "investigating", "We look.", NOW, {"API": "major_outage"}, name="Errors")
    bench.poll(fetch)
    assert len(fetch.asked) == 2
    assert [feed for feed, subject, _ in bench.said if subject == "incident a"] == ["alpha", "beta"]
    about = [(feed, subject) for feed, subject, _ in bench.said if subject.startswith("about")]
    assert about == [("alpha", "about upstream:alpha"), ("beta", "about upstream:beta")]


def test_a_restart_knows_what_was_said(tmp_path: Path, fetch: ScriptedFetch) -> None:
    fetch.story.update("a", "investigating", "We look.", NOW, {"API": "major_outage"}, name="Errors")
    Bench(tmp_path, SOURCE).poll(fetch)
    second = Bench(tmp_path, SOURCE)
    second.poll(fetch)
    assert second.said == []
    assert [one.is_bad for one in second.evidence] == [True]


def test_a_page_that_is_configured_no_more_is_forgotten(tmp_path: Path, fetch: ScriptedFetch) -> None:
    bench = Bench(tmp_path, SOURCE)
    bench.poll(fetch)
    bench.sources = ()
    bench.poll(fetch, 60.0)
    assert bench.poller.standings() == ()
    assert list((tmp_path / "control" / "feeds").iterdir()) == []


def test_a_defect_in_reading_one_page_is_told_and_ends_nothing(tmp_path: Path) -> None:
    async def broken(url: str, marks: Marks) -> Answer:
        raise KeyError(url, marks)

    bench = Bench(tmp_path, SOURCE)
    bench.poll(broken)
    assert bench.said == [("alpha", "feed", "unreadable")]
    assert "a defect of ours: KeyError" in bench.lines[0]


@pytest.mark.parametrize(
    ("behaviour", "state"),
    [
        ("down", "down"),
        ("throttled", "throttled"),
        ("slow", "slow"),
        ("hanging", "slow"),
        ("flood", "too-large"),
        ("bomb", "too-large"),
        ("garbage", "unreadable"),
    ],
)
def test_a_page_in_trouble_is_told_so_and_holds_up_no_other(tmp_path: Path, behaviour: str, state: str) -> None:
    story = Story("Lab", ("API",))
    with FeedServer(story) as bad, FeedServer(story) as good:
        story.update("a", "investigating", "We look.", NOW, {"API": "major_outage"}, name="Errors")
        bad.behaviour = behaviour
        bench = Bench(tmp_path, _source(bad, "alpha"), _source(good, "beta"))
        slow = bad.url if state == "slow" else "none"
        bench.poll_for_real(slow)
        bench.now += 10.0
        bench.poll_for_real(slow)
    assert ("alpha", "feed", state) in bench.said
    assert ("beta", "about upstream:beta", "major_outage") in bench.said
    assert [one.component for one in bench.evidence] == ["upstream:beta"]


def test_markup_reaches_no_record(tmp_path: Path) -> None:
    story = Story("Lab", ("API",))
    story.update("a", "investigating", "We look.", NOW, {"API": "major_outage"}, name="Errors")
    with FeedServer(story) as server:
        server.behaviour = "scripts"
        bench = Bench(tmp_path, _source(server, "alpha"))
        bench.poll_for_real()
    assert ("alpha", "component API", "major_outage") in bench.said
    assert b"<" not in msgspec.json.encode((bench.records, bench.poller.standings()))


def test_a_page_that_lies_is_taken_by_the_worst_that_it_says_and_not_from_the_future(tmp_path: Path) -> None:
    story = Story("Lab", ("API",))
    story.update("a", "investigating", "We look.", NOW, {"API": "major_outage"}, name="Errors")
    with FeedServer(story) as server:
        server.behaviour = "lying"
        bench = Bench(tmp_path, _source(server, "alpha"))
        bench.poll_for_real()
    (about,) = [one for one in bench.records if isinstance(one, FeedRecord) and one.subject.startswith("about")]
    assert (about.state, about.said_at) == ("major_outage", NOW)
    assert ("alpha", "component API", "major_outage") in bench.said


def _source(server: FeedServer, name: str) -> FeedSource:
    return FeedSource(f"{server.url}/api/v2/summary.json", (About(name),))


def test_it_runs_in_a_thread_while_it_is_our_turn(tmp_path: Path, fetch: ScriptedFetch) -> None:
    asked = Event()

    @asynccontextmanager
    async def opened() -> AsyncIterator[Fetch]:
        async def ask(url: str, marks: Marks) -> Answer:
            asked.set()
            return await fetch(url, marks)

        yield ask

    bench = Bench(tmp_path, SOURCE)
    bench.poller._open_fetch = opened
    job = Background("feeds", bench.poller.run)
    job.start()
    assert asked.wait(10.0)
    assert job.close()


def test_nothing_is_read_while_another_acts(tmp_path: Path, fetch: ScriptedFetch) -> None:
    glances: list[int] = []

    class Stop:
        def is_set(self) -> bool:
            glances.append(1)
            return len(glances) > 1

        def wait(self, timeout: float | None = None) -> bool:
            return True

    @asynccontextmanager
    async def opened() -> AsyncIterator[Fetch]:
        yield fetch

    bench = Bench(tmp_path, SOURCE)
    bench.is_active = False
    bench.poller._open_fetch = opened
    bench.poller.run(Stop())
    assert fetch.asked == []


def test_a_poller_that_cannot_begin_says_so(tmp_path: Path) -> None:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Fetch]:
        if tmp_path.name:
            raise ValueError("no proxy like that")
        yield ScriptedFetch(Story("Lab", ()))

    bench = Bench(tmp_path, SOURCE)
    bench.poller._open_fetch = opened
    bench.poller.run(Event())
    assert bench.lines == ["status pages: are read no more: ValueError: no proxy like that"]
