"""What requests, whole answers and streamed answers of our writing have in common."""

import re

import msgspec

from mainstay.wire.codec import Identity
from mainstay.wire.tool_ids import IdSyntax

CALL_IDS = IdSyntax(re.compile(r"[A-Za-z0-9_-]{1,40}"), longest=40)
"""Of tool calls: OpenAI refuses longer ones."""

_OUR_PREFIX = "ex_"
_PREFIX = "chatcmpl-"


class Function(msgspec.Struct):
    """A tool call's function: its name, and its arguments as JSON text."""

    name: str
    arguments: str


class Call(msgspec.Struct):
    """A whole tool call."""

    id: str
    function: Function
    type: str = "function"


def answer_id_of(identity: Identity) -> str:
    """The exchange's id in this protocol's dress."""
    return _PREFIX + identity.id.removeprefix(_OUR_PREFIX)
