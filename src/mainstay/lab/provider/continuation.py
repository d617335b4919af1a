"""How the fake model goes on with an answer that was cut off."""

import re

import msgspec

from mainstay.lab.provider.ask import Said
from mainstay.lab.provider.prose import prose
from mainstay.lab.provider.request import ModelKind

REPEATED_CHARS = 30
"""About how much of the tail a repeating model says again."""
_SEAM_CHARS_MIN = 8
_ASKS_TO_GO_ON = re.compile(r"continu|cut off|interrupted|left off|go on", re.IGNORECASE)
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class Interrupted(msgspec.Struct, frozen=True):
    """An answer that stopped in the middle: where in the whole text, and what the caller said about it."""

    position: int
    instruction: str


def interrupted(after_question: tuple[Said, ...], text: str) -> Interrupted | None:
    """Whether the conversation ends with a part of `text` (and, perhaps, with the request to continue it).
    `after_question` holds the messages behind the question that `text` answers."""
    assistant = [said.text for said in after_question if said.role == "assistant"]
    if not assistant or not after_question:
        return None
    instruction = after_question[-1].text if after_question[-1].role == "user" else ""
    position = _position(assistant[-1], text)
    is_whole = position == len(text)
    if position == 0 or (is_whole and not _ASKS_TO_GO_ON.search(instruction)):
        return None
    return Interrupted(position, instruction)


def _position(partial: str, text: str) -> int:
    """How much of `text` has been said, where `partial` is its beginning or, behind a prefill, ends with it."""
    if text.startswith(partial):
        return len(partial)
    if text.startswith(partial.rstrip()):
        return len(partial.rstrip())
    longest = min(len(partial), len(text))
    return next((size for size in range(longest, _SEAM_CHARS_MIN - 1, -1) if partial.endswith(text[:size])), 0)


def go_on(kind: ModelKind, text: str, at: Interrupted) -> str:
    """What the model says next."""
    match kind:
        case ModelKind.EXACT:
            return text[at.position :]
        case ModelKind.RESTART:
            return text
        case ModelKind.CONTRADICT:
            return prose(f"another opinion: {text}", max(1, len(text[at.position :].split())))
        case ModelKind.REPEAT:
            return text[_tail_start(text, at.position) :]
        case ModelKind.ANCHORED:
            return text[_anchor_start(text, at) :]


def _tail_start(text: str, position: int) -> int:
    earliest = max(0, position - REPEATED_CHARS)
    return text.rfind(" ", 0, earliest) + 1


def _anchor_start(text: str, at: Interrupted) -> int:
    if not at.instruction:
        return at.position
    said = text[: at.position]
    spaced = text[: at.position + len(text[at.position :]) - len(text[at.position :].lstrip())]
    starts = [
        len(whole) - len(quote)
        for quote in _quotes(at.instruction)
        for whole in (said, spaced)
        if quote and whole.endswith(quote)
    ]
    return min(starts, default=_tail_start(text, at.position))


def _quotes(instruction: str) -> list[str]:
    quotes = []
    for found in _JSON_STRING.finditer(instruction):
        try:
            quotes.append(msgspec.json.decode(found.group(), type=str, strict=False))
        except (msgspec.DecodeError, UnicodeError):
            continue
    return quotes
