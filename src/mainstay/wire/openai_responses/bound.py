"""What ties a request of Responses to the state of one provider."""

from collections.abc import Sequence

import msgspec

from mainstay.wire.json_bytes import ABSENT, BAD_JSON, ITEMS, is_given, is_string

_FILE_ID = b'"file_id"'
_REFERENCE = b'"item_reference"'
_SHOWN_PARTS = frozenset(("input_file", "input_image", "computer_screenshot"))


class _Container(msgspec.Struct):
    file_ids: list[str] | None = None


class Tool(msgspec.Struct):
    """A tool, as far as it may hold a provider's state."""

    type: str = ""
    connector_id: str | None = None
    tunnel_id: str | None = None
    container: msgspec.Raw = ABSENT


class _Part(msgspec.Struct):
    type: str = ""
    file_id: str | None = None


class _Item(msgspec.Struct):
    type: str | None = None
    content: msgspec.Raw = ABSENT
    output: msgspec.Raw = ABSENT


_ITEM = msgspec.json.Decoder(_Item)
_PART = msgspec.json.Decoder(_Part)
_CONTAINER = msgspec.json.Decoder(_Container)


def bound(
    tools: Sequence[Tool],
    items: Sequence[msgspec.Raw],
    body: bytes,
    *,
    conversation: msgspec.Raw,
    previous_response_id: str | None,
    prompt: msgspec.Raw,
) -> str:
    """The first thing that only one provider can resolve; empty where anybody may serve the request."""
    if is_given(conversation):
        return "conversation"
    if previous_response_id:
        return "previous_response_id"
    if is_given(prompt):
        return "prompt"
    # Two cheap looks at the bytes first: hardly any request names a file or an item.
    if _FILE_ID in body and any(_shows_file(item) for item in items):
        return "file id"
    if _REFERENCE in body and any(_is_reference(item) for item in items):
        return "item_reference"
    return _bound_tool(tools)


def _bound_tool(tools: Sequence[Tool]) -> str:
    if any(tool.type == "mcp" and (tool.connector_id or tool.tunnel_id) for tool in tools):
        return "mcp"
    if any(tool.type == "file_search" for tool in tools):
        return "vector store"
    if any(tool.type == "code_interpreter" and _has_state(tool.container) for tool in tools):
        return "container"
    return ""


def _has_state(container: msgspec.Raw) -> bool:
    """A container is named by its id, or made anew, perhaps with files that are named by theirs."""
    if is_string(container):
        return True
    try:
        return bool(_CONTAINER.decode(container).file_ids)
    except BAD_JSON:
        return False


def _shows_file(item: msgspec.Raw) -> bool:
    try:
        said = _ITEM.decode(item)
    except BAD_JSON:
        return False
    return any(_is_file(part) for value in (said.content, said.output) for part in _parts(value))


def _parts(value: msgspec.Raw) -> list[msgspec.Raw]:
    """The parts of a content; a screenshot stands alone."""
    if not is_given(value):
        return []
    try:
        return ITEMS.decode(value)
    except BAD_JSON:
        return [value]


def _is_file(part: msgspec.Raw) -> bool:
    try:
        said = _PART.decode(part)
    except BAD_JSON:
        return False
    return said.type in _SHOWN_PARTS and bool(said.file_id)


def _is_reference(item: msgspec.Raw) -> bool:
    try:
        return _ITEM.decode(item).type == "item_reference"
    except BAD_JSON:
        return False
