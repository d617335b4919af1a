"""The first server dies in the middle of an answer (`kill -9`), and the second one goes on in its words.

The model says the same whole answer each time it is asked and would go on otherwise from any other text, so an answer
that is equal to the whole one was continued from exactly what the caller had seen.
"""

import msgspec
import pytest

from tests.e2e.raw import Body, Heard, post
from tests.selfhosted.stage import FLAGS, MESSAGES, PLAIN, Stage
from tests.selfhosted.talk import (
    ANTHROPIC,
    CHAT,
    PATHS,
    RESPONSES,
    TERMINAL,
    events,
    interrupted,
    question,
    streamed_text,
    text_of,
)

WORDS = 1_500
"""Takes the server a second at least: it is surely killed in the middle."""
POINTS = (3, 150)
ROADS = [
    (CHAT, FLAGS),
    (CHAT, PLAIN),
    (ANTHROPIC, FLAGS),
    (ANTHROPIC, PLAIN),
    (ANTHROPIC, MESSAGES),
    (CHAT, MESSAGES),
]


class Whole(msgspec.Struct, frozen=True):
    """What the model says where nothing breaks, up to two words (`stop`) that it says once. With them as a stop
    sequence an answer ends there, whoever gives it and however many tokens are thought to be left."""

    text: str
    stop: str


@pytest.fixture(scope="session")
def whole(running: Stage) -> Whole:
    said = text_of(post(running.first.url, PATHS[CHAT], question(CHAT, FLAGS, WORDS)))
    words = said.split(" ")
    pairs = (f" {words[at]} {words[at + 1]}" for at in range(len(words) - 200, len(words) - 1))
    stop = next(pair for pair in pairs if said.count(pair) == 1)
    return Whole(said[: said.index(stop)], stop)


def asked(dialect: str, model: str, stop: str = "") -> Body:
    body = question(dialect, model, 2 * WORDS, stream=True)
    if stop:
        body["stop" if dialect == CHAT else "stop_sequences"] = [stop]
    return body


def assert_continued(heard: Heard, model: str, last: bytes) -> None:
    assert f"begun by {model}-first, continued by {model}-second; attempts 2" in heard.text
    assert heard.body.count(last) == 1


@pytest.mark.parametrize("words", POINTS)
@pytest.mark.parametrize(("dialect", "model"), ROADS)
def test_another_server_goes_on_where_the_first_one_died(
    dialect: str, model: str, words: int, whole: Whole, breakable: Stage
) -> None:
    heard = interrupted(breakable.url, dialect, asked(dialect, model, whole.stop), words, breakable.first.kill)
    assert_continued(heard, model, TERMINAL[dialect])
    assert streamed_text(heard) == whole.text


def test_a_caller_of_responses_hears_the_whole_answer_too(whole: Whole, breakable: Stage) -> None:
    """Its dialect has no stop sequences, so the answer runs on to its limit, and says so."""
    heard = interrupted(breakable.url, RESPONSES, asked(RESPONSES, FLAGS), 20, breakable.first.kill)
    assert_continued(heard, FLAGS, b'"type":"response.incomplete"')
    assert streamed_text(heard).startswith(whole.text)
    numbers = [event["sequence_number"] for event in events(heard)]
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_is_gone_before_it_has_spoken_leaves_no_trace(*, stream: bool, breakable: Stage) -> None:
    breakable.first.kill()
    heard = post(breakable.url, PATHS[CHAT], question(CHAT, FLAGS, 5, stream=stream))
    assert heard.status == 200
    assert heard.header("x-mainstay-upstream") == "flags-second"
    assert heard.header("x-mainstay-attempts") == "2"
    assert "first" not in "".join(str(event) for event in events(heard))


def test_where_both_are_gone_the_caller_is_told(breakable: Stage) -> None:
    breakable.first.kill()
    breakable.second.kill()
    heard = post(breakable.url, PATHS[CHAT], question(CHAT, FLAGS, 5))
    assert heard.status == 502
    assert heard.header("x-should-retry") == "false"
