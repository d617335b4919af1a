"""What the chunks of an answer mean, one after the other; a whole answer is one chunk."""

import msgspec

from mainstay.model.conversation import ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import Began, Called, Calling, Counted, Failed, Piece, Said, Sealed, Stop, Stopped, Thought
from mainstay.wire.classify import malformed
from mainstay.wire.gemini.response import Candidate, Chunk, FunctionCall, Part, unknown_kind, usage
from mainstay.wire.gemini.seal import Place, Signed, sealed
from mainstay.wire.json_bytes import BAD_JSON, is_given, is_object
from mainstay.wire.tool_ids import AnswerIds

KEPT_MAX = 8 * 1024 * 1024
"""No answer may hold more bytes of arguments, nor more characters of reasoning."""

_SUCCESS = 200
_CALL, _TEXT, _THOUGHT = Place.CALL, Place.TEXT, Place.THOUGHT
_END, _TOOL = Stop.END, Stop.TOOL
# Aliases, because looking a member up in its enum takes ten times as long.

_STOPS = {
    "STOP": Stop.END,
    "MAX_TOKENS": Stop.LENGTH,
    "CONTINUATION": Stop.LENGTH,
    "SAFETY": Stop.FILTER,
    "RECITATION": Stop.FILTER,
    "LANGUAGE": Stop.FILTER,
    "BLOCKLIST": Stop.FILTER,
    "PROHIBITED_CONTENT": Stop.FILTER,
    "SPII": Stop.FILTER,
    "ESCALATION": Stop.FILTER,
    "MODEL_ARMOR": Stop.FILTER,
    "IMAGE_SAFETY": Stop.FILTER,
    "IMAGE_PROHIBITED_CONTENT": Stop.FILTER,
    "IMAGE_RECITATION": Stop.FILTER,
}
_NOT_FINISHED = frozenset(("", "FINISH_REASON_UNSPECIFIED"))
_MALFORMED = frozenset(("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"))


class ChunkReader:
    """Remembers what an answer has said so far; `stopped` once its stop reason has come."""

    __slots__ = ("_began", "_ids", "_kept", "_thoughts", "_usage", "stopped")

    def __init__(self) -> None:
        """Start before the first chunk."""
        self.stopped = False
        self._began = False
        self._ids = AnswerIds()
        self._kept = 0
        self._thoughts: list[str] = []
        self._usage: Usage | None = None

    def read(self, chunk: Chunk, data: bytes) -> list[Piece]:
        """The pieces of the next chunk; `data` are its bytes. After `Failed` nothing more should be read."""
        pieces: list[Piece] = []
        if not self._began:
            self._began = True
            self._ids = AnswerIds(chunk.response_id or "")
            counts = chunk.usage_metadata
            pieces.append(Began(chunk.response_id or "", chunk.model_version or "", usage(counts) if counts else None))
        candidates = chunk.candidates
        if candidates:
            if len(candidates) > 1:
                return [*pieces, Failed(malformed("The answer holds several candidates."))]
            self._read_candidate(candidates[0], chunk, data, pieces)
        elif chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason:
            self._stop(Stop.FILTER, chunk, pieces)
        elif self.stopped:
            self._count(chunk, pieces)
        return pieces

    def _read_candidate(self, candidate: Candidate, chunk: Chunk, data: bytes, pieces: list[Piece]) -> None:
        content = candidate.content
        for part in (content.parts or ()) if content is not None else ():
            text = part.text
            if text and not part.thought and part.thought_signature is None and not self.stopped:
                if self._thoughts:
                    self._thoughts.clear()
                pieces.append(Said(text))
                continue
            failed = self._read_part(part, data, pieces)
            if failed is not None:
                pieces.append(failed)
                return
        reason = candidate.finish_reason
        if reason and not self.stopped:
            self._finish(reason, chunk, pieces)
        elif self.stopped:
            self._count(chunk, pieces)

    def _read_part(self, part: Part, data: bytes, pieces: list[Piece]) -> Failed | None:
        if part.text is None and part.function_call is None:
            failed = _strange(data)
            if failed is not None:
                return failed
        if self.stopped:
            is_content = bool(part.text) or part.function_call is not None
            return Failed(malformed("Content came after the stop reason.")) if is_content else None
        if part.function_call is not None:
            return self._call(part.function_call, part.thought_signature, pieces)
        if part.thought:
            return self._think(part, pieces)
        if part.text:
            self._thoughts.clear()
            pieces.append(Said(part.text))
        if part.thought_signature:
            pieces.append(self._seal(Signed(part.thought_signature, _TEXT)))
        return None

    def _think(self, part: Part, pieces: list[Piece]) -> Failed | None:
        text = part.text or ""
        self._kept += len(text)
        if self._kept > KEPT_MAX:
            return Failed(malformed("The reasoning is larger than the limit."))
        self._thoughts.append(text)
        pieces.append(Thought(text))
        if part.thought_signature:
            pieces.append(self._seal(Signed(part.thought_signature, _THOUGHT)))
        return None

    def _seal(self, signed: Signed) -> Sealed:
        """The signature, together with the reasoning that directly precedes it."""
        thought = "".join(self._thoughts)
        self._thoughts.clear()
        return Sealed(sealed(signed, thought))

    def _call(self, call: FunctionCall, signature: str | None, pieces: list[Piece]) -> Failed | None:
        if not call.name or call.will_continue or is_given(call.partial_args):
            return Failed(malformed("A function call came without its name or in pieces."))
        arguments = _arguments(call.args)
        if arguments is None:
            return Failed(malformed("The arguments of a function call are no JSON object."))
        self._kept += len(arguments)
        if self._kept > KEPT_MAX:
            return Failed(malformed("The arguments of function calls are larger than the limit."))
        if signature:
            pieces.append(self._seal(Signed(signature, _CALL, call.name)))
        self._thoughts.clear()
        pieces.append(Calling())
        call_id = self._ids.take(call.id or "", call.name, arguments)
        pieces.append(Called(ToolCall(call_id, call.name, arguments)))
        return None

    def _finish(self, reason: str, chunk: Chunk, pieces: list[Piece]) -> None:
        if reason in _NOT_FINISHED:
            return
        stop = _STOPS.get(reason)
        if stop is None:
            pieces.append(_unfinished(reason))
            return
        self._stop(_TOOL if stop is _END and len(self._ids) else stop, chunk, pieces)

    def _stop(self, stop: Stop, chunk: Chunk, pieces: list[Piece]) -> None:
        self.stopped = True
        self._usage = usage(chunk.usage_metadata) if chunk.usage_metadata else None
        pieces.append(Stopped(stop, "", self._usage))

    def _count(self, chunk: Chunk, pieces: list[Piece]) -> None:
        """Usage that came, or grew, after the stop reason."""
        counted = usage(chunk.usage_metadata) if chunk.usage_metadata else None
        if counted is not None and counted != self._usage:
            self._usage = counted
            pieces.append(Counted(counted))


def _strange(data: bytes) -> Failed | None:
    try:
        kind = unknown_kind(data)
    except BAD_JSON:
        return Failed(malformed("The answer holds a part of an unknown shape."))
    return Failed(malformed(f"The answer holds a part that cannot be told: {kind[:80]}.")) if kind else None


def _arguments(args: msgspec.Raw) -> str | None:
    """One JSON object without needless white space, or `None` where it is none."""
    if not is_given(args):
        return "{}"
    if not is_object(args):
        return None
    try:
        return msgspec.json.format(bytes(args), indent=-1).decode()
    except BAD_JSON:
        return None


def _unfinished(reason: str) -> Failed:
    """A stop reason that says that the answer is no good, or one that nobody documents."""
    if reason in _MALFORMED:
        return Failed(Fault(FaultKind.MALFORMED, f"The answer ended with {reason}.", _SUCCESS, reason.lower()))
    return Failed(Fault(FaultKind.UNKNOWN, f"The answer ended with {reason[:80]}.", _SUCCESS, reason[:80].lower()))
