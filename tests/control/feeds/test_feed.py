import asyncio

import pytest

from mainstay.control.feeds.cache import Kept
from mainstay.control.feeds.feed import BACKOFF_MAX, PAUSE_SECONDS_MAX, RECORDS_PER_HOUR, Feed, News
from mainstay.control.feeds.fetching import FeedTroubleError, Marks
from mainstay.lab.feeds.story import Story
from mainstay.ops.feeds.fold import Change
from tests.control.feeds.scripted import INCIDENTS, SITE, SOURCE, SUMMARY, ScriptedFetch

NOW = 1_000_000.0


class Bench:
    def __init__(self) -> None:
        self.fetch = ScriptedFetch(Story("Lab", ("API",)))
        self.feed = Feed(SOURCE, Kept(SITE), lambda: 0.5)
        self.wall = NOW

    def ask(self) -> News:
        self.wall += 60
        return asyncio.run(self.feed.ask(self.fetch, self.wall))

    def states(self, news: News) -> list[tuple[str, str]]:
        return [(one.subject, one.state) for one in news.changes]

    @property
    def asked(self) -> list[str]:
        return [url for url, _ in self.fetch.asked]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_page_is_found_below_its_site_and_asked_there_from_then_on(bench: Bench) -> None:
    bench.ask()
    bench.ask()
    assert bench.asked == [SUMMARY, INCIDENTS, SUMMARY]
    assert bench.fetch.asked[-1][1] == Marks("v0")


def test_a_change_is_news_and_the_same_again_is_not(bench: Bench) -> None:
    bench.ask()
    bench.fetch.story.update("a", "investigating", "We look.", bench.wall, {"API": "partial_outage"}, name="Errors")
    news = bench.ask()
    assert ("about upstream:alpha", "partial_outage") in bench.states(news)
    assert news.has_changed
    again = bench.ask()
    assert (again.changes, again.has_changed, [one.is_bad for one in again.evidence]) == ((), False, [True])


def test_how_an_incident_ended_is_read_elsewhere(bench: Bench) -> None:
    bench.fetch.story.update("a", "investigating", "We look.", NOW, {"API": "partial_outage"})
    bench.ask()
    bench.fetch.story.update("a", "resolved", "It is over.", NOW + 70, {"API": "operational"})
    texts = [one.text for one in bench.ask().changes if one.subject == "incident a"]
    assert texts == ["a: It is over."]


def test_where_that_does_not_answer_what_is_not_listed_any_more_is_over(bench: Bench) -> None:
    bench.fetch.story.update("a", "investigating", "We look.", NOW, {"API": "partial_outage"})
    bench.ask()
    bench.fetch.story.update("a", "resolved", "It is over.", NOW + 70, {"API": "operational"})
    bench.fetch.troubles[INCIDENTS] = FeedTroubleError("down", "it answers 503")
    assert ("incident a", "resolved") in bench.states(bench.ask())


def test_trouble_is_told_when_it_begins_and_when_it_ends(bench: Bench) -> None:
    bench.ask()
    bench.fetch.troubles[SUMMARY] = FeedTroubleError("down", "it answers 503")
    news = bench.ask()
    assert news.changes == (Change("feed", "down", bench.wall, "it answers 503"),)
    assert bench.ask().changes == ()
    assert (bench.feed.state, bench.feed.trouble) == ("down", "it answers 503")
    bench.fetch.troubles.clear()
    assert bench.states(bench.ask()) == [("feed", "ok")]


def test_one_that_is_down_is_not_looked_for_elsewhere(bench: Bench) -> None:
    bench.fetch.troubles[SUMMARY] = FeedTroubleError("slow", "no whole answer")
    bench.ask()
    assert bench.asked == [SUMMARY]


def test_a_page_that_is_nowhere_is_unreadable_and_says_what_to_do(bench: Bench) -> None:
    bench.fetch.troubles[SUMMARY] = FeedTroubleError("missing", "nothing is there (404)")
    (change,) = bench.ask().changes
    assert (change.state, "name its JSON or RSS address" in change.text) == ("unreadable", True)


def test_a_page_that_moved_is_looked_for_again(bench: Bench) -> None:
    bench.ask()
    bench.fetch.bodies[SUMMARY] = b"<html>moved</html>"
    assert bench.states(bench.ask()) == [("feed", "unreadable")]
    bench.fetch.bodies = {f"{SITE}/summary.json": b'{"page": {"name": "Lab", "status": "UP"}}'}
    bench.fetch.troubles[SUMMARY] = FeedTroubleError("missing", "nothing is there (404)")
    assert bench.states(bench.ask()) == [("feed", "ok")]
    assert bench.feed.kept.found == f"{SITE}/summary.json"


def test_a_page_whose_address_is_gone_is_looked_for_at_once(bench: Bench) -> None:
    bench.ask()
    bench.fetch.troubles[SUMMARY] = FeedTroubleError("missing", "nothing is there (404)")
    bench.fetch.bodies = {f"{SITE}/history.rss": b"<rss><channel><title>Lab</title></channel></rss>"}
    assert bench.states(bench.ask()) == []
    assert bench.feed.kept.found == f"{SITE}/history.rss"


def test_a_page_that_became_unreadable_is_looked_for_elsewhere(bench: Bench) -> None:
    bench.ask()
    bench.fetch.bodies[SUMMARY] = b"<html>moved</html>"
    bench.ask()
    bench.fetch.bodies[f"{SITE}/index.json"] = b'{"data": {"id": "1", "type": "status_page"}}'
    assert bench.states(bench.ask()) == [("feed", "ok")]
    assert bench.feed.kept.found == f"{SITE}/index.json"


def test_pauses_grow_with_failures_and_shrink_again(bench: Bench) -> None:
    assert bench.feed.pause_seconds(60.0) == 60.0
    bench.fetch.troubles[SUMMARY] = FeedTroubleError("down", "it answers 503")
    pauses = []
    for _ in range(BACKOFF_MAX + 2):
        bench.ask()
        pauses.append(bench.feed.pause_seconds(60.0))
    assert pauses[:3] == [120.0, 240.0, 480.0]
    assert pauses[-1] == PAUSE_SECONDS_MAX
    bench.fetch.troubles.clear()
    bench.ask()
    assert bench.feed.pause_seconds(60.0) == 60.0


def test_a_page_that_asks_for_a_wait_gets_it(bench: Bench) -> None:
    bench.fetch.troubles[SUMMARY] = FeedTroubleError("throttled", "429", 1_800.0)
    bench.ask()
    assert bench.feed.pause_seconds(60.0) == 1_800.0


def test_readings_are_not_all_at_the_same_instant() -> None:
    early, late = (Feed(SOURCE, Kept(SITE), lambda throw=throw: throw) for throw in (0.0, 1.0))  # type: ignore[misc]
    assert (early.pause_seconds(60.0), late.pause_seconds(60.0)) == (54.0, 66.0)


def test_so_many_changes_an_hour_are_written_down_and_one_says_that_there_were_more(bench: Bench) -> None:
    changes = tuple(Change("component API", "degraded") for _ in range(200))
    assert len(bench.feed.within_bounds(changes, 0.0)) == 200
    kept = bench.feed.within_bounds(changes, 1.0)
    assert len(kept) == RECORDS_PER_HOUR - 200 + 1
    assert (kept[-1].subject, kept[-1].state) == ("feed", "floods")
    assert bench.feed.within_bounds(changes, 2.0) == ()
    assert bench.feed.within_bounds(changes[:5], 3_602.0) == changes[:5]
