"""Names that Converse accepts, worked out from those that came, so that nobody must remember them.

Source: the patterns of `ToolUseId`, `ToolName` and `DocumentBlock.name` in the service description.
"""

import re

from mainstay.wire.tool_ids import IdSyntax

CALL_IDS = IdSyntax(re.compile(r"[a-zA-Z0-9_-]{1,64}"))
"""Of tool calls. The service takes `.` and `:` too, but the models behind it do not."""
DOCUMENT_NAME_CHARACTERS_MAX = 200

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_IN_DOCUMENT_NAMES = re.compile(r"[^a-zA-Z0-9\s()\[\]-]")


def is_tool_name(name: str) -> bool:
    """Whether a tool may have this name."""
    return _TOOL_NAME.fullmatch(name) is not None


def document_name(given: str) -> str:
    """A name for a document: no other characters than are accepted, no white space twice in a row, never empty."""
    name = " ".join(_NOT_IN_DOCUMENT_NAMES.sub(" ", given).split())
    # Room is left for a number.
    return name[: DOCUMENT_NAME_CHARACTERS_MAX - 10].rstrip() or "document"
