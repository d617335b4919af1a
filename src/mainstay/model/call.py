"""A caller's request as the engine needs to know it. The body stays the caller's bytes."""

from enum import Enum

import msgspec

from mainstay.model.http import Headers


class CallKind(Enum):
    """What the caller asks for."""

    ANSWER = "answer"
    COUNT_TOKENS = "count-tokens"
    MODELS = "models"
    """The list of models, or one of them: a GET without a body."""


class Call(msgspec.Struct, frozen=True):
    """One request, read by its dialect.

    `path` is the path behind the upstream's base URL, with its query (`/v1/messages?beta=true`). `headers` are those
    that may be forwarded: no credentials, no hop-by-hop fields, nothing of ours. `must_not_continue` is true when
    prose could not finish the answer (structured output, a forced tool, several choices). Token counts are estimates.
    """

    dialect: str
    kind: CallKind
    path: str
    model: str
    stream: bool
    headers: Headers
    body: bytes
    has_tools: bool = False
    must_not_continue: bool = False
    max_output_tokens: int | None = None
    estimated_input_tokens: int = 0
