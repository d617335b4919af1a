"""Tool calls as items of Responses: ids within the syntax, and tools that take free text."""

import re
from collections.abc import Callable

import msgspec

from mainstay.model.conversation import ToolCall
from mainstay.wire.json_bytes import BAD_JSON
from mainstay.wire.openai_responses.items import CustomCall, FunctionCall
from mainstay.wire.openai_responses.response import COMPLETED
from mainstay.wire.tool_ids import IdSyntax

CALL_IDS = IdSyntax(re.compile(r"[A-Za-z0-9_-]{1,64}"))
"""Of tool calls."""

FREE_TEXT_SCHEMA = (
    b'{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}'
)
"""The arguments that a tool with free text has in dialects that know functions only."""


class _FreeText(msgspec.Struct):
    input: str


_FREE_TEXT = msgspec.json.Decoder(_FreeText)
_TEXTS = msgspec.json.Decoder(dict[str, str])


def call_item(call: ToolCall, item_id: Callable[[str], str], *, custom: bool) -> FunctionCall | CustomCall:
    """The item of a call that has begun; `item_id` makes an id for a kind of item."""
    if custom:
        return CustomCall(item_id("ctc"), "in_progress", call.name, "", CALL_IDS.fit(call.id))
    return FunctionCall(item_id("fc"), "in_progress", call.name, "", CALL_IDS.fit(call.id))


def finished(begun: FunctionCall | CustomCall, text: str) -> FunctionCall | CustomCall:
    """The item of a call that is complete; `text` is its arguments or its free text."""
    if isinstance(begun, CustomCall):
        return CustomCall(begun.id, COMPLETED, begun.name, text, begun.call_id)
    return FunctionCall(begun.id, COMPLETED, begun.name, text, begun.call_id)


def free_text(arguments: str) -> str:
    """The text in the arguments of a tool with free text. A model that names its one parameter differently is
    understood; anything else passes as it is, for the tool to judge."""
    try:
        return _FREE_TEXT.decode(arguments).input
    except BAD_JSON:
        pass
    try:
        values = _TEXTS.decode(arguments)
    except BAD_JSON:
        return arguments
    return next(iter(values.values())) if len(values) == 1 else arguments


def free_text_arguments(text: str) -> str:
    """The arguments that hold this text."""
    return msgspec.json.encode(_FreeText(text)).decode()
