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

    `bound` names the field that ties the request to one provider's state (`container`, `previous_response_id`, ...);
    empty for a request that anybody may serve. `answer_id` is the id that the answer must carry (empty: whatever the
    provider gives). Where `home` is set, that upstream knows the conversation: it is sent `home_body` instead.
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
    bound: str = ""
    answer_id: str = ""
    home: str = ""
    home_body: bytes = b""
    session: str = ""
    """Of which conversation or agent run it is a part; empty where nothing tells."""
    unsampled: bool = False
    """Whether it asks for no chance in the answer (temperature 0), so that an answer may be given again."""
