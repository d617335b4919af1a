"""The official OpenAI SDK, pointed at the gateway by base URL alone, hears exactly what the provider says."""

import asyncio
from collections.abc import Callable

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam

from tests.e2e.callers import CALLER_KEY, OPENAI_TOOL, PATHS, TOOL_NAME, Question
from tests.e2e.lanes import KEY
from tests.e2e.raw import post
from tests.e2e.world import World, seen

DIALECT = "openai-chat"
IMAGE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kg=="
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Why do bridges hum?"}]
Round = Callable[[OpenAI, str], object]


def plain(client: OpenAI, model: str) -> object:
    completion = client.chat.completions.create(model=model, messages=HELLO)
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    return completion.model_dump()


def streamed(client: OpenAI, model: str) -> object:
    with client.chat.completions.create(model=model, messages=HELLO, stream=True) as stream:
        chunks = [chunk.model_dump() for chunk in stream]
    assert len(chunks) > 10
    return chunks


def streamed_with_usage(client: OpenAI, model: str) -> object:
    with client.chat.completions.create(
        model=model, messages=HELLO, stream=True, stream_options={"include_usage": True}
    ) as stream:
        chunks = list(stream)
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens > 0
    return [chunk.model_dump() for chunk in chunks]


def accumulated(client: OpenAI, model: str) -> object:
    with client.chat.completions.stream(model=model, messages=HELLO) as stream:
        kinds = [event.type for event in stream]
        completion = stream.get_final_completion()
    assert "content.done" in kinds
    return kinds, completion.model_dump()


def one_tool(client: OpenAI, model: str) -> object:
    completion = client.chat.completions.create(model=model, messages=HELLO, tools=[OPENAI_TOOL])
    assert completion.choices[0].finish_reason == "tool_calls"
    assert len(completion.choices[0].message.tool_calls or ()) == 1
    return completion.model_dump()


def parallel_tools_streamed(client: OpenAI, model: str) -> object:
    asked: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Look. [tools=3] [text=Let me see.]"}]
    with client.chat.completions.stream(model=model, messages=asked, tools=[OPENAI_TOOL]) as stream:
        kinds = [event.type for event in stream]
        completion = stream.get_final_completion()
    assert len(completion.choices[0].message.tool_calls or ()) == 3
    return kinds, completion.model_dump()


def forced_tool(client: OpenAI, model: str) -> object:
    completion = client.chat.completions.create(
        model=model,
        messages=HELLO,
        tools=[OPENAI_TOOL],
        tool_choice={"type": "function", "function": {"name": TOOL_NAME}},
    )
    return completion.model_dump()


def tool_result(client: OpenAI, model: str) -> object:
    asked: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": "What is the weather?"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": TOOL_NAME, "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    completion = client.chat.completions.create(model=model, messages=asked, tools=[OPENAI_TOOL])
    assert completion.choices[0].message.content
    return completion.model_dump()


def image(client: OpenAI, model: str) -> object:
    asked: list[ChatCompletionMessageParam] = [
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": IMAGE}},
                {"type": "text", "text": "What is this?"},
            ],
        }
    ]
    return client.chat.completions.create(model=model, messages=asked).model_dump()


def structured(client: OpenAI, model: str) -> object:
    schema: dict[str, object] = {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}
    completion = client.chat.completions.create(
        model=model,
        messages=HELLO,
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}},
    )
    assert (completion.choices[0].message.content or "").startswith("{")
    return completion.model_dump()


def several_choices_streamed(client: OpenAI, model: str) -> object:
    with client.chat.completions.create(model=model, messages=HELLO, n=2, stream=True) as stream:
        chunks = [chunk.model_dump() for chunk in stream]
    assert {choice["index"] for chunk in chunks for choice in chunk["choices"]} == {0, 1}
    return chunks


def cached_usage(client: OpenAI, model: str) -> object:
    asked: list[ChatCompletionMessageParam] = [{"role": "system", "content": "Be brief. " * 600}, *HELLO]
    completion = client.chat.completions.create(model=model, messages=asked)
    assert completion.usage is not None
    assert completion.usage.prompt_tokens_details is not None
    assert completion.usage.prompt_tokens_details.cached_tokens
    return completion.model_dump()


def cut_short(client: OpenAI, model: str) -> object:
    completion = client.chat.completions.create(model=model, messages=HELLO, max_completion_tokens=5, seed=1)
    assert completion.choices[0].finish_reason == "length"
    return completion.model_dump()


def filtered(client: OpenAI, model: str) -> object:
    faults = {"x-lab-faults": "primary=content-filter"}
    completion = client.chat.completions.create(model=model, messages=HELLO, extra_headers=faults)
    assert completion.choices[0].finish_reason == "content_filter"
    return completion.model_dump()


ROUNDS: list[Round] = [
    plain,
    streamed,
    streamed_with_usage,
    accumulated,
    one_tool,
    parallel_tools_streamed,
    forced_tool,
    tool_result,
    image,
    structured,
    several_choices_streamed,
    cached_usage,
    cut_short,
    filtered,
]


@pytest.mark.parametrize("play", ROUNDS, ids=lambda play: play.__name__)
def test_the_answer_is_exactly_the_providers(play: Round, world: World) -> None:
    lane = world.lane(DIALECT)
    through = play(world.callers.openai.client, lane.model)
    assert len(seen(world.primary, lane)) == 1
    assert through == play(world.direct.openai.client, lane.model)
    assert seen(world.standby, lane) == []


def test_the_async_client_hears_the_same(world: World) -> None:
    model = world.lane(DIALECT).model

    async def play(url: str) -> object:
        async with AsyncOpenAI(base_url=f"{url}/v1", api_key=CALLER_KEY) as client:
            completion = await client.chat.completions.create(model=model, messages=HELLO)
            stream = await client.chat.completions.create(model=model, messages=HELLO, stream=True)
            chunks = [chunk.model_dump() async for chunk in stream]
            return completion.model_dump(), chunks

    assert asyncio.run(play(world.url)) == asyncio.run(play(world.primary.url))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("bad-request", openai.BadRequestError),
        ("context", openai.BadRequestError),
        ("too-large", openai.APIStatusError),
        ("unprocessable", openai.UnprocessableEntityError),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_errors_of_the_caller_are_the_providers_own(
    fault: str, error: type[openai.APIStatusError], *, stream: bool, world: World
) -> None:
    asked = Question(model=world.lane(DIALECT).model, faults=f"primary={fault}", stream=stream)
    with pytest.raises(error) as direct:
        world.ask_primary(DIALECT, asked)
    with pytest.raises(error) as through:
        world.ask(DIALECT, asked)
    assert through.value.body == direct.value.body
    assert through.value.request_id == direct.value.request_id


def test_models_are_listed_and_found(world: World) -> None:
    client = world.callers.openai.client
    model = world.lane(DIALECT).model
    assert model in [one.id for one in client.models.list()]
    assert client.models.retrieve(model).id == model
    with pytest.raises(openai.NotFoundError, match="no such model"):
        client.models.retrieve("nobody-knows-this")
    with pytest.raises(openai.NotFoundError, match="no such model"):
        client.chat.completions.create(model="nobody-knows-this", messages=HELLO)


def test_query_and_headers_reach_the_provider_as_they_are(world: World) -> None:
    lane = world.lane(DIALECT)
    headers = {"openai-organization": "org", "openai-beta": "one=v1, two=v2", "x-anything": "yes"}
    asked = Question(model=lane.model, stream=False)
    assert post(world.url, f"{PATHS[DIALECT]}?api-version=1&x=%20y", asked.body(DIALECT), headers).status == 200
    request = seen(world.primary, lane)[-1].request
    assert request.query == "api-version=1&x=%20y"
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
    assert (request.header("x-api-key"), request.header("authorization")) == ("", f"Bearer {KEY}")


def test_the_default_client_does_not_try_again_what_the_gateway_has_given_up(world: World) -> None:
    lane = world.lane(DIALECT)
    faults = {"x-lab-faults": "primary=unavailable; standby=unavailable"}
    with OpenAI(base_url=f"{world.url}/v1", api_key=CALLER_KEY) as client, pytest.raises(openai.APIStatusError) as told:
        client.chat.completions.create(model=lane.model, messages=HELLO, extra_headers=faults)
    assert told.value.status_code == 503
    assert told.value.response.headers["x-should-retry"] == "false"
    assert len(seen(world.primary, lane)) <= 2
    assert len(seen(world.standby, lane)) <= 2
