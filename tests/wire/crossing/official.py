"""The official SDKs' types as judges of whole requests, answers and events: strict, and nothing unknown among them."""

import json
from typing import Any

import httpx2
import openai
from anthropic.types import Message, RawMessageStreamEvent
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParams
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParams
from pydantic import BaseModel, TypeAdapter

from tests.wire.anthropic import official as anthropic
from tests.wire.bedrock import service
from tests.wire.openai_responses import sdk
from tests.wire.streams import data_of

_REQUESTS: dict[str, TypeAdapter[object]] = {
    "openai-chat": TypeAdapter(CompletionCreateParams),
    "openai-responses": TypeAdapter(ResponseCreateParams),
}
_ANSWERS: dict[str, TypeAdapter[object]] = {
    "anthropic": TypeAdapter(Message),
    "openai-chat": TypeAdapter(ChatCompletion),
    "openai-responses": TypeAdapter(Response),
}
_EVENTS: dict[str, TypeAdapter[object]] = {
    "anthropic": TypeAdapter(RawMessageStreamEvent),
    "openai-chat": TypeAdapter(ChatCompletionChunk),
    "openai-responses": TypeAdapter(ResponseStreamEvent),
}
# What is no part of OpenAI's types: reasoning in plain words as servers of open models show it, and random padding.
_KNOWN_BESIDES = frozenset(("reasoning_content", "obfuscation"))


def check_request(dialect: str, body: object) -> None:
    """The request has the shape of this dialect. Google's SDK is none of the project's: nothing is checked for it."""
    data = json.dumps(body).encode()
    if dialect == "anthropic":
        anthropic.request(data)
    elif dialect == "bedrock":
        assert service.request_report(data) == ""
    elif dialect in _REQUESTS:
        body = _with_what_is_optional(body) if dialect == "openai-responses" else body
        assert anthropic.whole(_REQUESTS[dialect].validate_python(body)) == body


def _with_what_is_optional(body: object) -> object:
    """The types want more of an assistant's message than the API does: Codex sends none of these members either."""
    assert isinstance(body, dict)
    if isinstance(body["input"], str):
        return body
    return body | {"input": [_completed(item) if item.get("role") == "assistant" else item for item in body["input"]]}


def _completed(item: dict[str, Any]) -> dict[str, Any]:
    content = [{"annotations": []} | part if part["type"] == "output_text" else part for part in item["content"]]
    return {"id": "msg_0", "status": "completed"} | item | {"content": content}


def check_answer(dialect: str, body: bytes) -> None:
    """The whole answer has the shape of this dialect."""
    if dialect == "bedrock":
        assert service.answer_report(body) == ""
    elif dialect in _ANSWERS:
        assert unknown(_ANSWERS[dialect].validate_json(body, strict=True)) <= _KNOWN_BESIDES


def check_stream(dialect: str, stream: bytes) -> None:
    """Every event of the stream has the shape of this dialect."""
    # Pings are in the reference of Anthropic's API and not in its SDK's types.
    for data in [one for one in data_of(stream) if one.get("type") != "ping"]:
        read = _EVENTS[dialect].validate_json(json.dumps(data), strict=True)
        assert unknown(read) <= _KNOWN_BESIDES, data


def unknown(value: object) -> set[str]:
    """Names of members that the types do not know, anywhere in the value."""
    if isinstance(value, list):
        return {name for one in value for name in unknown(one)}
    if not isinstance(value, BaseModel):
        return set()
    # What a type itself lets its members be is no model and has no names to know.
    inner = [one for name, one in value if name not in (value.model_extra or {})]
    return set(value.model_extra or {}) | unknown(inner)


def words_and_calls(dialect: str, body: bytes, *, is_stream: bool) -> tuple[str, list[tuple[str, str, Any]]]:
    """The text, and id, name and arguments of each call, as the SDK hands them to its user."""
    if dialect == "anthropic":
        message = anthropic.streamed(body) if is_stream else anthropic.answered(body)
        text = "".join(block.text for block in message.content if block.type == "text")
        return text, [(one.id, one.name, one.input) for one in message.content if one.type == "tool_use"]
    if dialect == "openai-responses":
        response: Response = sdk.streamed(body) if is_stream else sdk.whole(body)
        calls = [item for item in response.output if item.type == "function_call"]
        return response.output_text, [(one.call_id, one.name, json.loads(one.arguments)) for one in calls]
    choice = (_chat_stream(body) if is_stream else _chat(body)).choices[0].message
    made = [one for one in choice.tool_calls or () if one.type == "function"]
    told = [(one.id, one.function.name, json.loads(one.function.arguments)) for one in made]
    return choice.content or "", told


def _chat(body: bytes) -> ChatCompletion:
    with _client(body, "application/json") as client:
        return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])


def _chat_stream(stream: bytes) -> ChatCompletion:
    with (
        _client(stream, "text/event-stream") as client,
        client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "?"}]) as events,
    ):
        return events.get_final_completion()


def _client(body: bytes, content_type: str) -> openai.OpenAI:
    answer = httpx2.Response(200, headers={"content-type": content_type}, content=body)
    transport = httpx2.MockTransport(lambda _: answer)
    return openai.OpenAI(api_key="k", base_url="http://provider", http_client=httpx2.Client(transport=transport))
