"""Both kinds of passage: bytes that pass, and bytes that are translated."""

import msgspec

from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate
from mainstay.model.conversation import Prompt, Role, Text, Thinking, Turn
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Answer
from mainstay.model.http import Headers, Outgoing
from mainstay.model.ports import Dialect, FrameReader
from mainstay.model.rates import Told
from mainstay.wire.codec import CallerCodec, Identity, PieceReader, Target, UpstreamCodec, Written
from mainstay.wire.continuation import remaining_output_tokens, request_for_the_rest
from mainstay.wire.crossing.echo import WithoutEcho, prefill_of, without_echo
from mainstay.wire.crossing.needs import thinks
from mainstay.wire.crossing.translator import Translator, tagged, told
from mainstay.wire.headers import is_event_stream
from mainstay.wire.headers import request_headers as sent_headers
from mainstay.wire.platform import Parcel, PlatformDoor, StreamDecoder
from mainstay.wire.rate_headers import read_told

MODELS = CallKind.MODELS
OK = 200
SEALED_LOSS = "thinking of earlier turns"
_STREAM_HEADERS: Headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
_WHOLE_HEADERS: Headers = (("content-type", "application/json"),)


class Verbatim:
    """Caller and upstream speak the same dialect: `model.ports.Passage` that changes the model's name and no more."""

    __slots__ = ("_bare", "_call", "_candidate", "_dialect", "_door", "losses")

    def __init__(self, call: Call, candidate: Candidate, dialect: Dialect, door: PlatformDoor | None) -> None:
        """`door` is the platform's where it is not the provider's own."""
        self.losses: tuple[str, ...] = ()
        self._bare = False
        self._call = call
        self._candidate = candidate
        self._dialect = dialect
        self._door = door

    def request(self, key: str, wall: float) -> Outgoing:
        """The caller's request under the upstream's model name."""
        call, candidate = self._call, self._candidate
        if call.home and call.home == candidate.upstream.name:
            call = msgspec.structs.replace(call, body=call.home_body)
        return self._sent(call, self._dialect.request_body(call, candidate.model), key, wall)

    def continuation(self, key: str, wall: float, text: str) -> Outgoing | None:
        """A request for the rest."""
        body = self._dialect.continuation_body(self._call, self._candidate, text)
        return None if body is None else self._sent(self._call, body, key, wall)

    def _sent(self, call: Call, body: bytes, key: str, wall: float) -> Outgoing:
        dialect, upstream = self._dialect, self._candidate.upstream
        if self._bare:
            body = dialect.without_reasoning(body)
        path = dialect.request_path(call)
        door = self._door
        if door is None:
            method = "GET" if call.kind is MODELS else "POST"
            return Outgoing(upstream.base_url + path, dialect.request_headers(call, key), body, method)
        headers = dialect.request_headers(call, "")
        parcel = Parcel(dialect.name, path, headers, body, self._candidate.model, call.stream)
        return door.outgoing(parcel, upstream, key, wall)

    def response_headers(self, headers: Headers) -> Headers:
        """The provider's."""
        if self._decoder(headers) is not None:
            return _STREAM_HEADERS
        return self._dialect.response_headers(headers)

    def told(self, headers: Headers, wall: float) -> Told | None:
        """In whichever words."""
        return read_told(headers, wall)

    def is_stream(self, headers: Headers) -> bool:
        """Server-sent events, perhaps in a platform's envelope; a missing type counts as such."""
        return is_event_stream(headers) or self._decoder(headers) is not None

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        """In the words of the dialect."""
        status, body = self._unwrapped(status, headers, body)
        fault = self._dialect.classify(status, headers, body, wall)
        if fault.kind is FaultKind.SEALED:
            # The next try at this place goes without what it cannot read.
            self._bare = True
            self.losses = (SEALED_LOSS,)
        return fault

    def read_answer(self, headers: Headers, body: bytes) -> Answer:
        """The provider's own answer."""
        call, (_, told_body) = self._call, self._unwrapped(OK, headers, body)
        answer = self._dialect.read_answer(call, headers, told_body)
        if answer.fault is not None:
            return answer
        if call.answer_id:
            told_body = self._dialect.renamed_answer(told_body, call.answer_id)
        return answer if told_body is body else msgspec.structs.replace(answer, body=told_body)

    def _unwrapped(self, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:
        return (status, body) if self._door is None else self._door.unwrapped(status, headers, body)

    def frames(self, headers: Headers) -> FrameReader:
        """The dialect's own reader."""
        reader = self._dialect.frames()
        if self._call.answer_id:
            reader = self._dialect.renamed(reader, self._call.answer_id)
        decoder = self._decoder(headers)
        return reader if decoder is None else _Unwrapping(reader, decoder)

    def _decoder(self, headers: Headers) -> StreamDecoder | None:
        return None if self._door is None else self._door.decoder(headers)


class _Unwrapping:
    """A reader behind a platform's envelope."""

    def __init__(self, reader: FrameReader, decoder: StreamDecoder) -> None:
        self._reader = reader
        self._decoder = decoder
        self.feed = lambda data: reader.feed(decoder.feed(data))
        self.close = reader.close

    @property
    def dropped(self) -> int:
        return self._reader.dropped


class Translated:
    """Caller and upstream speak different dialects: `model.ports.Passage` through the neutral conversation."""

    __slots__ = (
        "_call",
        "_caller",
        "_candidate",
        "_dialect",
        "_door",
        "_identity",
        "_prompt",
        "_upstream",
        "_written",
        "losses",
    )

    def __init__(  # noqa: PLR0913 - both sides of a crossing
        self,
        call: Call,
        prompt: Prompt,
        candidate: Candidate,
        *,
        dialect: Dialect,
        caller: CallerCodec,
        upstream: UpstreamCodec,
        door: PlatformDoor,
        identity: Identity,
    ) -> None:
        """`dialect` and `caller` are the caller's, `upstream` and `door` the candidate's."""
        self._call = call
        self._prompt = prompt
        self._candidate = candidate
        self._dialect = dialect
        self._caller = caller
        self._upstream = upstream
        self._door = door
        self._identity = identity
        self._written = upstream.write_prompt(prompt, self._target())
        self.losses: tuple[str, ...] = prompt.extras
        if isinstance(self._written, Written):
            self.losses = _distinct(prompt.extras + self._written.losses)

    @property
    def refusal(self) -> Fault | None:
        """Why this candidate cannot be told what the caller asks."""
        return self._written if isinstance(self._written, Fault) else None

    def request(self, key: str, wall: float) -> Outgoing | Fault:
        """The translated request."""
        written = self._written
        return written if isinstance(written, Fault) else self._sent(written, key, wall)

    def continuation(self, key: str, wall: float, text: str) -> Outgoing | None:
        """A translated request for the rest."""
        if self._call.must_not_continue:
            return None
        prompt = self._prompt if not text.strip() else self._continued(text)
        written = self._upstream.write_prompt(prompt, self._target())
        return None if isinstance(written, Fault) else self._sent(written, key, wall)

    def _continued(self, text: str) -> Prompt:
        prompt = self._prompt
        prefill = self._candidate.capabilities.prefill and not prompt.tools and not thinks(prompt)
        turns = _said_so_far(prompt.turns, text.rstrip() if prefill else text)
        if not prefill:
            turns = (*turns, Turn(Role.USER, (Text(request_for_the_rest(text)),)))
        allowed = prompt.max_output_tokens
        if allowed is not None:
            allowed = remaining_output_tokens(allowed, text, repeats_anchor=not prefill)
        return msgspec.structs.replace(prompt, turns=turns, prefill=prefill, max_output_tokens=allowed)

    def _sent(self, written: Written, key: str, wall: float) -> Outgoing:
        upstream = self._candidate.upstream
        headers = sent_headers((), written.headers)
        parcel = Parcel(upstream.dialect, written.path, headers, written.body, self._candidate.model, self._call.stream)
        return self._door.outgoing(parcel, upstream, key, wall)

    def _target(self) -> Target:
        candidate = self._candidate
        return Target(candidate.model, candidate.upstream.name, candidate.capabilities)

    def response_headers(self, headers: Headers) -> Headers:  # noqa: ARG002 (another provider's limits mislead)
        """Ours alone: what another provider says about limits would make the caller's client pace itself wrongly."""
        return _STREAM_HEADERS if self._call.stream else _WHOLE_HEADERS

    def told(self, headers: Headers, wall: float) -> Told | None:
        """In whichever words."""
        return read_told(headers, wall)

    def is_stream(self, headers: Headers) -> bool:
        """As the upstream's dialect says."""
        return self._decoder(headers) is not None or self._upstream.is_stream(headers)

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        """What it means, without the words of another dialect."""
        status, body = self._door.unwrapped(status, headers, body)
        return told(self._upstream.classify(status, headers, body, wall))

    def read_answer(self, headers: Headers, body: bytes) -> Answer:
        """The translated answer."""
        _, body = self._door.unwrapped(OK, headers, body)
        answer = self._upstream.read_answer(headers, body)
        if isinstance(answer, Fault):
            return Answer(told(answer))
        issuer = self._identity.issuer
        parts = tuple(tagged(one, issuer) if isinstance(one, Thinking) else one for one in answer.parts)
        parts = without_echo(parts, prefill_of(self._prompt))
        answer = msgspec.structs.replace(answer, parts=parts)
        return Answer(
            None, answer.usage, answer.stop.value, self._caller.write_answer(self._prompt, answer, self._identity)
        )

    def frames(self, headers: Headers) -> FrameReader:
        """A translator."""
        translator: FrameReader = Translator(
            self._pieces(),
            self._caller.writer(self._prompt, self._identity),
            self._dialect.frames(),
            ping=self._dialect.ping(),
            issuer=self._identity.issuer,
        )
        decoder = self._decoder(headers)
        return translator if decoder is None else _Unwrapping(translator, decoder)

    def _pieces(self) -> PieceReader:
        prefill = prefill_of(self._prompt)
        return WithoutEcho(self._upstream.pieces(), prefill) if prefill else self._upstream.pieces()

    def _decoder(self, headers: Headers) -> StreamDecoder | None:
        return self._door.decoder(headers)


def _said_so_far(turns: tuple[Turn, ...], text: str) -> tuple[Turn, ...]:
    """Let the assistant have said the text; a prefill of the caller's own is lengthened."""
    last = turns[-1] if turns else None
    if last is None or last.role is not Role.ASSISTANT:
        return (*turns, Turn(Role.ASSISTANT, (Text(text),)))
    return (*turns[:-1], Turn(Role.ASSISTANT, (*last.parts, Text(text))))


def _distinct(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
