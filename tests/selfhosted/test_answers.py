"""What the gateway hands on from a real server is what that server says when it is asked directly."""

import msgspec
import pytest

from tests.e2e.raw import Body, Heard, post
from tests.selfhosted.stage import FLAGS, ITEMS, MESSAGES, PLAIN, Stage
from tests.selfhosted.talk import (
    ANTHROPIC,
    CHAT,
    PATHS,
    RESPONSES,
    SCHEMA,
    TERMINAL,
    events,
    question,
    streamed_text,
    text_of,
)

NATIVE = pytest.mark.parametrize(("dialect", "model"), [(CHAT, FLAGS), (ANTHROPIC, MESSAGES), (RESPONSES, ITEMS)])
CROSSED = pytest.mark.parametrize(
    ("dialect", "model"),
    [(ANTHROPIC, FLAGS), (RESPONSES, FLAGS), (CHAT, MESSAGES), (RESPONSES, MESSAGES), (CHAT, ITEMS)],
)
PASSING = ("id", "item_id", "created", "created_at", "completed_at", "timings", "usage")
"""Differs from answer to answer. Usage does since the second time the prompt comes out of the cache."""
WORDS = 40


def lasting(value: object) -> object:
    """All that is the same each time."""
    if isinstance(value, dict):
        return {name: lasting(one) for name, one in value.items() if name not in PASSING}
    return [lasting(one) for one in value] if isinstance(value, list) else value


def answer(heard: Heard) -> dict[str, object]:
    assert heard.status == 200
    return msgspec.json.decode(heard.body, type=dict[str, object])


@NATIVE
def test_a_whole_answer_is_the_servers_own(dialect: str, model: str, running: Stage) -> None:
    asked = question(dialect, model, WORDS)
    heard, direct = post(running.url, PATHS[dialect], asked), post(running.first.url, PATHS[dialect], asked)
    assert len(text_of(heard).split()) == WORDS
    assert lasting(answer(heard)) == lasting(answer(direct))


@NATIVE
def test_a_stream_is_the_servers_own(dialect: str, model: str, running: Stage) -> None:
    asked = question(dialect, model, WORDS, stream=True)
    heard, direct = post(running.url, PATHS[dialect], asked), post(running.first.url, PATHS[dialect], asked)
    assert len(streamed_text(heard).split()) == WORDS
    assert lasting(events(heard)) == lasting(events(direct))
    assert heard.body.count(TERMINAL[dialect]) == 1


@CROSSED
def test_a_translated_answer_says_the_same(dialect: str, model: str, running: Stage) -> None:
    direct = text_of(post(running.first.url, PATHS[CHAT], question(CHAT, model, WORDS)))
    heard = post(running.url, PATHS[dialect], question(dialect, model, WORDS))
    assert text_of(heard) == direct
    heard = post(running.url, PATHS[dialect], question(dialect, model, WORDS, stream=True))
    assert streamed_text(heard) == direct


@pytest.mark.parametrize("stream", [False, True])
def test_usage_comes_across(*, stream: bool, running: Stage) -> None:
    direct = answer(post(running.first.url, PATHS[CHAT], question(CHAT, FLAGS, WORDS)))["usage"]
    heard = post(running.url, PATHS[ANTHROPIC], question(ANTHROPIC, FLAGS, WORDS, stream=stream))
    told = [event for event in events(heard) if event["type"] == "message_delta"] if stream else [answer(heard)]
    usage = told[-1]["usage"]
    assert isinstance(direct, dict)
    assert isinstance(usage, dict)
    assert usage["output_tokens"] == direct["completion_tokens"] == WORDS
    assert usage["input_tokens"] + usage["cache_read_input_tokens"] == direct["prompt_tokens"]


@pytest.mark.parametrize("wanted", [False, True])
def test_usage_is_streamed_to_those_who_want_it(*, wanted: bool, running: Stage) -> None:
    options: Body = {"stream_options": {"include_usage": True}} if wanted else {}
    heard = post(running.url, PATHS[CHAT], question(CHAT, FLAGS, 3, stream=True) | options)
    assert [event["choices"] for event in events(heard) if "usage" in event] == ([[]] if wanted else [])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("dialect", "tokens", "reason"), [(CHAT, 3, '"length"'), (CHAT, 90, '"stop"'), (ANTHROPIC, 3, '"max_tokens"')]
)
def test_the_stop_reason_is_told(dialect: str, tokens: int, reason: str, *, stream: bool, running: Stage) -> None:
    words = text_of(post(running.first.url, PATHS[CHAT], question(CHAT, FLAGS, 20))).split(" ")
    stop: Body = {"stop": [f" {words[10]} {words[11]}"]} if dialect == CHAT else {}
    heard = post(running.url, PATHS[dialect], question(dialect, FLAGS, tokens, stream=stream) | stop)
    assert reason in heard.text


FORMATS: dict[str, Body] = {
    CHAT: {"response_format": {"type": "json_schema", "json_schema": {"name": "trip", "schema": SCHEMA}}},
    ANTHROPIC: {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    RESPONSES: {"text": {"format": {"type": "json_schema", "name": "trip", "schema": SCHEMA}}},
}


class Trip(msgspec.Struct):
    place: str
    days: int


@pytest.mark.parametrize("dialect", [CHAT, ANTHROPIC, RESPONSES])
def test_a_schema_is_held_to(dialect: str, running: Stage) -> None:
    heard = post(running.url, PATHS[dialect], question(dialect, FLAGS, 300) | FORMATS[dialect])
    trip = msgspec.json.decode(text_of(heard), type=Trip)
    assert trip.place in {"Ghent", "Bruges"}


PREFILL = " dame neke nere nese dame nimi"


@pytest.mark.parametrize(
    ("model", "stream"),
    [
        (FLAGS, True),
        (FLAGS, False),
        (PLAIN, True),
        (PLAIN, False),
    ],
)
def test_an_anthropic_callers_own_prefill_is_not_said_again(model: str, *, stream: bool, running: Stage) -> None:
    asked = question(ANTHROPIC, model, WORDS, stream=stream)
    asked["messages"] = [{"role": "user", "content": "Hum."}, {"role": "assistant", "content": PREFILL}]
    heard = post(running.url, PATHS[ANTHROPIC], asked)
    assert heard.status == 200
    said = streamed_text(heard) if stream else text_of(heard)
    assert len(said.split()) == WORDS
    assert not said.startswith(PREFILL)


def test_an_anthropic_callers_tokens_are_counted_by_the_server(running: Stage) -> None:
    asked: Body = {"model": MESSAGES, "messages": [{"role": "user", "content": "Why?"}]}
    counted = answer(post(running.url, "/v1/messages/count_tokens", asked))
    assert counted == answer(post(running.first.url, "/v1/messages/count_tokens", asked))
