import asyncio
from collections.abc import Awaitable, Callable

import anthropic
import msgspec
import openai
import pytest

from mainstay.lab.provider.door import Door
from mainstay.lab.provider.fault import FaultTextError, parse_fault
from mainstay.lab.provider.fault_table import FAULTS
from mainstay.lab.provider.http1 import LAST_CHUNK, chunk, is_chunked
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.server import CONTROL_PORT_OFFSET, FakeProvider
from mainstay.lab.provider.steps import Body, End, Hang, Head, RefuseConnection, Reset, Step

PATHS = {"anthropic": "/v1/messages", "openai-chat": "/v1/chat/completions", "openai-responses": "/v1/responses"}
HURRIED = {
    "pings-only": "pings-only:seconds=0.002,interval=0.001",
    "slow": "slow:chars_per_second=100000",
    "dribble-headers": "dribble-headers:seconds=0.002",
}
"""Faults that take their time by default."""
QUESTION: anthropic.types.MessageParam = {"role": "user", "content": "hello"}


def question(stream: bool, dialect: str = "anthropic") -> bytes:  # noqa: FBT001 - a pytest parameter
    asked: dict[str, object] = {"max_tokens": 9999, "messages": [QUESTION]}
    if dialect == "openai-responses":
        asked = {"input": [QUESTION]}
    return msgspec.json.encode({"model": "m", "stream": stream, **asked})


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


async def ask(url: str, method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
    """The whole answer, head included, to one request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(url))
    fields = ["Host: h", "Connection: close", f"Content-Length: {len(body)}", *headers]
    writer.write(f"{method} {path} HTTP/1.1\r\n".encode() + "\r\n".join(fields).encode() + b"\r\n\r\n" + body)
    try:
        return await reader.read()
    finally:
        writer.close()


async def start_asking(provider: FakeProvider, body: bytes, until: bytes) -> asyncio.StreamWriter:
    """A client that has read this far and waits."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(provider.url))
    writer.write(b"POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await reader.readuntil(until)
    return writer


def run(play: Callable[[FakeProvider], Awaitable[None]], fault: str = "ok") -> None:
    async def played() -> None:
        async with FakeProvider("primary", fault=fault) as provider:
            await play(provider)

    asyncio.run(played())


def on_the_wire(steps: list[Step]) -> bytes:
    """The body of these steps with its framing."""
    chunked = any(isinstance(step, Head) and is_chunked(step.headers) for step in steps)
    data = b"".join(chunk(step.data) if chunked else step.data for step in steps if isinstance(step, Body))
    return data + LAST_CHUNK if chunked and steps[-1] == End() else data


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_reaches_the_socket(fault: str, dialect: str, stream: bool) -> None:  # noqa: FBT001 - a parameter
    written = HURRIED.get(fault, fault)
    body, path = question(stream, dialect), PATHS[dialect]
    steps = perform(ProviderRequest("POST", path, body=body), parse_fault(written), Personality())

    async def play(provider: FakeProvider) -> None:
        asking = asyncio.create_task(ask(provider.url, "POST", path, body, f"x-lab-faults: primary={written}"))
        if isinstance(steps[-1], Hang):
            await provider.until(lambda: provider.requests != () and provider.requests[0].status == 200)
            asking.cancel()
            await provider.until(lambda: provider.requests[0].client_left_seconds is not None)
        elif isinstance(steps[-1], Reset | RefuseConnection):
            with pytest.raises(ConnectionResetError):
                await asking
        else:
            head, _, answered = (await asking).partition(b"\r\n\r\n")
            assert answered == on_the_wire(steps)
            assert head.startswith(b"HTTP/1.1 ") or steps == [steps[-1]]
        assert provider.requests[0].fault == written

    run(play)


def test_a_lasting_refusal_closes_the_port_and_healing_opens_it() -> None:
    async def play(provider: FakeProvider) -> None:
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                await ask(provider.url, "GET", "/v1/models")
            assert b'"refuse"' in await ask(provider.control_url, "GET", "/lab")
            await ask(provider.control_url, "DELETE", "/lab/fault")
            assert b"200 OK" in await ask(provider.url, "GET", "/v1/models")
            provider.break_with("refuse")

    run(play, "refuse")


def test_a_lasting_stall_of_connections_answers_no_handshake() -> None:
    async def play(provider: FakeProvider) -> None:
        connecting = asyncio.create_task(ask(provider.url, "GET", "/v1/models"))
        done, _ = await asyncio.wait([connecting], timeout=0.05)
        assert not done
        assert provider.requests == ()
        connecting.cancel()
        provider.heal()
        assert b"200 OK" in await ask(provider.url, "GET", "/v1/models")

    run(play, "stall:phase=connect")


def test_a_refusal_closes_connections_that_are_only_kept() -> None:
    async def play(provider: FakeProvider) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(provider.url))
        writer.write(b"GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n")
        await provider.until(lambda: len(provider.requests) == 1 and not provider.requests[0].is_running)
        provider.break_with("refuse")
        assert b"200 OK" in await reader.read()
        writer.close()

    run(play)


def test_faults_are_counted() -> None:
    async def play(provider: FakeProvider) -> None:
        provider.break_with("overloaded", 2)
        answers = [await ask(provider.url, "POST", "/v1/messages", question(stream=False)) for _ in range(3)]
        assert [answer.split(b" ")[1] for answer in answers] == [b"529", b"529", b"200"]

    run(play)


def test_a_client_that_leaves_is_noted_before_and_after_the_first_byte() -> None:
    async def play(provider: FakeProvider) -> None:
        writer = await start_asking(provider, question(stream=True), b"message_start")
        writer.close()
        await provider.until(lambda: provider.requests[0].client_left_seconds is not None)
        provider.break_with("stall:phase=headers")
        leaving = asyncio.create_task(ask(provider.url, "POST", "/v1/messages", question(stream=True)))
        await provider.until(lambda: len(provider.requests) == 2)
        leaving.cancel()
        await provider.until(lambda: provider.requests[1].client_left_seconds is not None)
        assert provider.requests[1].bytes_sent == 0

    run(play, "stall:phase=preamble")


def test_running_answers_can_be_cut_at_any_moment() -> None:
    async def play(provider: FakeProvider) -> None:
        asking = asyncio.create_task(ask(provider.url, "POST", "/v1/messages", question(stream=True)))
        await provider.until(lambda: provider.requests != () and provider.requests[0].status == 200)
        assert b"1 answers cut off" in await ask(provider.url, "POST", "/lab/cut")
        with pytest.raises(ConnectionResetError):
            await asking
        assert provider.cut_now() == 0

    run(play, "stall")


def test_the_log_shows_what_reached_the_provider() -> None:
    async def play(provider: FakeProvider) -> None:
        await ask(provider.url, "POST", "/v1/messages?beta=true", question(stream=False), "x-api-key: secret")
        (seen,) = provider.requests
        assert (seen.request.key, seen.request.query, seen.status) == ("secret", "beta=true", 200)
        shown = await ask(provider.url, "GET", "/lab/requests")
        assert b"beta=true" in shown
        assert b"secret" not in shown
        assert provider.request_count == 1
        provider.forget()
        assert provider.requests == ()

    run(play)


def test_the_control_port_serves_nothing_else() -> None:
    async def play(provider: FakeProvider) -> None:
        assert b"404 Not Found" in await ask(provider.control_url, "POST", "/v1/messages", question(stream=False))
        assert provider.requests == ()

    run(play)


def test_a_wrong_fault_is_told_at_once() -> None:
    with pytest.raises(FaultTextError):
        FakeProvider(fault="gremlins")

    async def play(provider: FakeProvider) -> None:
        answer = await ask(provider.url, "POST", "/v1/messages", b"", "x-lab-faults: primary=gremlins")
        assert b"400 Bad Request" in answer
        assert b"gremlins" in answer

    run(play)


def test_a_taken_port_is_an_error_and_leaves_nothing_open() -> None:
    async def play(provider: FakeProvider) -> None:
        with pytest.raises(OSError, match="in use"):
            async with FakeProvider(port=port_of(provider.url)):
                pass

    run(play)


def test_the_control_port_of_a_chosen_port_is_the_expected_one() -> None:
    async def play() -> None:
        free = Door(0, lambda accepted: accepted.close())
        port = free.port if free.port + CONTROL_PORT_OFFSET <= 65_535 else free.port - CONTROL_PORT_OFFSET
        free.close()
        async with FakeProvider(port=port) as provider:
            assert port_of(provider.url) == port
            assert port_of(provider.control_url) == port + CONTROL_PORT_OFFSET

    asyncio.run(play())


def test_the_anthropic_sdk_gets_the_same_answer_streamed_or_not() -> None:
    async def play(provider: FakeProvider) -> None:
        async with anthropic.AsyncAnthropic(base_url=provider.url, api_key="k", max_retries=0) as client:
            whole = await client.messages.create(model="claude-demo", max_tokens=1000, messages=[QUESTION])
            asking = client.messages.stream(
                model="claude-demo",
                max_tokens=2000,
                messages=[QUESTION],
                thinking={"type": "enabled", "budget_tokens": 1024},
            )
            async with asking as stream:
                streamed = await stream.get_final_message()
            assert [block.type for block in streamed.content] == ["thinking", "text"]
            assert streamed.content[1].to_dict()["text"] == whole.content[0].to_dict()["text"]
            assert (streamed.stop_reason, whole.stop_reason) == ("end_turn", "end_turn")
            counted = await client.messages.count_tokens(model="claude-demo", messages=[QUESTION])
            assert counted.input_tokens > 0
            assert [model.id async for model in client.models.list()] == ["claude-demo", "gpt-demo"]

    run(play)


def test_the_anthropic_sdk_gets_tool_calls_and_errors() -> None:
    schema: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool: anthropic.types.ToolParam = {"name": "weather", "input_schema": schema}

    async def play(provider: FakeProvider) -> None:
        async with anthropic.AsyncAnthropic(base_url=provider.url, api_key="k", max_retries=0) as client:
            asking = client.messages.stream(
                model="claude-demo",
                max_tokens=1000,
                messages=[{"role": "user", "content": "weather? [tools=2]"}],
                tools=[tool],
            )
            async with asking as stream:
                message = await stream.get_final_message()
            assert message.stop_reason == "tool_use"
            calls = [block for block in message.content if block.type == "tool_use"]
            assert [list(call.input) for call in calls] == [["city"], ["city"]]
            assert calls[0].id != calls[1].id
            provider.break_with("overloaded")
            with pytest.raises(anthropic.APIStatusError) as caught:
                await client.messages.create(model="claude-demo", max_tokens=9, messages=[QUESTION])
            assert caught.value.status_code == 529

    run(play)


def test_the_openai_sdk_gets_the_same_answer_streamed_or_not() -> None:
    async def play(provider: FakeProvider) -> None:
        async with openai.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="k", max_retries=0) as client:
            messages: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]
            whole = await client.chat.completions.create(model="gpt-demo", messages=messages)
            chunks = [
                chunk
                async for chunk in await client.chat.completions.create(
                    model="gpt-demo", messages=messages, stream=True, stream_options={"include_usage": True}
                )
            ]
            said = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
            assert said == whole.choices[0].message.content
            assert chunks[-1].usage is not None
            assert whole.usage is not None
            assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
            assert [model.id async for model in client.models.list()] == ["claude-demo", "gpt-demo"]

    run(play)


def test_the_openai_sdk_gets_tool_calls_and_errors() -> None:
    schema: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool: openai.types.chat.ChatCompletionToolParam = {
        "type": "function",
        "function": {"name": "weather", "parameters": schema},
    }

    async def play(provider: FakeProvider) -> None:
        async with openai.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="k", max_retries=0) as client:
            asking = client.chat.completions.stream(
                model="gpt-demo", messages=[{"role": "user", "content": "weather? [tools=2]"}], tools=[tool]
            )
            async with asking as stream:
                completion = await stream.get_final_completion()
            calls = completion.choices[0].message.tool_calls or []
            assert [list(msgspec.json.decode(call.function.arguments)) for call in calls] == [["city"], ["city"]]
            assert completion.choices[0].finish_reason == "tool_calls"
            provider.break_with("inband-error:at=preamble")
            with pytest.raises(openai.APIError):
                async for _ in await client.chat.completions.create(
                    model="gpt-demo", messages=[{"role": "user", "content": "hello"}], stream=True
                ):
                    pass

    run(play)
