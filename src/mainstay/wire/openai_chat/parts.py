"""Content that comes as a list of parts instead of a string, as some servers answer (Mistral's reasoning models)."""

import msgspec

from mainstay.model.piece import Piece, Said, Thought


class AnswerPart(msgspec.Struct):
    """A part of an answer's content: text, or a train of thought that is again a list of parts."""

    type: str = ""
    text: str | None = None
    thinking: "list[AnswerPart] | str | None" = None


def told_parts(parts: list[AnswerPart]) -> list[Piece] | None:
    """What the parts say, or `None` where one is of another kind."""
    pieces: list[Piece] = []
    for part in parts:
        if part.type == "text":
            pieces += [Said(part.text)] if part.text else []
        elif part.type == "thinking":
            text = thinking_text(part)
            pieces += [Thought(text)] if text else []
        else:
            return None
    return pieces


def thinking_text(part: AnswerPart) -> str:
    """The words of a train of thought."""
    thinking = part.thinking
    if isinstance(thinking, list):
        return "".join(inner.text or "" for inner in thinking)
    return thinking or ""
