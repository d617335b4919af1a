"""Bytes and header fields, both ways: the gateway changes the model's name where it must, and nothing else."""

from collections.abc import Mapping

import pytest

from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import DIALECTS, renamed
from tests.e2e.raw import Heard, post, send
from tests.e2e.world import World, seen

CONNECTION_FIELDS = {"connection", "content-length", "date", "transfer-encoding", "keep-alive"}
JSON = {"content-type": "application/json"}
ODD_BODY = """{ "messages" :[{"role":"user","content":"Why\\u003f \\ud83d\\ude00 ü [words=9]","model":"not this one"}],
\t"zz_unknown": {"deep": [1, 2.50, -0.0, 1e3, null, {"model": "nor this one"}]}, "max_tokens" : 1000,
  "model" : "%s" , "another-unknown":true%s }"""
BOTH = pytest.mark.parametrize("dialect", DIALECTS)
PLAIN_AND_STREAM = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def odd_body(model: str, *, stream: bool) -> bytes:
    return (ODD_BODY % (model, ', "stream":true' if stream else "")).encode()


def provider_fields(heard: Heard) -> Mapping[str, str]:
    return {name: value for name, value in heard.headers if name not in CONNECTION_FIELDS}


@BOTH
@PLAIN_AND_STREAM
def test_a_request_arrives_as_it_was_sent(dialect: str, *, stream: bool, world: World) -> None:
    lane = world.lane(dialect)
    body = odd_body(lane.model, stream=stream)
    through = send(world.url, PATHS[dialect], body, JSON)
    assert seen(world.primary, lane)[0].request.body == body
    assert through.status == 200
    assert through.body == send(world.primary.url, PATHS[dialect], body, JSON).body


@BOTH
@PLAIN_AND_STREAM
def test_only_the_models_name_is_mapped(dialect: str, *, stream: bool, world: World) -> None:
    through = send(world.url, PATHS[dialect], odd_body(renamed(dialect), stream=stream), JSON)
    direct = send(world.primary.url, PATHS[dialect], odd_body("the/other:name", stream=stream), JSON)
    assert through.status == 200
    assert through.body == direct.body
    assert through.header("x-mainstay-model") == "the/other:name"


@BOTH
@PLAIN_AND_STREAM
def test_the_providers_fields_come_with_its_answer(dialect: str, *, stream: bool, world: World) -> None:
    asked = Question(model=world.lane(dialect).model, stream=stream)
    through = provider_fields(post(world.url, PATHS[dialect], asked.body(dialect)))
    direct = provider_fields(post(world.primary.url, PATHS[dialect], asked.body(dialect)))
    resets = {name for name in direct if name.endswith("-reset")}
    assert {name: through[name] for name in direct if name not in resets} == {
        name: value for name, value in direct.items() if name not in resets
    }
    assert resets <= through.keys()
    assert all(name.startswith("x-mainstay-") for name in through.keys() - direct.keys())


@BOTH
@PLAIN_AND_STREAM
def test_fields_of_a_provider_that_does_not_serve_are_dropped(dialect: str, *, stream: bool, world: World) -> None:
    lane = world.lane(dialect)
    asked = Question(model=lane.model, stream=stream, faults="primary=throttle:retry_after=7")
    refused = post(world.primary.url, PATHS[dialect], asked.body(dialect), asked.headers)
    assert refused.header("retry-after") == "7"
    through = post(world.url, PATHS[dialect], asked.body(dialect), asked.headers)
    served = post(world.standby.url, PATHS[dialect], asked.body(dialect), asked.headers)
    assert through.body == served.body
    assert through.header("retry-after") == ""
    request_id = "request-id" if dialect == "anthropic" else "x-request-id"
    assert through.header(request_id) == served.header(request_id) != refused.header(request_id)
    # Nor those of the standby: its clients would pace themselves by limits that the first choice does not have.
    assert [name for name in provider_fields(through) if "ratelimit" in name] == []


@BOTH
def test_every_answer_says_who_served(dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    heard = post(world.url, PATHS[dialect], Question(model=lane.model).body(dialect))
    assert heard.header("x-mainstay-id").startswith("ex_")
    assert heard.header("x-mainstay-upstream") == lane.primary
    assert heard.header("x-mainstay-model") == lane.model
    assert heard.header("x-mainstay-attempts") == "1"
    assert heard.header("x-mainstay-simulated") == ""
