"""Seeded traffic: who asks what, when. Every number follows from the seed and the request's own number."""

import random
from collections.abc import Iterator

import msgspec

from mainstay.model.http import Headers


class Arrival(msgspec.Struct, frozen=True):
    """One request and its instant, in seconds from the start."""

    number: int
    at: float
    path: str
    headers: Headers
    body: bytes
    workload: str = "default"
    """As its headers say, or the token."""
    tenant: str = "local"
    weight: float = 1.0
    """Of its tenant, in queues."""
    session: str = ""


class Profile(msgspec.Struct, frozen=True):
    """The shape of traffic: `requests` spread over `seconds`, a share of them streamed, answers of `words` words."""

    requests: int
    seconds: float
    stream_share: float = 0.5
    chat_share: float = 0.5
    words: int = 20
    anthropic_model: str = "claude-demo"
    openai_model: str = "gpt-demo"


def arrivals(profile: Profile, seed: str) -> Iterator[Arrival]:
    """All requests in order of time."""
    dice = random.Random(f"{seed} arrivals")  # noqa: S311 - traffic, no secret
    instants = sorted(dice.uniform(0, profile.seconds) for _ in range(profile.requests))
    for number, at in enumerate(instants):
        own = random.Random(f"{seed} {number}")  # noqa: S311 - as above
        is_chat = own.random() < profile.chat_share
        body = _body(profile, number, is_chat=is_chat, is_stream=own.random() < profile.stream_share)
        path = "/v1/chat/completions" if is_chat else "/v1/messages"
        yield Arrival(number, at, path, (("content-type", "application/json"),), body)


def _body(profile: Profile, number: int, *, is_chat: bool, is_stream: bool) -> bytes:
    text = f"question {number % 500} [words={profile.words}]"
    messages = [{"role": "user", "content": text}]
    model = profile.openai_model if is_chat else profile.anthropic_model
    limit = {} if is_chat else {"max_tokens": 1000}
    return msgspec.json.encode({"model": model, **limit, "stream": is_stream, "messages": messages})
