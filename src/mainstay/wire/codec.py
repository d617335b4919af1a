"""What a dialect gives to crossings: its requests and answers in neutral words, and back.

A dialect that callers speak is a `CallerCodec`, one that upstreams speak an `UpstreamCodec`; some are both. Nothing
here is asked for where both sides speak the same dialect.
"""

from typing import Protocol

import msgspec

from mainstay.model.call import Call
from mainstay.model.catalogue import Capabilities
from mainstay.model.conversation import Prompt, Thinking, ToolCall
from mainstay.model.fault import Fault
from mainstay.model.frame import Usage
from mainstay.model.http import Headers
from mainstay.model.piece import Began, Piece, Stop, Stopped, WholeAnswer


class Identity(msgspec.Struct, frozen=True):
    """What an answer of our writing says about itself. `id` is the exchange's (`ex_...`), `created` is in whole seconds
    since 1970, `model` and `issuer` are the serving upstream's model name and name."""

    id: str
    created: int
    model: str
    issuer: str


class Target(msgspec.Struct, frozen=True):
    """For whom a request is written. `issuer` is the upstream's name: only its own sealed thinking goes back to it."""

    model: str
    issuer: str
    capabilities: Capabilities


class Written(msgspec.Struct, frozen=True):
    """A request in the target's dialect. `path` stands behind the upstream's base URL (with a query where needed);
    `headers` are those that this dialect needs besides credentials and content type. `losses` name, in a few words
    each, what the target lacks and was left out or weakened (`seed`, `top_k`, `thinking of earlier turns`)."""

    path: str
    body: bytes
    headers: Headers = ()
    losses: tuple[str, ...] = ()


class PieceReader(Protocol):
    """Reads one upstream stream into pieces. Sans I/O; any split of the bytes gives the same pieces."""

    @property
    def dropped(self) -> int:
        """Malformed events that were left out so far."""

    def feed(self, data: bytes) -> list[Piece]:
        """Take the next bytes; give the pieces that they complete, in order. After `Done` or `Failed`: nothing."""

    def close(self) -> list[Piece]:
        """Say that no more bytes come; give what was still whole."""


class StreamWriter(Protocol):
    """Writes one streamed answer for a caller. Each method gives bytes: whole server-sent events, or nothing."""

    def began(self, piece: Began) -> bytes:
        """The preamble."""

    def said(self, text: str) -> bytes:
        """Some text; the hot path."""

    def thought(self, text: str) -> bytes:
        """Some reasoning, where the dialect may show another maker's; else nothing."""

    def sealed(self, thinking: Thinking) -> bytes:
        """The end of a run of reasoning. A seal goes to the caller only where its dialect keeps foreign seals apart
        from its own, inside an envelope that names the issuer (`wire/envelope.py`)."""

    def called(self, call: ToolCall) -> bytes:
        """One whole tool call."""

    def refused(self, text: str) -> bytes:
        """Words of a refusal."""

    def counted(self, usage: Usage) -> bytes:
        """Usage that came after the stop reason."""

    def stopped(self, piece: Stopped) -> bytes:
        """The stop reason."""

    def done(self) -> bytes:
        """Everything up to and with the terminal marker."""

    def stop_word(self, stop: Stop) -> str:
        """The dialect's word for a stop reason."""


class CallerCodec(Protocol):
    """A dialect that callers speak."""

    def read_prompt(self, call: Call) -> Prompt | Fault:
        """The request in neutral words. What cannot be told in them is named in `extras` or `stays`; a fault only for
        a request that makes no sense (blame=caller)."""

    def write_answer(self, prompt: Prompt, answer: WholeAnswer, identity: Identity) -> bytes:
        """A whole answer's body."""

    def writer(self, prompt: Prompt, identity: Identity) -> StreamWriter:
        """A writer for one stream."""


class UpstreamCodec(Protocol):
    """A dialect that upstreams speak."""

    def write_prompt(self, prompt: Prompt, target: Target) -> Written | Fault:
        """The request for this target. A fault (kind NO_CANDIDATE) says what the target cannot do, in a few words."""

    def read_answer(self, headers: Headers, body: bytes) -> WholeAnswer | Fault:
        """A whole 200 body: checked for validity like `Dialect.read_answer`, then told in neutral words."""

    def pieces(self) -> PieceReader:
        """A reader for one stream."""

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        """The fault of a response that is not a success (as `Dialect.classify`)."""

    def is_stream(self, headers: Headers) -> bool:
        """Whether a 200 response with these headers is a stream of this dialect."""
