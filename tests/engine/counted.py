"""Texts that count what is done with them, to show that work grows with length and not with its square."""

import sys
from collections.abc import Callable
from types import FrameType


class Counted(str):
    """A text that counts the characters that are copied or searched on its account."""

    __slots__ = ()
    characters = 0

    def _count(self, characters: int) -> None:
        Counted.characters += characters

    def __getitem__(self, key: object) -> "Counted":
        part = Counted(str.__getitem__(self, key))  # type: ignore[index] # whatever a text may be asked for
        self._count(len(part))
        return part

    def __add__(self, other: str) -> "Counted":
        self._count(len(self) + len(other))
        return Counted(str.__add__(self, other))

    def __radd__(self, other: str) -> "Counted":
        self._count(len(self) + len(other))
        return Counted(str.__add__(other, self))

    def find(self, *arguments: object) -> int:
        self._count(len(self))
        return str.find(self, *arguments)  # type: ignore[arg-type] # as above

    def count(self, *arguments: object) -> int:
        self._count(len(self))
        return str.count(self, *arguments)  # type: ignore[arg-type] # as above


def count_joins(work: Callable[[], None]) -> int:
    """How often `work` joins pieces of text, which `Counted` cannot see."""
    joins = 0

    def notice(_frame: FrameType, event: str, called: object) -> None:
        nonlocal joins
        joins += event == "c_call" and getattr(called, "__name__", "") == "join"

    sys.setprofile(notice)
    try:
        work()
    finally:
        sys.setprofile(None)
    return joins
