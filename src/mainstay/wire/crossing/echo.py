"""Servers that say a prefill again before they go on from it: a caller who brought the prefill has it already.

Only an exact copy of it, whole and at the very beginning, is taken out; one of fewer than `COPY_CHARACTERS_MIN`
characters may be chance, and stays.
"""

from mainstay.model.conversation import Part, Prompt, Role, Text
from mainstay.model.piece import Piece, Said
from mainstay.wire.codec import PieceReader

COPY_CHARACTERS_MIN = 4


def prefill_of(prompt: Prompt) -> str:
    """The text that the caller brought to be continued, where it is long enough to be told from chance."""
    last = prompt.turns[-1] if prompt.prefill and prompt.turns else None
    if last is None or last.role is not Role.ASSISTANT:
        return ""
    text = "".join(part.text for part in last.parts if isinstance(part, Text)).rstrip()
    return text if len(text) >= COPY_CHARACTERS_MIN else ""


def without_echo(parts: tuple[Part, ...], prefill: str) -> tuple[Part, ...]:
    """A whole answer without the copy of the prefill that it begins with."""
    first = next((place for place, part in enumerate(parts) if isinstance(part, Text)), None)
    if not prefill or first is None:
        return parts
    said = parts[first]
    if not isinstance(said, Text) or not said.text.startswith(prefill):
        return parts
    return (*parts[:first], Text(said.text[len(prefill) :]), *parts[first + 1 :])


class WithoutEcho:
    """`wire.codec.PieceReader` around another: text that only repeats the prefill is held until it differs, or until
    something else comes."""

    __slots__ = ("_held", "_prefill", "_reader")

    def __init__(self, reader: PieceReader, prefill: str) -> None:
        """`prefill` is not empty."""
        self._reader = reader
        self._prefill: str = prefill
        self._held = ""

    @property
    def dropped(self) -> int:
        """Malformed events that were left out so far."""
        return self._reader.dropped

    def feed(self, data: bytes) -> list[Piece]:
        """Take the next bytes; give the pieces that they complete."""
        return self._without(self._reader.feed(data)) if self._prefill else self._reader.feed(data)

    def close(self) -> list[Piece]:
        """Say that no more bytes come; give what was still whole."""
        pieces = self._without(self._reader.close())
        return [Said(self._held), *pieces] if self._held else pieces

    def _without(self, pieces: list[Piece]) -> list[Piece]:
        given: list[Piece] = []
        for piece in pieces:
            if self._prefill and type(piece) is Said:
                new = self._new(piece.text)
                if new:
                    given.append(Said(new))
            elif self._held:
                given += [Said(self._held), piece]
                self._held = self._prefill = ""
            else:
                given.append(piece)
        return given

    def _new(self, text: str) -> str:
        """What of the text so far is new; nothing while that is open."""
        said = self._held + text
        if said.startswith(self._prefill):
            new, self._held, self._prefill = said[len(self._prefill) :], "", ""
            return new
        if self._prefill.startswith(said):
            self._held = said
            return ""
        self._held = self._prefill = ""
        return said
