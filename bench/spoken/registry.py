"""All dialects of the harness, and how an upstream learns which stream it is asked for.

A translated request keeps nothing of the caller's body that could say how fast to stream, so the upstream's base URL
says it: `/pace/WORDS/RATE`, and behind that what the dialect's own base URL ends with.
"""

import re

import msgspec

from bench.spoken import anthropic, bedrock, gemini, openai_chat, openai_responses
from bench.spoken.shape import Caller, Voice

VOICES: dict[str, Voice] = {
    module.VOICE.dialect: module.VOICE for module in (anthropic, openai_chat, openai_responses, gemini, bedrock)
}
CALLERS: dict[str, Caller] = {
    module.CALLER.dialect: module.CALLER for module in (anthropic, openai_chat, openai_responses)
}

_PACE = re.compile(r"^/pace/(\d{1,6})/(\d{1,4})/")


class Pace(msgspec.Struct, frozen=True):
    """So many words, so many of them per second."""

    words: int
    rate: int


def base_path(dialect: str, pace: Pace) -> str:
    """The path of a base URL at which the streaming upstream speaks this dialect at this pace."""
    return f"/pace/{pace.words}/{pace.rate}{VOICES[dialect].base}"


def pace_of(path: str) -> Pace | None:
    """The pace that the path of a request names, if it does."""
    found = _PACE.match(path)
    return Pace(int(found[1]), int(found[2])) if found else None


def voice_of(path: str) -> Voice | None:
    """Who answers a request with this path (a query counts for nothing)."""
    bare = path.partition("?")[0]
    return next((voice for voice in VOICES.values() if bare.endswith(voice.suffix)), None)
