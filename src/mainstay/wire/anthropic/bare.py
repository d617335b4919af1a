"""A request without the thinking of earlier turns, for a place that cannot read what another one signed.

An open tool turn must begin with thinking while thinking is on (public reference, extended thinking with tools).
Without the block thinking is switched off for this request.
"""

import msgspec

from mainstay.wire.anthropic.stream import THINKING_BLOCKS
from mainstay.wire.json_bytes import BAD_JSON, FIELDS, ITEMS, Fields, raw, read_fields, read_text, replace_fields


class _Typed(msgspec.Struct):
    type: str = ""


_TYPED = msgspec.json.Decoder(_Typed)


def without_thinking(body: bytes) -> bytes:
    """The request without thinking blocks; the same bytes where there is none."""
    try:
        messages = ITEMS.decode(FIELDS.decode(body)["messages"])
    except (*BAD_JSON, KeyError):
        return body
    kept = [bare for message in messages if (bare := _bare(message)) is not None]
    if len(kept) == len(messages) and all(one is other for one, other in zip(kept, messages, strict=True)):
        return body
    changes: dict[str, msgspec.Raw | None] = {"messages": raw(kept)}
    if _ends_in_open_tools(kept):
        changes["thinking"] = None
    return replace_fields(body, changes)


def _bare(message: msgspec.Raw) -> msgspec.Raw | None:
    """The message without thinking; `None` where nothing else was in it."""
    fields = read_fields(message)
    blocks = _blocks(fields)
    if fields is None or blocks is None:
        return message
    kept = [block for block in blocks if _kind(block) not in THINKING_BLOCKS]
    if len(kept) == len(blocks):
        return message
    return raw({**fields, "content": raw(kept)}) if kept else None


def _ends_in_open_tools(messages: list[msgspec.Raw]) -> bool:
    """Whether the last assistant turn calls tools, so that its results are what the request brings."""
    turns = [fields for message in messages if (fields := read_fields(message)) is not None]
    last = next((fields for fields in reversed(turns) if read_text(fields.get("role")) == "assistant"), None)
    return any(_kind(block) == "tool_use" for block in _blocks(last) or ())


def _blocks(fields: Fields | None) -> list[msgspec.Raw] | None:
    try:
        return ITEMS.decode(fields["content"]) if fields is not None else None
    except (*BAD_JSON, KeyError):
        return None


def _kind(block: msgspec.Raw) -> str:
    try:
        return _TYPED.decode(block).type
    except BAD_JSON:
        return ""
