"""Thought signatures in the words of the house: `Thinking.seal` holds one, and where it stood.

Gemini signs parts, not blocks of reasoning: a function call, a piece of text (often an empty one at the end), a
thought. A signature must come back on the part that it came with. Source: Google's pages on thought signatures.
"""

from enum import Enum

import msgspec

from mainstay.model.conversation import Thinking
from mainstay.wire.json_bytes import BAD_JSON

FOREIGN = "skip_thought_signature_validator"
"""What Google wants in place of a signature on calls that its models did not make; without it Gemini 3 refuses them."""


class Place(Enum):
    """The kind of part that a signature belongs to."""

    CALL = "call"
    """The next function call."""
    TEXT = "text"
    THOUGHT = "thought"


class Signed(msgspec.Struct, frozen=True, tag="gemini", tag_field="maker"):
    """What a seal says. `name` is that of the function, where the place is a call."""

    signature: str
    place: Place
    name: str = ""


_SIGNED = msgspec.json.Decoder(Signed)


def sealed(signed: Signed, thought: str) -> Thinking:
    """A signature as thinking; `thought` is the visible reasoning that it closes."""
    return Thinking(text=thought, seal=msgspec.json.encode(signed).decode(), hidden=not thought)


def unsealed(thinking: Thinking) -> Signed | None:
    """The signature in a seal, or `None` where another maker sealed it."""
    try:
        return _SIGNED.decode(thinking.seal)
    except BAD_JSON:
        return None
