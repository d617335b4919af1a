"""Which session a request belongs to: a conversation, or the run of an agent, that is of no use in parts.

Source of the names: Anthropic's and OpenAI's public references, and what Claude Code and Codex send.
"""

import msgspec

from mainstay.model.http import Headers
from mainstay.wire.json_bytes import BAD_JSON, read_text

SESSION_CHARACTERS_MAX = 200

# In this order: what says it on purpose comes first.
_NAMES = ("x-mainstay-session", "x-claude-code-session-id", "session_id", "session-id", "conversation_id")
_RANKS = {name: rank for rank, name in enumerate(_NAMES)}


class _Metadata(msgspec.Struct):
    user_id: str | None = None


_METADATA = msgspec.json.Decoder(_Metadata)


def session_of_headers(headers: Headers) -> str:
    """The session that header fields name, or "" where none does."""
    found = [(_RANKS[name], value.strip()) for name, value in headers if name in _RANKS and value.strip()]
    return bounded(min(found)[1]) if found else ""


def session_of_metadata(metadata: msgspec.Raw) -> str:
    """The session in the `metadata` of a Messages request. Claude Code writes it into `user_id`, behind the user."""
    try:
        return bounded(_METADATA.decode(metadata).user_id or "")
    except BAD_JSON:
        return ""


def first_session(*members: msgspec.Raw) -> str:
    """The first of these members of a request that names a session."""
    for member in members:
        if member and (text := read_text(member)):
            return bounded(text)
    return ""


def bounded(text: str) -> str:
    """At most 200 characters: both ends, because what tells one session from another may stand at either."""
    half = SESSION_CHARACTERS_MAX // 2
    return text if len(text) <= SESSION_CHARACTERS_MAX else text[:half] + text[-half:]


def is_zero(number: msgspec.Raw) -> bool:
    """Whether a member is the number 0, however it is written."""
    try:
        return float(bytes(number)) == 0.0
    except ValueError:
        return False
