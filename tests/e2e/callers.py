"""The official SDKs as callers, and what they hear, in words that all dialects share."""

from collections.abc import Mapping
from typing import Protocol

import msgspec
from anthropic import Anthropic, omit
from anthropic.types import Message, ToolParam
from openai import OpenAI
from openai import omit as left_out
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionToolParam
from openai.types.responses import FunctionToolParam, Response

from tests.e2e.raw import TIMEOUT_SECONDS, Body

MAX_TOKENS = 2000
CALLER_KEY = "key-of-the-caller"
TOOL_NAME = "look_up"
TOOL_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"place": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}},
    "required": ["place", "days"],
}
ANTHROPIC_TOOL: ToolParam = {"name": TOOL_NAME, "description": "Looks it up.", "input_schema": TOOL_SCHEMA}
OPENAI_TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": TOOL_NAME, "description": "Looks it up.", "parameters": TOOL_SCHEMA},
}
RESPONSES_TOOL: FunctionToolParam = {
    "type": "function",
    "name": TOOL_NAME,
    "description": "Looks it up.",
    "parameters": TOOL_SCHEMA,
    "strict": False,
}
PATHS = {"anthropic": "/v1/messages", "openai-chat": "/v1/chat/completions", "openai-responses": "/v1/responses"}
TOOLS = {"anthropic": ANTHROPIC_TOOL, "openai-chat": OPENAI_TOOL, "openai-responses": RESPONSES_TOOL}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, and how. `faults` goes to the fake providers: `primary=cut:after=40; standby=ok`."""

    model: str
    prompt: str = "Why do bridges hum?"
    stream: bool = True
    tools: bool = False
    faults: str = ""
    workload: str = ""
    idempotency_key: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The header fields for fake providers and gateway."""
        fields = {
            "x-lab-faults": self.faults,
            "x-mainstay-workload": self.workload,
            "x-mainstay-idempotency-key": self.idempotency_key,
        }
        return {name: value for name, value in fields.items() if value}

    def body(self, dialect: str) -> Body:
        """The same question as JSON, for those who ask without an SDK."""
        messages = [{"role": "user", "content": self.prompt}]
        body: Body = {"model": self.model}
        if dialect == "openai-responses":
            body |= {"max_output_tokens": MAX_TOKENS, "input": messages}
        else:
            body |= {"max_tokens": MAX_TOKENS, "messages": messages}
        if self.stream:
            body["stream"] = True
        if self.tools:
            body["tools"] = [TOOLS[dialect]]
        return body


class ToolCall(msgspec.Struct, frozen=True):
    """A call of a tool, its arguments as JSON with sorted keys (or as they came, where they are no JSON)."""

    id: str
    name: str
    arguments: str


class Answer(msgspec.Struct, frozen=True):
    """What an SDK made of a response."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    stop: str
    headers: Mapping[str, str]

    @property
    def said(self) -> tuple[str, tuple[tuple[str, str], ...], str]:
        """All of it but what depends on who answered."""
        return self.text, tuple((call.name, call.arguments) for call in self.tool_calls), self.stop


class Caller(Protocol):
    """An SDK."""

    def ask(self, question: Question) -> Answer:
        """Ask and read the whole answer. Raises what the SDK raises."""


class AnthropicCaller:
    """The SDK `anthropic`."""

    def __init__(self, client: Anthropic) -> None:
        self.client = client

    def ask(self, question: Question) -> Answer:
        """See `Caller`."""
        if question.stream:
            with self.client.messages.stream(
                model=question.model,
                max_tokens=MAX_TOKENS,
                messages=[{"role": "user", "content": question.prompt}],
                tools=[ANTHROPIC_TOOL] if question.tools else omit,
                extra_headers=question.headers,
            ) as stream:
                return _of_message(stream.get_final_message(), stream.response.headers)
        raw = self.client.messages.with_raw_response.create(
            model=question.model,
            max_tokens=MAX_TOKENS,
            messages=[{"role": "user", "content": question.prompt}],
            tools=[ANTHROPIC_TOOL] if question.tools else omit,
            extra_headers=question.headers,
        )
        return _of_message(raw.parse(), raw.headers)


class OpenaiCaller:
    """The SDK `openai`, Chat Completions."""

    def __init__(self, client: OpenAI) -> None:
        self.client = client

    def ask(self, question: Question) -> Answer:
        """See `Caller`."""
        tools = [OPENAI_TOOL] if question.tools else left_out
        if question.stream:
            with self.client.chat.completions.create(
                model=question.model,
                messages=[{"role": "user", "content": question.prompt}],
                tools=tools,
                stream=True,
                extra_headers=question.headers,
            ) as stream:
                return _of_chunks(list(stream), stream.response.headers)
        raw = self.client.chat.completions.with_raw_response.create(
            model=question.model,
            messages=[{"role": "user", "content": question.prompt}],
            tools=tools,
            extra_headers=question.headers,
        )
        return _of_completion(raw.parse(), raw.headers)


class ResponsesCaller:
    """The SDK `openai`, Responses."""

    def __init__(self, client: OpenAI) -> None:
        self.client = client

    def ask(self, question: Question) -> Answer:
        """See `Caller`. Asserts that a stream's events are numbered without a gap and repeated by the last one."""
        tools = [RESPONSES_TOOL] if question.tools else left_out
        if not question.stream:
            raw = self.client.responses.with_raw_response.create(
                model=question.model, input=question.prompt, tools=tools, extra_headers=question.headers
            )
            return _of_response(raw.parse(), raw.headers)
        with self.client.responses.create(
            model=question.model, input=question.prompt, tools=tools, stream=True, extra_headers=question.headers
        ) as stream:
            events = list(stream)
            assert [event.sequence_number for event in events] == list(range(len(events)))
            last = events[-1]
            assert last.type in {"response.completed", "response.incomplete"}, last
            answer = _of_response(last.response, stream.response.headers)
        assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == answer.text
        return answer


class Callers:
    """One caller per dialect at the same base URL."""

    def __init__(self, url: str, key: str = CALLER_KEY) -> None:
        """`key` is what each of them sends as its API key."""
        self.anthropic = AnthropicCaller(Anthropic(base_url=url, api_key=key, max_retries=0, timeout=TIMEOUT_SECONDS))
        client = OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=TIMEOUT_SECONDS)
        self.openai = OpenaiCaller(client)
        self.responses = ResponsesCaller(client)

    def ask(self, dialect: str, question: Question) -> Answer:
        """Ask in this dialect."""
        callers: Mapping[str, Caller] = {
            "anthropic": self.anthropic,
            "openai-chat": self.openai,
            "openai-responses": self.responses,
        }
        return callers[dialect].ask(question)

    def close(self) -> None:
        """Close their connections."""
        self.anthropic.client.close()
        self.openai.client.close()


def _of_message(message: Message, headers: Mapping[str, str]) -> Answer:
    text = "".join(block.text for block in message.content if block.type == "text")
    calls = [
        ToolCall(block.id, block.name, _canonical(block.input)) for block in message.content if block.type == "tool_use"
    ]
    return Answer(text, tuple(calls), message.stop_reason or "", headers)


def _of_completion(completion: ChatCompletion, headers: Mapping[str, str]) -> Answer:
    choice = completion.choices[0]
    calls = [
        ToolCall(call.id, call.function.name, _canonical_text(call.function.arguments))
        for call in choice.message.tool_calls or ()
        if call.type == "function"
    ]
    return Answer(choice.message.content or "", tuple(calls), choice.finish_reason, headers)


def _of_response(response: Response, headers: Mapping[str, str]) -> Answer:
    calls = [
        ToolCall(item.call_id, item.name, _canonical_text(item.arguments))
        for item in response.output
        if item.type == "function_call"
    ]
    return Answer(response.output_text, tuple(calls), response.status or "", headers)


class _Growing(msgspec.Struct):
    id: str = ""
    name: str = ""
    arguments: str = ""


def _of_chunks(chunks: list[ChatCompletionChunk], headers: Mapping[str, str]) -> Answer:
    choices = [choice for chunk in chunks for choice in chunk.choices if choice.index == 0]
    calls: dict[int, _Growing] = {}
    for part in (part for choice in choices for part in choice.delta.tool_calls or ()):
        call = calls.setdefault(part.index, _Growing())
        call.id = call.id or part.id or ""
        if part.function is not None:
            call.name += part.function.name or ""
            call.arguments += part.function.arguments or ""
    text = "".join(choice.delta.content or "" for choice in choices)
    stop = next((choice.finish_reason for choice in choices if choice.finish_reason), "")
    whole = tuple(ToolCall(call.id, call.name, _canonical_text(call.arguments)) for call in calls.values())
    return Answer(text, whole, stop, headers)


def _canonical(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _canonical_text(arguments: str) -> str:
    try:
        return _canonical(msgspec.json.decode(arguments))
    except msgspec.DecodeError:
        return arguments
