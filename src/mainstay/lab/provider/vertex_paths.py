"""URLs in which Google names the model and what is asked of it: the Gemini API's and Vertex AI's."""

import re

import msgspec

_PROJECT = r"/v1(?:beta1)?(?:/projects/[^/]+/locations/[^/]+)?/publishers"
_GEMINI = re.compile(
    rf"(?:/v1(?:beta)?|{_PROJECT}/google)/models/(?P<model>[^/:]+):(?P<verb>generateContent|streamGenerateContent)"
)
_CLAUDE = re.compile(rf"{_PROJECT}/anthropic/models/(?P<model>[^/:]+):(?P<verb>rawPredict|streamRawPredict)")
GEMINI_ROOT = "/v1beta"
"""Everything below speaks the Gemini API."""
COUNTER = "count-tokens"
"""Stands in the place of the model where Claude's tokens are counted."""


class Target(msgspec.Struct, frozen=True):
    """What a URL names."""

    model: str
    verb: str


def gemini_target(path: str) -> Target | None:
    """What a URL asks of Gemini, or `None` where it does not."""
    return _target(_GEMINI.fullmatch(path))


def claude_target(path: str) -> Target | None:
    """What a URL asks of Claude on Vertex AI, or `None` where it does not."""
    return _target(_CLAUDE.fullmatch(path))


def _target(found: re.Match[str] | None) -> Target | None:
    return Target(found["model"], found["verb"]) if found else None
