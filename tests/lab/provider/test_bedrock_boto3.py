"""Amazon's own client talks to the fake: what it understands of it, real services might have said."""

import contextlib
import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from urllib3.exceptions import ProtocolError

from mainstay.lab.provider.bedrock_invoke import VERSION
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread

SIGNING_KEY = "SECRET/with+signs"
MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
ASKED = [{"role": "user", "content": [{"text": "hello in 12 words"}]}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]}
INVOCATION = json.dumps(
    {
        "anthropic_version": VERSION,
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": "hello in 12 words"}],
    }
)


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread(personality=Personality(key=f"AKID:{SIGNING_KEY}:TOKEN==")) as running:
        yield running


@pytest.fixture(autouse=True)
def well(provider: FakeProviderThread) -> None:
    provider.heal()


def client_of(provider: FakeProviderThread, signing_key: str = SIGNING_KEY) -> Any:  # noqa: ANN401 (made at run time)
    return boto3.client(
        "bedrock-runtime",
        region_name="eu-central-1",
        endpoint_url=provider.url,
        aws_access_key_id="AKID",
        aws_secret_access_key=signing_key,
        aws_session_token="TOKEN==",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def client(provider: FakeProviderThread) -> Iterator[Any]:
    made = client_of(provider)
    yield made
    made.close()


def streamed(client: Any, **members: object) -> list[dict[str, Any]]:  # noqa: ANN401
    response = client.converse_stream(modelId=MODEL, messages=ASKED, **members)
    with contextlib.closing(response["stream"]) as stream:
        return list(stream)


def text_of(events: list[dict[str, Any]]) -> str:
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    return "".join(delta.get("text", "") for delta in deltas)


def test_converse(client: Any) -> None:  # noqa: ANN401
    answer = client.converse(modelId=MODEL, messages=ASKED, inferenceConfig={"maxTokens": 1000})
    (block,) = answer["output"]["message"]["content"]
    assert len(block["text"].split()) == 12
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["totalTokens"] == answer["usage"]["inputTokens"] + answer["usage"]["outputTokens"]


def test_converse_stream_says_the_same(client: Any) -> None:  # noqa: ANN401
    events = streamed(client)
    whole = client.converse(modelId=MODEL, messages=ASKED)
    assert text_of(events) == whole["output"]["message"]["content"][0]["text"]
    assert list(events[0]) == ["messageStart"]
    assert events[-2]["messageStop"]["stopReason"] == "end_turn"
    assert events[-1]["metadata"]["usage"] == whole["usage"]


def test_tools_and_reasoning(client: Any) -> None:  # noqa: ANN401
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 2000}}
    events = streamed(client, toolConfig=TOOLS, additionalModelRequestFields=thinking)
    starts = [event["contentBlockStart"]["start"]["toolUse"] for event in events if "contentBlockStart" in event]
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    arguments = "".join(delta["toolUse"]["input"] for delta in deltas if "toolUse" in delta)
    assert [start["name"] for start in starts] == ["weather"]
    whole = client.converse(modelId=MODEL, messages=ASKED, toolConfig=TOOLS, additionalModelRequestFields=thinking)[
        "output"
    ]["message"]
    reasoning, call = whole["content"]
    assert call["toolUse"]["input"] == json.loads(arguments)
    signed = [
        delta["reasoningContent"]["signature"] for delta in deltas if "signature" in delta.get("reasoningContent", {})
    ]
    assert reasoning["reasoningContent"]["reasoningText"]["signature"].startswith("lab-bedrock-")
    assert len(signed) == 1
    result = {"toolResult": {"toolUseId": call["toolUse"]["toolUseId"], "content": [{"text": "sunny"}]}}
    answer = client.converse(
        modelId=MODEL, messages=[*ASKED, whole, {"role": "user", "content": [result]}], toolConfig=TOOLS
    )
    assert answer["stopReason"] == "end_turn"


def test_pictures_come_through(client: Any) -> None:  # noqa: ANN401
    picture = {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}
    answer = client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "what?"}, picture]}])
    assert answer["output"]["message"]["content"][0]["text"].startswith("[images=1 ")


def test_invoke_model(client: Any) -> None:  # noqa: ANN401
    answer = json.loads(client.invoke_model(modelId=MODEL, body=INVOCATION)["body"].read())
    assert (answer["type"], answer["model"], answer["stop_reason"]) == ("message", MODEL, "end_turn")
    stream = client.invoke_model_with_response_stream(modelId=MODEL, body=io.BytesIO(INVOCATION.encode()))["body"]
    with contextlib.closing(stream):
        events = [json.loads(event["chunk"]["bytes"]) for event in stream]
    assert [events[0]["type"], events[-1]["type"]] == ["message_start", "message_stop"]
    text = "".join(event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta")
    assert text == answer["content"][0]["text"]


def test_count_tokens(client: Any) -> None:  # noqa: ANN401
    assert client.count_tokens(modelId=MODEL, input={"invokeModel": {"body": INVOCATION}})["inputTokens"] > 0
    assert client.count_tokens(modelId=MODEL, input={"converse": {"messages": ASKED}})["inputTokens"] > 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("throttle", "ThrottlingException"),
        ("overloaded", "ServiceUnavailableException"),
        ("context", "ValidationException"),
        ("auth", "InvalidSignatureException"),
    ],
)
@pytest.mark.parametrize("operation", ["converse", "converse_stream", "invoke_model"])
def test_errors_have_their_names(
    client: Any,  # noqa: ANN401
    provider: FakeProviderThread,
    operation: str,
    fault: str,
    code: str,
) -> None:
    provider.break_with(fault)
    members = {"body": INVOCATION} if operation == "invoke_model" else {"messages": ASKED}
    with pytest.raises(ClientError) as raised:
        getattr(client, operation)(modelId=MODEL, **members)
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["Error"]["Message"]


def test_an_exception_inside_a_stream_is_raised(client: Any, provider: FakeProviderThread) -> None:  # noqa: ANN401
    provider.break_with("inband-error:type=rate_limit_error,after=5")
    with pytest.raises(EventStreamError, match="throttlingException"):
        streamed(client)


def test_a_cut_is_raised(client: Any, provider: FakeProviderThread) -> None:  # noqa: ANN401
    provider.break_with("cut:after=5")
    with pytest.raises(ProtocolError, match="ended prematurely"):
        streamed(client)


@pytest.mark.parametrize("fault", ["unknown-event", "split", "packed", "crlf", "comments", "empty-data"])
def test_harmless_faults_are_harmless(client: Any, provider: FakeProviderThread, fault: str) -> None:  # noqa: ANN401
    text = text_of(streamed(client))
    provider.break_with(fault)
    assert text_of(streamed(client)) == text


def test_a_wrong_secret_is_refused(provider: FakeProviderThread) -> None:
    client = client_of(provider, "WRONG")
    with pytest.raises(ClientError, match="InvalidSignatureException"):
        client.converse(modelId=MODEL, messages=ASKED)
    client.close()


def test_a_wrong_request_is_refused(client: Any) -> None:  # noqa: ANN401
    with pytest.raises(ClientError, match="must start with a user message"):
        client.converse(modelId=MODEL, messages=[{"role": "assistant", "content": [{"text": "Hi"}]}])
