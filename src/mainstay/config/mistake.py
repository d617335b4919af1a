"""Mistake: one thing in the configuration that its author should change."""

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec


class Mistake(msgspec.Struct, frozen=True):
    """What is wrong, where it stands, and what to do. It never holds a secret.

    `path` is dotted from the top of the file (`upstreams.anthropic.base_url`, `models.m.candidates[1].upstream`); it is
    empty for the file as a whole. `line` counts from 1 and is `None` where the value does not come from a file.
    """

    path: str
    message: str
    line: int | None = None


def child_path(path: str, key: str) -> str:
    """The path of `key` inside the mapping at `path`."""
    name = key if key.isprintable() and "." not in key else repr(key)
    return f"{path}.{name}" if path else name


def item_path(path: str, index: int) -> str:
    """The path of the item at `index` (from 0) inside the list at `path`."""
    return f"{path}[{index}]"


def nearest_hint(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the nearest known one, or all of them; "" where none is known."""
    words = list(known)
    near = get_close_matches(word[:100], words, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known: {', '.join(sorted(words)[:20])}" if words else ""
