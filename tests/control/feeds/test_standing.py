import asyncio

from mainstay.control.feeds.cache import Kept
from mainstay.control.feeds.feed import Feed
from mainstay.control.feeds.standing import ComponentSaid, standings_of
from mainstay.lab.feeds.story import Story
from mainstay.model.incident import ComponentStatus
from tests.control.feeds.scripted import SITE, SOURCE, ScriptedFetch


def test_a_page_is_shown_with_what_it_publishes_and_what_it_comes_to() -> None:
    story = Story("Lab", ("API", "Console"))
    story.update("a", "investigating", "We look.", 10.0, {"API": "partial_outage"}, name="Errors")
    story.update("b", "investigating", "Opus 4.6", 20.0, {"API": "degraded_performance"}, name="Opus 4.6 errors")
    story.update("c", "resolved", "Over.", 5.0)
    feed = Feed(SOURCE, Kept(SITE), lambda: 0.5)
    asyncio.run(feed.ask(ScriptedFetch(story), 100.0))
    (shown,) = standings_of(feed)
    assert (shown.upstream, shown.state, shown.kind, shown.name, shown.read_at) == (
        "alpha",
        "ok",
        "statuspage",
        "Lab",
        100.0,
    )
    assert shown.components == (
        ComponentSaid("API", ComponentStatus.DEGRADED, ComponentStatus.PARTIAL_OUTAGE),
        ComponentSaid("Console", ComponentStatus.OPERATIONAL, ComponentStatus.OPERATIONAL),
    )
    assert [one.id for one in shown.incidents] == ["b", "a"]
    assert {one.component for one in shown.claims} == {"upstream:alpha", "upstream:alpha/claude-opus-4-6"}
    assert shown.indicator is ComponentStatus.PARTIAL_OUTAGE


def test_one_that_was_never_read_says_nothing() -> None:
    (shown,) = standings_of(Feed(SOURCE, Kept(SITE), lambda: 0.5))
    assert (shown.read_at, shown.kind, shown.indicator, shown.claims) == (None, "", ComponentStatus.OPERATIONAL, ())
