"""The official Anthropic SDK, pointed at the gateway by base URL alone, hears exactly what the provider says."""

import asyncio
from collections.abc import Callable

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic
from anthropic.types import MessageParam, RawMessageStreamEvent

from tests.e2e.callers import ANTHROPIC_TOOL, CALLER_KEY, MAX_TOKENS, PATHS, Question
from tests.e2e.lanes import KEY
from tests.e2e.raw import get, post
from tests.e2e.world import World, seen

DIALECT = "anthropic"
IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
HELLO: list[MessageParam] = [{"role": "user", "content": "Why do bridges hum?"}]
Round = Callable[[Anthropic, str], object]


def plain(client: Anthropic, model: str) -> object:
    message = client.messages.create(model=model, max_tokens=MAX_TOKENS, messages=HELLO)
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0
    return message.model_dump()


def streamed(client: Anthropic, model: str) -> object:
    with client.messages.stream(model=model, max_tokens=MAX_TOKENS, messages=HELLO) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(pieces) > 10
    assert message.usage.output_tokens > 10
    return pieces, message.model_dump()


def raw_events(client: Anthropic, model: str) -> object:
    with client.messages.create(model=model, max_tokens=MAX_TOKENS, messages=HELLO, stream=True) as stream:
        events: list[RawMessageStreamEvent] = list(stream)
    assert (events[0].type, events[-1].type) == ("message_start", "message_stop")
    return [event.model_dump() for event in events]


def one_tool(client: Anthropic, model: str) -> object:
    message = client.messages.create(model=model, max_tokens=MAX_TOKENS, messages=HELLO, tools=[ANTHROPIC_TOOL])
    assert [block.type for block in message.content] == ["tool_use"]
    assert message.stop_reason == "tool_use"
    return message.model_dump()


def parallel_tools_streamed(client: Anthropic, model: str) -> object:
    asked: list[MessageParam] = [{"role": "user", "content": "Look it up. [tools=3] [text=Let me see.]"}]
    with client.messages.stream(model=model, max_tokens=MAX_TOKENS, messages=asked, tools=[ANTHROPIC_TOOL]) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["text", "tool_use", "tool_use", "tool_use"]
    return kinds, message.model_dump()


def forced_tool(client: Anthropic, model: str) -> object:
    message = client.messages.create(
        model=model,
        max_tokens=MAX_TOKENS,
        messages=HELLO,
        tools=[ANTHROPIC_TOOL],
        tool_choice={"type": "tool", "name": ANTHROPIC_TOOL["name"]},
    )
    return message.model_dump()


def tool_result(client: Anthropic, model: str) -> object:
    asked: list[MessageParam] = [
        {"role": "user", "content": "What is the weather?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}]},
    ]
    message = client.messages.create(model=model, max_tokens=MAX_TOKENS, messages=asked, tools=[ANTHROPIC_TOOL])
    assert message.content[0].type == "text"
    return message.model_dump()


def image(client: Anthropic, model: str) -> object:
    asked: list[MessageParam] = [
        {
            "role": "user",
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}},
                {"type": "text", "text": "What is this?"},
            ],
        }
    ]
    return client.messages.create(model=model, max_tokens=MAX_TOKENS, messages=asked).model_dump()


def thinking(client: Anthropic, model: str) -> object:
    with client.messages.stream(
        model=model, max_tokens=4000, messages=HELLO, thinking={"type": "enabled", "budget_tokens": 2000}
    ) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text"]
    return kinds, message.model_dump()


def cached_usage(client: Anthropic, model: str) -> object:
    message = client.messages.create(
        model=model,
        max_tokens=MAX_TOKENS,
        system=[{"type": "text", "text": "Be brief. " * 50, "cache_control": {"type": "ephemeral"}}],
        messages=HELLO,
    )
    assert message.usage.cache_read_input_tokens
    return message.model_dump()


def cut_short(client: Anthropic, model: str) -> object:
    message = client.messages.create(model=model, max_tokens=5, messages=HELLO)
    assert message.stop_reason == "max_tokens"
    return message.model_dump()


def stop_sequence(client: Anthropic, model: str) -> object:
    message = client.messages.create(model=model, max_tokens=MAX_TOKENS, messages=HELLO, stop_sequences=["."])
    assert message.stop_reason == "stop_sequence"
    return message.model_dump()


def refusal(client: Anthropic, model: str) -> object:
    faults = {"x-lab-faults": "primary=refusal"}
    message = client.messages.create(model=model, max_tokens=MAX_TOKENS, messages=HELLO, extra_headers=faults)
    assert message.stop_reason == "refusal"
    return message.model_dump()


def count_tokens(client: Anthropic, model: str) -> object:
    count = client.messages.count_tokens(model=model, messages=HELLO, tools=[ANTHROPIC_TOOL])
    assert count.input_tokens > 0
    return count.model_dump()


def beta(client: Anthropic, model: str) -> object:
    message = client.beta.messages.create(
        model=model, max_tokens=MAX_TOKENS, messages=[{"role": "user", "content": "Why?"}], betas=["one-2025-01-01"]
    )
    return message.model_dump()


ROUNDS: list[Round] = [
    plain,
    streamed,
    raw_events,
    one_tool,
    parallel_tools_streamed,
    forced_tool,
    tool_result,
    image,
    thinking,
    cached_usage,
    cut_short,
    stop_sequence,
    refusal,
    count_tokens,
    beta,
]


@pytest.mark.parametrize("play", ROUNDS, ids=lambda play: play.__name__)
def test_the_answer_is_exactly_the_providers(play: Round, world: World) -> None:
    lane = world.lane(DIALECT)
    through = play(world.callers.anthropic.client, lane.model)
    assert len(seen(world.primary, lane)) == 1
    assert through == play(world.direct.anthropic.client, lane.model)
    assert seen(world.standby, lane) == []


def test_the_async_client_hears_the_same(world: World) -> None:
    model = world.lane(DIALECT).model

    async def play(url: str) -> object:
        async with AsyncAnthropic(base_url=url, api_key=CALLER_KEY) as client:
            message = await client.messages.create(model=model, max_tokens=MAX_TOKENS, messages=HELLO)
            async with client.messages.stream(model=model, max_tokens=MAX_TOKENS, messages=HELLO) as stream:
                pieces = [piece async for piece in stream.text_stream]
                final = await stream.get_final_message()
            return message.model_dump(), pieces, final.model_dump()

    assert asyncio.run(play(world.url)) == asyncio.run(play(world.primary.url))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("bad-request", anthropic.BadRequestError),
        ("context", anthropic.BadRequestError),
        ("too-large", anthropic.APIStatusError),
        ("unprocessable", anthropic.UnprocessableEntityError),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_errors_of_the_caller_are_the_providers_own(
    fault: str, error: type[anthropic.APIStatusError], *, stream: bool, world: World
) -> None:
    asked = Question(model=world.lane(DIALECT).model, faults=f"primary={fault}", stream=stream)
    with pytest.raises(error) as direct:
        world.ask_primary(DIALECT, asked)
    with pytest.raises(error) as through:
        world.ask(DIALECT, asked)
    assert through.value.body == direct.value.body
    assert through.value.request_id == direct.value.request_id


def test_models_are_listed_and_found(world: World) -> None:
    client = world.callers.anthropic.client
    model = world.lane(DIALECT).model
    assert model in [one.id for one in client.models.list()]
    assert client.models.retrieve(model).id == model
    with pytest.raises(anthropic.NotFoundError, match="no such model"):
        client.models.retrieve("nobody-knows-this")
    with pytest.raises(anthropic.NotFoundError, match="no such model"):
        client.messages.create(model="nobody-knows-this", max_tokens=5, messages=HELLO)


def test_headers_reach_the_provider_as_they_are(world: World) -> None:
    lane = world.lane(DIALECT)
    betas = "one-2025-01-01,two-2026-02-02, and-what-nobody-knows"
    asked = Question(model=lane.model, stream=False)
    for version in ("2023-06-01", "2023-01-01"):
        headers = {"anthropic-version": version, "anthropic-beta": betas, "x-anything": "ä".encode().decode("latin-1")}
        assert post(world.url, f"{PATHS[DIALECT]}?beta=true&x=%20y", asked.body(DIALECT), headers).status == 200
        request = seen(world.primary, lane)[-1].request
        assert request.query == "beta=true&x=%20y"
        assert {name: request.header(name) for name in headers} == headers


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-api-key": "a"}, {"authorization": "Bearer a"}, {"x-api-key": "a", "authorization": "Bearer a"}],
    ids=["none", "key", "bearer", "both"],
)
def test_either_credential_header_is_taken_and_never_forwarded(headers: dict[str, str], world: World) -> None:
    lane = world.lane(DIALECT)
    asked = Question(model=lane.model, stream=False)
    assert post(world.url, PATHS[DIALECT], asked.body(DIALECT), headers).status == 200
    request = seen(world.primary, lane)[-1].request
    assert (request.header("x-api-key"), request.header("authorization")) == (KEY, "")


def test_a_bearer_token_of_the_sdk_is_taken(world: World) -> None:
    with Anthropic(base_url=world.url, auth_token="a-token", api_key=None) as client:
        message = client.messages.create(model=world.lane(DIALECT).model, max_tokens=MAX_TOKENS, messages=HELLO)
    assert message.stop_reason == "end_turn"


def test_credentials_that_disagree_are_refused(world: World) -> None:
    asked = Question(model=world.lane(DIALECT).model, stream=False)
    heard = post(world.url, PATHS[DIALECT], asked.body(DIALECT), {"x-api-key": "a", "authorization": "Bearer b"})
    assert heard.status == 401
    assert "send one of `x-api-key`" in heard.text


def test_the_default_client_does_not_try_again_what_the_gateway_has_given_up(world: World) -> None:
    lane = world.lane(DIALECT)
    faults = {"x-lab-faults": "primary=unavailable; standby=unavailable"}
    with Anthropic(base_url=world.url, api_key=CALLER_KEY) as client, pytest.raises(anthropic.APIStatusError) as told:
        client.messages.create(model=lane.model, max_tokens=5, messages=HELLO, extra_headers=faults)
    assert told.value.status_code == 503
    assert told.value.response.headers["x-should-retry"] == "false"
    assert len(seen(world.primary, lane)) <= 2
    assert len(seen(world.standby, lane)) <= 2


def test_the_gateway_says_in_which_dialect_models_are_asked_for(world: World) -> None:
    heard = get(world.url, "/v1/models", {"anthropic-version": "2023-06-01"})
    assert b'"has_more":false' in heard.body
