"""Ports: what the engine and the gateway ask of the floors beside them, as Protocols."""

from collections.abc import Sequence
from typing import Protocol

from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, Credential, Skipped
from mainstay.model.fault import Fault
from mainstay.model.frame import Answer, Frame
from mainstay.model.http import Headers, Outgoing, Reply
from mainstay.model.identity import Identity
from mainstay.model.rates import Told
from mainstay.model.records import Record


class FrameReader(Protocol):
    """Reads one upstream stream: bytes in, frames out. Sans I/O; any split of the bytes gives the same frames."""

    @property
    def dropped(self) -> int:
        """Malformed events that were left out so far."""

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; give the frames that they complete, in order."""

    def close(self) -> list[Frame]:
        """Say that no more bytes come; give what was still whole. An incomplete tail is discarded."""


class CallerStream(Protocol):
    """The caller's side of a stream: remembers what the caller was given and writes what no upstream wrote.

    The exchange reports each frame that it relays verbatim with `relayed` (text frames too) and asks `spliced` for
    the bytes of a frame that belongs to a continuation.
    """

    def relayed(self, frame: Frame) -> None:
        """Note that the caller has been given this frame, unchanged."""

    def spliced(self, frame: Frame, text: str) -> bytes:
        """Bytes for a frame of a continuation stream, made to fit what the caller has already seen: preamble
        suppressed, indexes and ids carried on, usage added up. `text` replaces `frame.text` (the aligner may have cut
        it). Empty bytes mean: nothing to send. Raises nothing; a frame that cannot be fitted gives b""."""

    def finished_by_synthesis(self, held: Sequence[Frame]) -> bytes | None:
        """Bytes that end the stream honestly because every started tool call is complete, or `None`.

        `held` are the frames of tool calls that the caller has not been given yet; where they are complete, they are
        part of the answer."""

    def may_continue(self) -> bool:
        """Whether what the caller has seen so far may be continued by text from another stream (no open or
        delivered tool call, no open thinking, nothing opaque)."""

    def has_broken_tool(self) -> bool:
        """Whether the caller was given a whole tool call whose arguments are no JSON."""

    def error(self, fault: Fault, exchange_id: str) -> bytes:
        """The dialect's error event, the last thing said on a failed stream."""


class Dialect(Protocol):
    """A wire protocol, both as the caller speaks it and as an upstream does."""

    name: str

    def read_call(self, path: str, query: str, headers: Headers, body: bytes) -> Call | Fault:
        """Read a caller's request; a fault has blame=caller and the status to answer with."""

    def models_call(self, path: str, query: str, headers: Headers) -> Call:
        """A caller's question for models, to be answered by an upstream that serves every name (model `*`)."""

    def request_path(self, call: Call) -> str:
        """Path and query behind the upstream's base URL."""

    def request_headers(self, call: Call, key: str) -> Headers:
        """Headers for the upstream: the caller's forwardable ones and the upstream's key (empty for none)."""

    def request_body(self, call: Call, model: str) -> bytes:
        """The caller's bytes with the model name mapped and nothing else changed."""

    def without_reasoning(self, body: bytes) -> bytes:
        """A request without the reasoning of earlier turns, which only its maker can read; the same bytes where there
        is none."""

    def continuation_body(self, call: Call, candidate: Candidate, text: str) -> bytes | None:
        """A request that asks the candidate to continue after `text`, made from the caller's original body: by
        prefill where the candidate can and no tools are present, else by asking for the rest. `None` where the
        request forbids it."""

    def local_answer(self, call: Call) -> Reply | None:
        """An answer that needs no model, when no upstream gives one: an estimated count of tokens. `None` where the
        call cannot be answered so."""

    def answer_id(self, data: bytes) -> str:
        """The id by which a caller may ask for this answer again, read from its first bytes, whole or streamed; empty
        where the dialect has no such id."""

    def renamed(self, reader: FrameReader, answer_id: str) -> FrameReader:
        """A reader whose frames give the answer this id, where the dialect's answers can be asked for again."""

    def renamed_answer(self, body: bytes, answer_id: str) -> bytes:
        """A whole answer with this id, as `renamed`."""

    def response_headers(self, headers: Headers) -> Headers:
        """Those of a provider's response headers that may reach a caller."""

    def rated(self, headers: Headers, told: Told, wall: float) -> Headers:
        """Response headers with what we tell of limits (nothing, where `told` is empty) in place of what a provider
        told. `wall` is seconds since 1970."""

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        """The fault of a response that is not a success. `wall` (seconds since 1970) dates a Retry-After."""

    def read_answer(self, call: Call, headers: Headers, body: bytes) -> Answer:
        """Check a whole 200 body for validity and read its usage."""

    def frames(self) -> FrameReader:
        """A reader for one upstream stream."""

    def caller_stream(self) -> CallerStream:
        """The caller's side of one stream."""

    def error_reply(self, fault: Fault, exchange_id: str) -> Reply:
        """A whole error response in this dialect, saying what to do."""

    def ping(self) -> bytes:
        """A keep-alive that every client of this dialect ignores."""

    def comment(self, text: str) -> bytes:
        """An SSE comment with this text (one line)."""

    def models_reply(self, models: tuple[str, ...]) -> Reply:
        """The answer to `GET /v1/models`."""

    def model_reply(self, model: str) -> Reply:
        """The answer to `GET /v1/models/{id}` for a model that exists."""


class Passage(Protocol):
    """The way of one call to one candidate and back. Where both speak the caller's dialect the bytes pass, else they
    are translated; everything that comes back is told in the caller's dialect."""

    losses: tuple[str, ...]
    """What this candidate lacks and was left out of the request; disclosed."""

    def request(self, key: str, wall: float) -> Outgoing | Fault:
        """The request. `key` is the living secret of the credential, empty for none; `wall` (seconds since 1970) dates
        signatures. A fault (kind NO_CANDIDATE) says why this candidate cannot be told what the caller asks."""

    def continuation(self, key: str, wall: float, text: str) -> Outgoing | None:
        """A request to continue after `text`, made from the caller's original; `None` where the request forbids it."""

    def response_headers(self, headers: Headers) -> Headers:
        """Those of the provider's response headers that may reach the caller."""

    def told(self, headers: Headers, wall: float) -> Told | None:
        """What the provider's response headers tell of its limits, at `wall` in seconds since 1970; `None` where they
        tell nothing."""

    def is_stream(self, headers: Headers) -> bool:
        """Whether a success with these headers is a stream."""

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        """The fault of a response that is not a success."""

    def read_answer(self, headers: Headers, body: bytes) -> Answer:
        """Check a whole success; `Answer.body` is what the caller gets where it differs from `body`."""

    def frames(self, headers: Headers) -> FrameReader:
        """A reader for one upstream stream with these response headers; its frames carry the caller's dialect."""


class Passages(Protocol):
    """All ways of one call."""

    def fitting(self, candidates: tuple[Candidate, ...]) -> tuple[tuple[Candidate, ...], tuple[Skipped, ...]]:
        """Who of these can do what the call asks for, and who cannot and why."""

    def to(self, candidate: Candidate) -> Passage:
        """The way to a candidate that fits."""


class Keys(Protocol):
    """Knows the living secret behind each credential."""

    def living(self, upstream: str, credential: Credential, wall: float) -> str | None:
        """The secret to send now; `None` while there is none (an exchange for a token has not succeeded, or the token
        has died). Never blocks."""

    def rejected(self, upstream: str, credential: Credential) -> None:
        """Learn that the upstream refused the living secret of a renewed credential. Never blocks."""


class Journal(Protocol):
    """Takes records without blocking."""

    def write(self, record: Record) -> None:
        """Queue the record; never raises, never blocks."""


class Authenticator(Protocol):
    """Decides who asks. Needs nothing but what this process holds in memory."""

    def identify(self, headers: Headers, wall: float) -> Identity | Fault:
        """Who sent these headers, at `wall` seconds since 1970. A fault of the caller (401, 403) where nobody
        acceptable did; trouble of our own is blame=us and never 401 or 403 (law 7)."""
