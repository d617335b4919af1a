"""Names that Converse accepts, worked out from those that came, so that nobody must remember them.

Source: the patterns of `ToolUseId`, `ToolName` and `DocumentBlock.name` in the service description.
"""

import hashlib
import re
from collections.abc import Container

DOCUMENT_NAME_CHARACTERS_MAX = 200

# The service takes `.` and `:` too, but the models behind it do not.
_CALL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_IN_DOCUMENT_NAMES = re.compile(r"[^a-zA-Z0-9\s()\[\]-]")
_DIGEST_BYTES = 16


def call_id(given: str) -> str:
    """The id of a tool call: as it is where it is accepted, else a replacement that is always the same."""
    return given if _CALL_ID.fullmatch(given) else f"call_{_digest(given)}"


def minted_call_id(answer_id: str, position: int, name: str) -> str:
    """An id for a call that came without one."""
    return f"call_{_digest(f'{answer_id} {position} {name}')}"


def distinct(name: str, taken: Container[str], separator: str = "_") -> str:
    """The name, with a number behind it where it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}{separator}{number}" in taken:
        number += 1
    return f"{name}{separator}{number}"


def is_tool_name(name: str) -> bool:
    """Whether a tool may have this name."""
    return _TOOL_NAME.fullmatch(name) is not None


def document_name(given: str) -> str:
    """A name for a document: no other characters than are accepted, no white space twice in a row, never empty."""
    name = " ".join(_NOT_IN_DOCUMENT_NAMES.sub(" ", given).split())
    # Room is left for a number.
    return name[: DOCUMENT_NAME_CHARACTERS_MAX - 10].rstrip() or "document"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
