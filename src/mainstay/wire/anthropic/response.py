"""Whole answers of the Messages API: are they what they promise to be?"""

import msgspec

from mainstay.model.call import Call, CallKind
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Answer
from mainstay.model.http import Reply
from mainstay.wire.anthropic.errors import classify_inside
from mainstay.wire.anthropic.words import TokenCounts, usage
from mainstay.wire.classify import malformed
from mainstay.wire.json_bytes import BAD_JSON

EMPTY_STOPS = frozenset(("end_turn", "tool_use", ""))
"""Stop reasons that promise content. The others (a refusal, a limit, a stop sequence, a pause) explain its absence."""

_COUNT_TOKENS = CallKind.COUNT_TOKENS
"""A name of its own, because looking it up in the enumeration takes ten times as long."""
_SUCCESS = 200
_UNKNOWN_RELEASE = "1970-01-01T00:00:00Z"


class _Block(msgspec.Struct, gc=False):
    type: str
    text: str | None = None


class _Message(msgspec.Struct, tag_field="type", tag="message", gc=False):
    content: list[_Block]
    stop_reason: str | None = None
    usage: TokenCounts | None = None


class _Count(msgspec.Struct):
    input_tokens: int


class _Model(msgspec.Struct, tag_field="type", tag="model"):
    id: str
    display_name: str
    created_at: str = _UNKNOWN_RELEASE


class _Models(msgspec.Struct):
    data: list[_Model]
    has_more: bool
    first_id: str | None
    last_id: str | None


_MESSAGE = msgspec.json.Decoder(_Message)
_COUNT = msgspec.json.Decoder(_Count)


def read_answer(call: Call, body: bytes) -> Answer:
    """Check a whole 200 body for validity and read its usage."""
    if call.kind is _COUNT_TOKENS:
        return _read_count(body)
    try:
        message = _MESSAGE.decode(body)
    except BAD_JSON:
        return Answer(_invalid(body))
    counts = message.usage or TokenCounts()
    stop_reason = message.stop_reason or ""
    if not _has_content(message.content) and not _may_be_empty(call, stop_reason, counts):
        return Answer(Fault(FaultKind.EMPTY, "The provider's answer is empty.", _SUCCESS, "empty_answer"))
    return Answer(None, usage(counts), stop_reason)


def models_reply(models: tuple[str, ...]) -> Reply:
    """The answer to `GET /v1/models`."""
    ids = (models[0], models[-1]) if models else (None, None)
    return _reply(_Models([_Model(model, model) for model in models], has_more=False, first_id=ids[0], last_id=ids[1]))


def model_reply(model: str) -> Reply:
    """The answer to `GET /v1/models/{id}`."""
    return _reply(_Model(model, model))


def count_reply(call: Call) -> Reply | None:
    """An estimated count, where the call asks for one."""
    if call.kind is not _COUNT_TOKENS:
        return None
    return Reply(200, (("content-type", "application/json"),), msgspec.json.encode(_Count(call.estimated_input_tokens)))


def _read_count(body: bytes) -> Answer:
    try:
        _COUNT.decode(body)
    except BAD_JSON:
        return Answer(_invalid(body))
    return Answer()


def _invalid(body: bytes) -> Fault:
    """A body that is not the answer asked for may still be an error in the clothes of a success."""
    message = "The provider's answer is not a message of this protocol."
    return classify_inside(body) or malformed(message)


def _has_content(blocks: list[_Block]) -> bool:
    # A loop, because a generator for `any` costs as much as all the rest of the check.
    for block in blocks:  # noqa: SIM110
        if block.text or block.type != "text":
            return True
    return False


def _may_be_empty(call: Call, stop_reason: str, counts: TokenCounts) -> bool:
    if stop_reason == "refusal" or call.max_output_tokens == 0:
        return True
    return stop_reason not in EMPTY_STOPS and bool(counts.output_tokens)


def _reply(value: _Model | _Models) -> Reply:
    return Reply(200, (("content-type", "application/json"),), msgspec.json.encode(value))
