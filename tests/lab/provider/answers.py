"""Requests in each dialect, and what the steps of an answer amount to."""

import re

import msgspec

from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.steps import Body, Head, Pause, Step

PATHS = {
    "anthropic": "/v1/messages",
    "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
}
PARAMETERS: dict[str, object] = {"properties": {"city": {"type": "string"}}}
TOOLS = {
    "anthropic": [{"name": "weather", "input_schema": PARAMETERS}],
    "openai-chat": [{"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}],
    "openai-responses": [{"type": "function", "name": "weather", "parameters": PARAMETERS}],
}
_TEXT = re.compile(rb'"(?:text|content)":("(?:[^"\\]|\\.)*")')
_DELTA = re.compile(rb'"response.output_text.delta".*?"delta":("(?:[^"\\]|\\.)*")')
_OUTPUT_TEXT = re.compile(rb'"type":"output_text","text":("(?:[^"\\]|\\.)*")')


def request(dialect: str, question: str = "hello", **fields: object) -> ProviderRequest:
    messages: list[dict[str, object]] = [{"role": "user", "content": question}]
    body: dict[str, object] = {"model": "m", "max_tokens": 10_000, "messages": messages}
    if dialect == "openai-responses":
        body = {"model": "m", "max_output_tokens": 10_000, "input": messages}
    return ProviderRequest("POST", PATHS[dialect], body=msgspec.json.encode(body | fields))


def body(steps: list[Step]) -> bytes:
    return b"".join(step.data for step in steps if isinstance(step, Body))


def head(steps: list[Step]) -> Head:
    return next(step for step in steps if isinstance(step, Head))


def text(data: bytes) -> str:
    of_responses = _DELTA if b"event: " in data else _OUTPUT_TEXT
    pattern = of_responses if b'"object":"response"' in data else _TEXT
    return "".join(msgspec.json.decode(found, type=str) for found in pattern.findall(data))


def pause_seconds(steps: list[Step]) -> float:
    return sum(step.seconds for step in steps if isinstance(step, Pause))
