"""The shapes of an answer, whole or streamed: both come in the same envelope.

Source: `GenerateContentResponse` of Google's Gen AI SDK (`google-genai` 3.4), in its JSON names.
"""

import msgspec

from mainstay.model.frame import Usage
from mainstay.wire.json_bytes import ABSENT


class FunctionCall(msgspec.Struct, rename="camel", gc=False):
    """A call of a function. Those that come in pieces are never asked for."""

    name: str = ""
    args: msgspec.Raw = ABSENT
    id: str | None = None
    partial_args: msgspec.Raw = ABSENT
    will_continue: bool | None = None


class Part(msgspec.Struct, rename="camel", gc=False):
    """A piece of content. A part with none of these members is of a kind that we do not know."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None


class Content(msgspec.Struct, gc=False):
    """What the model said."""

    parts: list[Part] | None = None


class Candidate(msgspec.Struct, rename="camel", gc=False):
    """One answer; we never ask for several."""

    content: Content | None = None
    finish_reason: str | None = None


class PromptFeedback(msgspec.Struct, rename="camel", gc=False):
    """Why a request was blocked."""

    block_reason: str | None = None


class UsageMetadata(msgspec.Struct, rename="camel", gc=False):
    """Tokens so far. The cached ones are part of the prompt's, the thoughts are not part of the candidates'."""

    prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None


class Chunk(msgspec.Struct, rename="camel", gc=False):
    """A whole answer, or one event of a stream."""

    candidates: list[Candidate] | None = None
    usage_metadata: UsageMetadata | None = None
    prompt_feedback: PromptFeedback | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: msgspec.Raw = ABSENT


class _NamedContent(msgspec.Struct):
    parts: list[dict[str, msgspec.Raw]] | None = None


class _NamedCandidate(msgspec.Struct):
    content: _NamedContent | None = None


class _Named(msgspec.Struct):
    candidates: list[_NamedCandidate] | None = None


CHUNK = msgspec.json.Decoder(Chunk)
_NAMED = msgspec.json.Decoder(_Named)
_SILENT_MEMBERS = frozenset(("text", "thought", "thoughtSignature", "functionCall", "partMetadata"))


def usage(counts: UsageMetadata) -> Usage:
    """The same numbers in the words of the house."""
    thoughts = counts.thoughts_token_count or 0
    return Usage(
        input_tokens=(counts.prompt_token_count or 0) + (counts.tool_use_prompt_token_count or 0),
        output_tokens=(counts.candidates_token_count or 0) + thoughts,
        cached_tokens=counts.cached_content_token_count or 0,
        reasoning_tokens=thoughts,
    )


def unknown_kind(data: bytes) -> str:
    """The kind of the first part that we cannot tell (`inlineData`, `executableCode`, ...), or empty where all parts
    that say anything can be told. Raises what decoding raises."""
    for candidate in _NAMED.decode(data).candidates or ():
        for part in (candidate.content and candidate.content.parts) or ():
            strange = [name for name in part if name not in _SILENT_MEMBERS]
            if strange:
                return strange[0]
    return ""
