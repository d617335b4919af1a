"""Overlap: with how many of the last characters of a known text does a growing text begin?

The growing text is followed through the known one: as long as it runs inside, the answer may still change. Since all
of it then stands in the known text already, nothing needs to be kept but two numbers, and a piece costs its own
length. The end is settled once, with the prefix function of Knuth, Morris and Pratt (1977).
"""

FIRST_CHARACTERS = 4
"""An overlap can only begin where the growing text's first characters occur: a fast search before the exact one."""


class Overlap:
    """Follows one growing text through `known`."""

    def __init__(self, known: str) -> None:
        """Begin with an empty text."""
        self.length: int | None = None
        """Length of the longest overlap; `None` while the text still runs inside the known one."""
        self._known = known
        self._start = 0
        self._size = 0

    def feed(self, piece: str) -> None:
        """Take the next piece of the growing text."""
        if self.length is not None or not piece:
            return
        known, here = self._known, self._start + self._size
        if len(piece) < len(known) - here and known.startswith(piece, here):
            self._size += len(piece)
        elif len(piece) >= len(known) - here and piece.startswith(known[here:]):
            self.length = len(known) - self._start
        else:
            self._move(known[self._start : here] + piece)

    def close(self) -> None:
        """The text is complete."""
        if self.length is None:
            self.length = longest_overlap(self._known, self._known[self._start : self._start + self._size])

    def _move(self, text: str) -> None:
        """Follow `text` from the next place at which it stands whole, or settle what its end allows."""
        start = self._known.find(text, self._start + 1)
        if start < 0 or start + len(text) == len(self._known):
            self.length = longest_overlap(self._known, text)
        else:
            self._start, self._size = start, len(text)


def longest_overlap(known: str, text: str) -> int:
    """Length of the longest end of `known` that is a beginning of `text`."""
    text = text[: _reach(known, text)]
    if not text:
        return 0
    borders = _borders(text)
    matched = 0
    for character in known[-len(text) :]:
        while matched and text[matched] != character:
            matched = borders[matched - 1]
        matched += text[matched] == character
    return matched


def common_prefix_length(one: str, other: str) -> int:
    """How many first characters two texts share."""
    for size, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return size
    return min(len(one), len(other))


def _reach(known: str, text: str) -> int:
    """An upper bound of the overlap, found by fast search."""
    first = text[:FIRST_CHARACTERS]
    position = known.find(first, max(0, len(known) - len(text)))
    return len(known) - position if position >= 0 else len(first) - 1


def _borders(text: str) -> list[int]:
    """For every beginning of the text the length of its longest proper beginning that is also its end."""
    borders = [0] * len(text)
    size = 0
    for at in range(1, len(text)):
        while size and text[at] != text[size]:
            size = borders[size - 1]
        size += text[at] == text[size]
        borders[at] = size
    return borders
