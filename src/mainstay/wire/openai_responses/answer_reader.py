"""Reads a whole native answer of Responses into neutral words."""

import msgspec

from mainstay.model.conversation import Part, Refusal, ToolCall
from mainstay.model.fault import Fault
from mainstay.model.piece import WholeAnswer
from mainstay.wire.classify import malformed
from mainstay.wire.json_bytes import BAD_JSON
from mainstay.wire.openai_responses.made_items import (
    MadeItem,
    call_of,
    thinking_of,
    unknown_item,
    words_of,
)
from mainstay.wire.openai_responses.response import COMPLETED, INCOMPLETE, Incompletion, TokenCounts, usage
from mainstay.wire.openai_responses.response import read_answer as check
from mainstay.wire.openai_responses.stops import stop_of
from mainstay.wire.tool_ids import AnswerIds


class _Response(msgspec.Struct):
    output: list[MadeItem]
    id: str = ""
    model: str = ""
    status: str = COMPLETED
    incomplete_details: Incompletion | None = None
    usage: TokenCounts | None = None


_RESPONSE = msgspec.json.Decoder(_Response)
_OVER = frozenset((COMPLETED, INCOMPLETE))


def read_answer(body: bytes) -> WholeAnswer | Fault:
    """The answer, after the same check that a native one gets."""
    fault = check(body).fault
    if fault is not None:
        return fault
    try:
        response = _RESPONSE.decode(body)
    except BAD_JSON:
        return malformed("The provider's answer is not a response of this protocol.")
    if response.status not in _OVER:
        return malformed(f"The provider's answer is not finished ({response.status[:40]}).")
    parts = _parts(response)
    if isinstance(parts, Fault):
        return parts
    reason = (response.incomplete_details.reason or "") if response.incomplete_details else ""
    called = any(isinstance(part, ToolCall) for part in parts)
    refused = any(isinstance(part, Refusal) for part in parts)
    stop = stop_of(response.status, reason, called=called, refused=refused)
    said = usage(response.usage) if response.usage else None
    return WholeAnswer(response.id, response.model, tuple(parts), stop, "", said)


def _parts(response: _Response) -> list[Part] | Fault:
    parts: list[Part] = []
    ids = AnswerIds(response.id)
    for item in response.output:
        if item.type == "message":
            parts += words_of(item)
        elif item.type == "reasoning":
            parts.append(thinking_of(item))
        elif item.type != "function_call":
            return unknown_item(item.type)
        elif not item.is_cut:
            call = call_of(item, item.arguments, ids)
            if isinstance(call, Fault):
                return call
            parts.append(call)
    return parts
