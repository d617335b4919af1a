"""What arrives from an upstream, told in neutral words; the raw bytes stay beside the meaning."""

from enum import Enum

import msgspec

from mainstay.model.fault import Fault


class Usage(msgspec.Struct, frozen=True):
    """Tokens of one attempt. `estimated` marks numbers that no provider reported."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Those of the input that a cache gave."""
    estimated: bool = False
    cache_write_tokens: int = 0
    """Those of the input that a cache took."""
    reasoning_tokens: int = 0
    """Those of the output that nobody sees."""


class FrameKind(Enum):
    """What one server-sent event means to the exchange."""

    PREAMBLE = "preamble"
    """Lifecycle without content: message_start, role chunk, a text block that opens or closes. Held before commit."""
    WORKING = "working"
    """Proof that the model works, without content for the caller: an opening or empty thinking block. Held before
    commit, but it satisfies the first-content clock."""
    TEXT = "text"
    """Visible text, in `Frame.text`."""
    THINKING = "thinking"
    """Visible reasoning. Content, but never continued."""
    TOOL = "tool"
    """Part of a tool call."""
    OPAQUE = "opaque"
    """Content of another kind (server tools, audio, unknown blocks): relayed, and it bars continuation."""
    PING = "ping"
    """Keep-alive event or comment. Bytes, not content."""
    FINISH = "finish"
    """The stop reason (and usually usage)."""
    USAGE = "usage"
    """Usage alone, after the stop reason (OpenAI Chat with `include_usage`)."""
    END = "end"
    """The dialect's terminal marker (`message_stop`, `[DONE]`)."""
    ERROR = "error"
    """An error inside the stream, in `Frame.fault`."""


class Frame(msgspec.Struct):
    """One whole server-sent event.

    `raw` holds its bytes exactly as they came, delimiter included. `holds` is true while, after this frame, some tool
    call is still incomplete: the exchange keeps such frames back and releases them together. `mutable` (not frozen)
    only because it is made once per streamed event and frozen structs cost more to build; nobody changes it.
    """

    kind: FrameKind
    raw: bytes
    text: str = ""
    holds: bool = False
    usage: Usage | None = None
    fault: Fault | None = None
    stop_reason: str = ""


class Answer(msgspec.Struct, frozen=True):
    """A whole (not streamed) answer after the validity check: either a fault or an answer that may be given. `body`
    is the answer in the caller's dialect where it differs from what came."""

    fault: Fault | None = None
    usage: Usage | None = None
    stop_reason: str = ""
    body: bytes | None = None
    tools_broken: bool = False
    """Whether the arguments of a tool call are no JSON."""
