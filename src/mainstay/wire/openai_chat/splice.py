"""The caller's side of a Chat Completions stream: what the caller has seen, and how another stream goes on from it.

The rules of a splice. Every chunk carries the first stream's `id`, `created` and `model`; no second role; tool calls
continue the count; one finish reason, one usage chunk (summed), one `[DONE]`. Reasoning of a continuation is left out.
"""

from collections.abc import Sequence

import msgspec

from mainstay.model.fault import Fault
from mainstay.model.frame import Frame, FrameKind
from mainstay.wire.continuation import estimated_tokens
from mainstay.wire.json_bytes import (
    BAD_JSON,
    ITEMS,
    Fields,
    is_given,
    is_object,
    raw,
    read_fields,
    read_integer,
)
from mainstay.wire.openai_chat.errors import error_event
from mainstay.wire.openai_chat.stream import CHUNK, DONE, EMPTY_DELTA, TEXT, Chunk, Delta
from mainstay.wire.sse import read_event, write_event

END = b"data: " + DONE + b"\n\n"

_IDENTITY = ("id", "object", "created", "model")
_NO_CHUNK = Chunk()
_TOOL_CALLS = "tool_calls"
_NULL = msgspec.Raw(b"null")
_NO_ID = msgspec.Raw(b'""')


class _Content(msgspec.Struct, omit_defaults=True):
    content: str = ""


class _Choice(msgspec.Struct):
    delta: _Content
    finish_reason: str | None
    index: int = 0


class _Function(msgspec.Struct):
    arguments: str | None = None


class _Piece(msgspec.Struct):
    """A piece of a tool call: the first one names it, the arguments come bit by bit."""

    index: int | None = None
    id: str | None = None
    function: _Function | None = None


_PIECE = msgspec.json.Decoder(_Piece)


class _Calls:
    """The tool calls of an answer: their arguments, put together."""

    __slots__ = ("_arguments",)

    def __init__(self, arguments: dict[int, str]) -> None:
        self._arguments = arguments

    def __len__(self) -> int:
        return len(self._arguments)

    def copy(self) -> "_Calls":
        return _Calls(dict(self._arguments))

    def add(self, delta: Delta) -> None:
        for value in delta.tool_calls or ():
            piece = _piece(value)
            index = self._index(piece)
            said = (piece.function.arguments or "") if piece.function else ""
            self._arguments[index] = self._arguments.get(index, "") + said

    def are_whole(self) -> bool:
        """Whether there is a call and every one has complete arguments: a JSON object ends where it says so."""
        return bool(self._arguments) and all(is_object(arguments) for arguments in self._arguments.values())

    def are_broken(self) -> bool:
        """Whether a call has arguments that are no object. Some servers send none for a tool without parameters."""
        return any(arguments.strip() and not is_object(arguments) for arguments in self._arguments.values())

    def _index(self, piece: _Piece) -> int:
        """Servers that leave the index out begin each call with its id."""
        if piece.index is not None:
            return piece.index
        return len(self._arguments) if piece.id else max(0, len(self._arguments) - 1)


class ChunkStream:
    """`model.ports.CallerStream` for Chat Completions."""

    __slots__ = (
        "_barred",
        "_before_hop",
        "_calls",
        "_characters",
        "_ended",
        "_finished",
        "_first_index",
        "_hop",
        "_identity",
    )

    def __init__(self) -> None:
        """Start before the caller has been given anything."""
        self._identity: Fields = {}
        self._characters = 0
        self._calls = _Calls({})
        # Content that no other stream can go on from, and that no synthesis can finish.
        self._barred = False
        self._finished = False
        self._ended = False
        self._hop = _NULL
        self._before_hop = 0
        self._first_index = 0

    def relayed(self, frame: Frame) -> None:
        """Note that the caller has been given this frame, unchanged."""
        if frame.kind is TEXT and self._identity:
            self._characters += len(frame.text)
            if frame.stop_reason:
                self._finished = True
        elif frame.kind is not FrameKind.PING:
            self._note(frame)

    def may_continue(self) -> bool:
        """Whether text of another stream may follow what the caller has seen. Reasoning may: it is no part of the
        text, and the answer that follows is whole."""
        return not (self._barred or self._finished or len(self._calls))

    def has_broken_tool(self) -> bool:
        """Whether the answer is over and a tool call's arguments are no object; of several choices nobody can tell."""
        return self._finished and not self._barred and self._calls.are_broken()

    def error(self, fault: Fault, exchange_id: str) -> bytes:
        """The error object, the last thing said on a failed stream."""
        return error_event(fault, exchange_id)

    def finished_by_synthesis(self, held: Sequence[Frame]) -> bytes | None:
        """The end of an answer whose tool calls, delivered or held, are all complete, or whose finish reason was
        already given. The held frames are part of these bytes."""
        if self._ended or self._barred:
            return None
        if self._finished:
            self._ended = True
            return END
        if _is_announced(held):
            return None
        calls = self._calls.copy()
        for frame in held:
            chunk = _chunk(frame.raw)
            if _is_barred(frame, chunk):
                return None
            for delta in _deltas(chunk):
                calls.add(delta)
        if not calls.are_whole():
            return None
        said = b"".join(self._give(frame) for frame in held)
        if not self._finished:
            said += self._say("", _TOOL_CALLS, {})
        self._ended = True
        return said + END

    def spliced(self, frame: Frame, text: str) -> bytes:
        """Bytes for a frame of a continuation, made to fit what the caller has seen; `b""` for nothing."""
        if self._ended or frame.kind is FrameKind.ERROR:
            return b""
        if frame.kind is FrameKind.PING:
            return frame.raw
        if not self._identity:
            self.relayed(frame)
            return frame.raw
        if frame.kind is FrameKind.END:
            self._ended = True
            return frame.raw
        fields = read_fields(read_event(frame.raw).data or b"") or {}
        self._begin_hop(fields.get("id", _NO_ID))
        return self._fit(frame, fields, text)

    def _fit(self, frame: Frame, fields: Fields, text: str) -> bytes:
        if frame.kind is FrameKind.USAGE:
            return _event(self._identity | {"choices": raw([])} | self._usage(fields))
        if self._finished:
            return b""
        stop_reason = frame.stop_reason or None
        usage = self._usage(fields) if stop_reason and frame.usage else {}
        if frame.kind is FrameKind.TOOL or frame.kind is FrameKind.OPAQUE:
            return self._fit_choices(frame, fields | usage)
        return self._say(text, stop_reason, usage) if text or stop_reason else b""

    def _say(self, text: str, stop_reason: str | None, usage: Fields) -> bytes:
        self._characters += len(text)
        self._finished = bool(stop_reason)
        return _event(self._identity | {"choices": raw([_Choice(_Content(text), stop_reason)])} | usage)

    def _fit_choices(self, frame: Frame, fields: Fields) -> bytes:
        """A chunk of a tool call or of content that we do not know: its bytes, with new names and numbers."""
        choices = [self._fit_choice(choice) for choice in _items(fields.get("choices"))]
        fitted = _event(fields | self._identity | {"choices": raw(choices)})
        self._note(Frame(frame.kind, fitted, stop_reason=frame.stop_reason))
        return fitted

    def _fit_choice(self, choice: msgspec.Raw) -> msgspec.Raw:
        fields = read_fields(choice)
        delta = read_fields(fields["delta"]) if fields and "delta" in fields else None
        if fields is None or delta is None:
            return choice
        delta.pop("role", None)
        if self._first_index and _TOOL_CALLS in delta:
            delta[_TOOL_CALLS] = raw([self._fit_call(call) for call in _items(delta[_TOOL_CALLS])])
        fields["delta"] = raw(delta)
        return raw(fields)

    def _fit_call(self, call: msgspec.Raw) -> msgspec.Raw:
        fields = read_fields(call) or {}
        fields["index"] = raw(self._first_index + (read_integer(fields.get("index")) or 0))
        return raw(fields)

    def _usage(self, fields: Fields) -> Fields:
        """The usage of the continuation and, as output of the same answer, what was delivered before it."""
        counts = read_fields(fields.get("usage", _NULL)) or {}
        before = estimated_tokens(self._before_hop)
        for name in ("completion_tokens", "total_tokens"):
            if name in counts:
                counts[name] = raw((read_integer(counts[name]) or 0) + before)
        return {"usage": raw(counts)}

    def _begin_hop(self, chunk_id: msgspec.Raw) -> None:
        if chunk_id != self._hop:
            self._hop = chunk_id
            self._before_hop = self._characters
            self._first_index = len(self._calls)

    def _give(self, frame: Frame) -> bytes:
        """A held frame, as it is if it comes from the stream whose name the caller knows."""
        fields = read_fields(read_event(frame.raw).data or b"") or {}
        if self._hop == _NULL and fields.get("id") == self._identity.get("id", fields.get("id")):
            self.relayed(frame)
            return frame.raw
        return self.spliced(frame, frame.text)

    def _note(self, frame: Frame) -> None:
        if frame.kind is FrameKind.END:
            self._ended = True
            return
        chunk = _chunk(frame.raw)
        if not self._identity and chunk.choices:
            fields = read_fields(read_event(frame.raw).data or b"") or {}
            self._identity = {name: fields[name] for name in _IDENTITY if name in fields}
        for delta in _deltas(chunk):
            self._calls.add(delta)
            for part in (delta.content, delta.reasoning_content or delta.reasoning, delta.refusal):
                self._characters += len(part or "")
        self._barred = self._barred or _is_barred(frame, chunk)
        self._finished = self._finished or bool(frame.stop_reason)


def _chunk(event: bytes) -> Chunk:
    try:
        return CHUNK.decode(read_event(event).data or b"")
    except BAD_JSON:
        return _NO_CHUNK


def _deltas(chunk: Chunk) -> list[Delta]:
    return [choice.delta or EMPTY_DELTA for choice in chunk.choices or ()]


def _piece(value: msgspec.Raw) -> _Piece:
    try:
        return _PIECE.decode(value)
    except BAD_JSON:
        return _Piece()


def _items(value: msgspec.Raw | None) -> list[msgspec.Raw]:
    try:
        return ITEMS.decode(value) if value is not None else []
    except BAD_JSON:
        return []


def _is_barred(frame: Frame, chunk: Chunk) -> bool:
    """Content that we do not understand, several choices, or the old single function call."""
    if frame.kind is FrameKind.OPAQUE:
        return True
    return any(
        choice.index > 0 or is_given((choice.delta or EMPTY_DELTA).function_call) for choice in chunk.choices or ()
    )


def _event(fields: Fields) -> bytes:
    return write_event(msgspec.json.encode(fields))


def _is_announced(held: Sequence[Frame]) -> bool:
    """Whether a call was begun that is not here: on a crossing a call is announced without bytes, and comes whole."""
    tools = [bool(frame.raw) for frame in held if frame.kind is FrameKind.TOOL]
    return tools.count(False) > tools.count(True)
