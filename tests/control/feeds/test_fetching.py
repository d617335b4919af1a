import asyncio
import tracemalloc
from collections.abc import Iterator

import pytest

from mainstay.control.feeds.fetching import Answer, FeedTroubleError, Marks, open_fetcher
from mainstay.lab.feeds.server import FeedServer
from mainstay.lab.feeds.story import Story
from mainstay.ops.feeds.reading import BYTES_MAX

SUMMARY = "/api/v2/summary.json"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer(Story("Lab", ("API",))) as server:
        yield server


def fetch(url: str, marks: Marks | None = None, seconds: float = 5.0) -> Answer:
    async def ask() -> Answer:
        async with open_fetcher(seconds) as fetcher:
            return await fetcher(url, marks or Marks())

    return asyncio.run(ask())


def trouble(server: FeedServer, behaviour: str, seconds: float = 5.0) -> FeedTroubleError:
    server.behaviour = behaviour
    with pytest.raises(FeedTroubleError) as caught:
        fetch(server.url + SUMMARY, seconds=seconds)
    return caught.value


def test_an_answer_is_had_with_its_marks(server: FeedServer) -> None:
    answer = fetch(server.url + SUMMARY)
    assert answer.body == server.story.summary()
    assert answer.marks.etag


def test_what_has_not_changed_is_not_sent_again(server: FeedServer) -> None:
    marks = fetch(server.url + SUMMARY).marks
    assert fetch(server.url + SUMMARY, marks).body is None
    assert server.requests[-1].headers["if-none-match"] == marks.etag
    fetch(server.url + SUMMARY, Marks(last_modified="Mon, 02 Mar 2026 11:00:00 GMT"))
    assert server.requests[-1].headers["if-modified-since"] == "Mon, 02 Mar 2026 11:00:00 GMT"


def test_we_say_who_we_are(server: FeedServer) -> None:
    fetch(server.url + SUMMARY)
    assert server.requests[-1].headers["user-agent"].startswith("mainstay/")


def test_one_that_is_down_is_told_so_with_the_wait_that_it_asks_for(server: FeedServer) -> None:
    server.retry_after = "120"
    error = trouble(server, "down")
    assert (error.trouble, str(error), error.wait_seconds) == ("down", "it answers 503", 120.0)
    assert trouble(server, "throttled").trouble == "throttled"


def test_nothing_there_is_another_thing_than_down(server: FeedServer) -> None:
    with pytest.raises(FeedTroubleError) as caught:
        fetch(f"{server.url}/nothing")
    assert caught.value.trouble == "missing"


def test_nobody_there_is_down() -> None:
    with FeedServer(Story("Lab", ())) as server:
        url = server.url
    with pytest.raises(FeedTroubleError) as caught:
        fetch(url)
    assert caught.value.trouble == "down"


@pytest.mark.parametrize("behaviour", ["slow", "hanging"])
def test_one_that_takes_its_time_is_left(server: FeedServer, behaviour: str) -> None:
    assert trouble(server, behaviour, seconds=0.2).trouble == "slow"


@pytest.mark.parametrize("behaviour", ["flood", "bomb"])
def test_fifty_megabytes_are_not_taken(server: FeedServer, behaviour: str) -> None:
    error = trouble(server, behaviour)
    assert (error.trouble, "5,000,000" in str(error)) == ("too-large", True)


def test_a_bomb_is_not_even_unpacked(server: FeedServer) -> None:
    tracemalloc.start()
    try:
        trouble(server, "bomb")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * BYTES_MAX


def test_a_redirect_to_this_machine_is_followed_and_another_is_not(server: FeedServer) -> None:
    with FeedServer(Story("Other", ("API",))) as other:
        server.behaviour, server.target = "elsewhere", other.url + SUMMARY
        assert fetch(server.url).body == other.story.summary()
    server.target = "https://169.254.169.254/latest"
    assert trouble(server, "elsewhere").trouble == "refused"


def test_a_redirect_without_end_is_left(server: FeedServer) -> None:
    server.target = f"{server.url}/again"
    error = trouble(server, "elsewhere")
    assert (error.trouble, len(server.requests)) == ("refused", 4)
