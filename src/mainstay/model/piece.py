"""Pieces: a streamed or whole answer in words that every dialect shares. Made and read on crossings alone.

The order within one stream: `Began`, then any of `Said`, `Thought` (closed by `Sealed` where the maker sealed it),
`Calling` and `Called`, `Refused`; then `Stopped`, perhaps `Counted`, then `Done`. `Failed` ends it anywhere.
"""

from enum import Enum

import msgspec

from mainstay.model.conversation import Part, Thinking, ToolCall
from mainstay.model.fault import Fault
from mainstay.model.frame import Usage


class Stop(Enum):
    """Why an answer ended."""

    END = "end"
    LENGTH = "length"
    """The output limit."""
    TOOL = "tool"
    SEQUENCE = "sequence"
    """One of the caller's stop sequences."""
    REFUSAL = "refusal"
    """The model declined."""
    FILTER = "filter"
    """The provider's filter took the answer away."""
    CONTEXT = "context"
    """The context window is full."""
    PAUSE = "pause"
    """The provider wants the answer sent back to go on with it."""


class Began(msgspec.Struct, gc=False):
    """The answer opens. `usage` is what is known of it (input tokens, mostly)."""

    id: str = ""
    model: str = ""
    usage: Usage | None = None


class Said(msgspec.Struct, gc=False):
    """Visible text, never empty."""

    text: str


class Thought(msgspec.Struct, gc=False):
    """Visible reasoning; empty text says only that the model thinks."""

    text: str = ""


class Sealed(msgspec.Struct, gc=False):
    """A run of reasoning is over; `thinking` is all of it with its seal (and without an issuer)."""

    thinking: Thinking


class Calling(msgspec.Struct, gc=False):
    """A tool call has begun and is not complete. Sent once per call."""


class Called(msgspec.Struct, gc=False):
    """A tool call is complete, its arguments one JSON object. `open_calls` are others still incomplete."""

    call: ToolCall
    open_calls: int = 0


class Refused(msgspec.Struct, gc=False):
    """Words of a refusal, never empty."""

    text: str


class Counted(msgspec.Struct, gc=False):
    """Usage so far, cumulative."""

    usage: Usage


class Stopped(msgspec.Struct, gc=False):
    """The stop reason; `usage` where it came together with it."""

    stop: Stop
    sequence: str = ""
    usage: Usage | None = None


class Done(msgspec.Struct, gc=False):
    """The terminal marker."""


class Pinged(msgspec.Struct, gc=False):
    """A keep-alive."""


class Failed(msgspec.Struct, gc=False):
    """An error inside the stream, or a stream that cannot be told in these words."""

    fault: Fault


Piece = Began | Said | Thought | Sealed | Calling | Called | Refused | Counted | Stopped | Done | Pinged | Failed


class WholeAnswer(msgspec.Struct, frozen=True):
    """A whole (not streamed) answer. `parts` are in order: text, thinking (without an issuer), tool calls, refusal."""

    id: str
    model: str
    parts: tuple[Part, ...]
    stop: Stop
    sequence: str = ""
    usage: Usage | None = None
