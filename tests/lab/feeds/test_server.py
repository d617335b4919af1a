from collections.abc import Iterator

import httpx
import pytest

from mainstay.lab.feeds.server import BEHAVIOURS, SCRIPT, FeedServer
from mainstay.lab.feeds.story import Story

SUMMARY = "/api/v2/summary.json"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    story = Story("Lab", ("API",))
    story.update("a", "investigating", "We look.", 100.0, {"API": "partial_outage"})
    with FeedServer(story) as server:
        yield server


def get(server: FeedServer, path: str = SUMMARY, **headers: str) -> httpx.Response:
    return httpx.get(server.url + path, headers=headers, timeout=5.0, trust_env=False)


def test_it_serves_its_story_in_three_forms(server: FeedServer) -> None:
    assert get(server).json()["components"][0]["status"] == "partial_outage"
    assert get(server, "/api/v2/incidents.json").json()["incidents"][0]["id"] == "a"
    assert get(server, "/history.atom").text.startswith("<?xml")
    assert get(server, "/elsewhere").status_code == 404
    assert [one.path for one in server.requests][:2] == [SUMMARY, "/api/v2/incidents.json"]


def test_who_has_the_answer_already_is_told_so(server: FeedServer) -> None:
    tag = get(server).headers["etag"]
    assert get(server, **{"if-none-match": tag}).status_code == 304
    server.story.show("API", "operational")
    assert get(server, **{"if-none-match": tag}).status_code == 200


@pytest.mark.parametrize(("behaviour", "status"), [("down", 503), ("throttled", 429), ("elsewhere", 302)])
def test_it_refuses(server: FeedServer, behaviour: str, status: int) -> None:
    server.behaviour, server.retry_after, server.target = behaviour, "7", "https://other.example/"
    assert get(server).status_code == status


def test_it_speaks_nonsense_markup_and_lies(server: FeedServer) -> None:
    server.behaviour = "garbage"
    with pytest.raises(ValueError, match="Expecting"):
        get(server).json()
    server.behaviour = "scripts"
    assert SCRIPT in get(server).json()["components"][0]["name"]
    server.behaviour = "lying"
    lies = get(server).json()
    assert lies["components"][0]["status"] == "operational"
    assert lies["incidents"][0]["incident_updates"][0]["display_at"].startswith("2099")


@pytest.mark.parametrize("behaviour", ["slow", "hanging"])
def test_it_takes_its_time(server: FeedServer, behaviour: str) -> None:
    server.behaviour = behaviour
    with (
        pytest.raises(httpx.TimeoutException),
        httpx.stream("GET", server.url, timeout=0.04, trust_env=False) as answer,
    ):
        answer.read()


def test_it_floods(server: FeedServer) -> None:
    server.behaviour = "bomb"
    assert int(get_head(server)["content-length"]) < 100_000
    server.behaviour = "flood"
    with httpx.stream("GET", server.url, timeout=5.0, trust_env=False) as answer:
        assert sum(len(chunk) for chunk, _ in zip(answer.iter_raw(65_536), range(20), strict=False)) > 1_000_000


def get_head(server: FeedServer) -> httpx.Headers:
    with httpx.stream("GET", server.url, timeout=5.0, trust_env=False) as answer:
        return answer.headers


def test_every_behaviour_is_one_that_it_knows(server: FeedServer) -> None:
    assert server.behaviour in BEHAVIOURS
