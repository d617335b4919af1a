"""Vertex AI as Google serves it: Claude by raw prediction, Gemini under its publisher."""

from collections.abc import Mapping

import msgspec

from mainstay.lab.provider.anthropic import Anthropic
from mainstay.lab.provider.ask import Ask, Problem
from mainstay.lab.provider.gemini import Gemini
from mainstay.lab.provider.read_anthropic import read_anthropic
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.vertex_paths import COUNTER, GEMINI_ROOT, Target, claude_target, gemini_target
from mainstay.lab.provider.vertex_token import is_token_path
from mainstay.lab.provider.voice import Voice

VERSIONS: Mapping[str, str] = {"vertex-2023-10-16": "2023-06-01", "2026-10-21": "2026-10-21"}
"""Versions of the API as Vertex calls them, and as Anthropic does."""


class _Claude(msgspec.Struct):
    """What Vertex itself needs of a body."""

    anthropic_version: str = ""
    stream: bool = False
    model: str = ""


_CLAUDE = msgspec.json.Decoder(_Claude)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class VertexClaude(Anthropic):
    """The dialect `anthropic` with its model in the URL and its version in the body."""

    def read(self, request: ProviderRequest) -> Ask | Problem:
        """Read a prediction, or a count of tokens."""
        target = claude_target(request.path)
        if target is None:
            return Problem("The URL names no model.")
        try:
            asked, fields = _CLAUDE.decode(request.body), _FIELDS.decode(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Problem(f"The request body is not valid: {error}")
        problem = _problem(asked, target)
        if problem is not None:
            return problem
        is_counting = target.model == COUNTER
        del fields["anthropic_version"]
        if not is_counting:
            fields["model"] = msgspec.Raw(msgspec.json.encode(target.model))
        version = VERSIONS[asked.anthropic_version]
        return read_anthropic(msgspec.json.encode(fields), counting=is_counting, version=version)


def _problem(asked: _Claude, target: Target) -> Problem | None:
    if asked.anthropic_version not in VERSIONS:
        return Problem(f"anthropic_version: {asked.anthropic_version!r} is not a version of this API")
    if asked.model and target.model != COUNTER:
        return Problem("model: Extra inputs are not permitted")
    if asked.stream != (target.verb == "streamRawPredict"):
        return Problem(f"stream: this body does not fit {target.verb}")
    return None


_GEMINI = Gemini()
_VERTEX_CLAUDE = VertexClaude()


def answering_voice(path: str) -> Voice | None:
    """Who answers a POST to a URL that names a model in Google's way; `None` for every other URL."""
    if gemini_target(path) is not None:
        return _GEMINI
    return _VERTEX_CLAUDE if claude_target(path) is not None else None


def google_voice(path: str) -> Voice | None:
    """Who speaks at a URL of Google's, be it only about errors; `None` for every other URL."""
    if path.startswith(f"{GEMINI_ROOT}/") or is_token_path(path):
        return _GEMINI
    return answering_voice(path)


def counts_tokens(path: str) -> bool:
    """Whether Claude's tokens are to be counted here."""
    target = claude_target(path)
    return target is not None and target.model == COUNTER
