"""Whole answers: are they what they promise to be, and what do they say?"""

from mainstay.model.conversation import Part, Text, Thinking
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.piece import Began, Called, Failed, Piece, Said, Sealed, Stop, Stopped, Thought, WholeAnswer
from mainstay.wire.classify import malformed
from mainstay.wire.gemini.chunks import ChunkReader
from mainstay.wire.gemini.errors import classify_inside
from mainstay.wire.gemini.response import CHUNK
from mainstay.wire.json_bytes import BAD_JSON

_EMPTY = Fault(FaultKind.EMPTY, "The provider's answer is empty.", 200, "empty_answer")


def read_answer(body: bytes) -> WholeAnswer | Fault:
    """Check a whole 200 body and tell it; a fault where it is an error, broken, unfinished or empty."""
    try:
        chunk = CHUNK.decode(body)
    except BAD_JSON:
        return classify_inside(body) or malformed("The provider's answer is not one of this protocol.")
    if chunk.error:
        return classify_inside(body) or malformed("The provider reported an error without saying which.")
    return _told(ChunkReader().read(chunk, body))


def _told(pieces: list[Piece]) -> WholeAnswer | Fault:
    began, stopped = Began(), None
    for piece in pieces:
        match piece:
            case Failed():
                return piece.fault
            case Began():
                began = piece
            case Stopped():
                stopped = piece
            case _:
                pass
    parts = _parts(pieces)
    if stopped is None:
        return malformed("The answer has no stop reason.") if parts else _EMPTY
    if stopped.stop is Stop.END and not any(isinstance(part, Text) for part in parts):
        return _EMPTY
    return WholeAnswer(began.id, began.model, parts, stopped.stop, usage=stopped.usage)


def _parts(pieces: list[Piece]) -> tuple[Part, ...]:
    """The content in order: neighbouring texts as one, reasoning with its seal where it has one."""
    parts: list[Part] = []
    thoughts: list[str] = []
    for piece in pieces:
        match piece:
            case Thought():
                thoughts.append(piece.text)
                continue
            case Sealed():
                parts.append(piece.thinking)
                thoughts.clear()
                continue
            case Said() | Called() | Stopped() if any(thoughts):
                parts.append(Thinking(text="".join(thoughts)))
                thoughts.clear()
            case _:
                pass
        if isinstance(piece, Said):
            _add_text(parts, piece.text)
        elif isinstance(piece, Called):
            parts.append(piece.call)
    return tuple(parts)


def _add_text(parts: list[Part], text: str) -> None:
    last = parts[-1] if parts else None
    if isinstance(last, Text):
        parts[-1] = Text(last.text + text)
    else:
        parts.append(Text(text))
