"""Calls as callers make them and candidates as a file would list them, for crossings with the real codecs."""

import json

from mainstay.model.call import Call
from mainstay.model.catalogue import ABLE, Candidate, Capabilities, Platform, Upstream, Workload
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.wire.crossing.passages import CallPassages, Speech
from mainstay.wire.registry import SPEECH

WALL = 1_700_000_000.9
EXCHANGE = "ex_0001"
PATHS = {"anthropic": "/v1/messages", "openai-chat": "/v1/chat/completions", "openai-responses": "/v1/responses"}
URLS = {
    "anthropic": "https://anthropic.example",
    "openai-chat": "https://openai.example/v1",
    "openai-responses": "https://openai.example/v1",
    "bedrock": "https://bedrock.example",
    "gemini": "https://gemini.example/v1beta",
}
BODIES: dict[str, dict[str, object]] = {
    "anthropic": {"model": "claude", "max_tokens": 1_000, "messages": [{"role": "user", "content": "Hi"}]},
    "openai-chat": {"model": "gpt", "messages": [{"role": "user", "content": "Hi"}]},
    "openai-responses": {"model": "gpt", "input": "Hi"},
}
CHAT_ANSWER = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-x","choices":[{"index":0,"message":'
    b'{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5}}'
)
ANSWER_TEXT = "Hello, wörld 🌍!\n\nSecond paragraph."
"""What the recorded streams of text say."""
SAID = "Once upon a time there was a king. He had"
WEATHER = {"name": "weather", "input_schema": {"type": "object", "properties": {}}}


def call(dialect: str = "anthropic", path: str = "", headers: Headers = (), **members: object) -> Call:
    """A small request with these members added or replaced."""
    body = json.dumps(BODIES[dialect] | members).encode()
    read = SPEECH.dialects[dialect].read_call(path or PATHS[dialect], "", headers, body)
    assert not isinstance(read, Fault), read
    return read


def candidate(
    dialect: str = "anthropic",
    name: str = "",
    model: str = "served",
    able: Capabilities = ABLE,
    *,
    declared: bool = False,
    platform: Platform | None = None,
) -> Candidate:
    """A place that speaks this dialect, called by it where no name is given."""
    usual = Platform.BEDROCK if dialect == "bedrock" else Platform.DIRECT
    upstream = Upstream(name or dialect, dialect, URLS[dialect], platform=platform or usual, region="eu-west-1")
    return Candidate(upstream, model, capabilities=able, declared=("images",) if declared else ())


def passages(asked: Call, workload: Workload | None = None, speech: Speech = SPEECH) -> CallPassages:
    return CallPassages(speech, asked, workload or Workload(), EXCHANGE, WALL)


def sent(body: bytes) -> dict[str, object]:
    """A request's body, read."""
    members = json.loads(body)
    assert isinstance(members, dict)
    return members
