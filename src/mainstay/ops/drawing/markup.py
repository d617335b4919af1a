"""SVG as text: elements, numbers and escaping. What comes out is the same for the same values, byte by byte."""

import math
from collections.abc import Mapping
from typing import Final

TEXT_CHARACTERS_MAX: Final = 2_000
ATTRIBUTE_CHARACTERS_MAX: Final = 100_000
"""Paths are attributes, and long."""
_CHARACTER_WIDTH: Final = 0.56
"""Of the usual sans-serif faces, in parts of the size, on average."""


def escape(text: str, characters_max: int = TEXT_CHARACTERS_MAX) -> str:
    """Text for between tags and within attributes. What XML cannot hold is left out; long text is cut."""
    cut = text if len(text) <= characters_max else f"{text[: characters_max - 1]}…"
    kept = "".join(character for character in cut if character in "\n\t" or _is_allowed(ord(character)))
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        kept = kept.replace(sign, f"&{name};")
    return kept


def number(value: float) -> str:
    """A coordinate with two digits at most. What is no number becomes 0, so that one bad value breaks no picture."""
    if not math.isfinite(value):
        return "0"
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def element(name: str, attributes: Mapping[str, str | float], *children: str) -> str:
    """An element. Values of attributes are escaped; children are markup already."""
    written = "".join(
        f' {key}="{number(value) if isinstance(value, int | float) else escape(value, ATTRIBUTE_CHARACTERS_MAX)}"'
        for key, value in attributes.items()
    )
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def words(text: str, at: tuple[float, float], *, size: float = 12, anchor: str = "start", css: str = "mc-soft") -> str:
    """A line of text; `anchor` is `start`, `middle` or `end`."""
    place: dict[str, str | float] = {"x": at[0], "y": at[1], "font-size": size, "class": css}
    if anchor != "start":
        place["text-anchor"] = anchor
    return element("text", {**place, "fill": "#59645f" if css == "mc-soft" else "#1b211f"}, escape(text))


def width_of(text: str, size: float) -> float:
    """About how wide a line of text is."""
    return len(text) * size * _CHARACTER_WIDTH


def fitted(text: str, width: float, size: float) -> str:
    """Text cut to a width; empty where hardly a word would be left."""
    room = int(width / (size * _CHARACTER_WIDTH))
    if len(text) <= room:
        return text
    return f"{text[: room - 1]}…" if room >= 4 else ""  # noqa: PLR2004 - three letters and the sign of the cut


def _is_allowed(code: int) -> bool:
    """Whether XML 1.0 may hold this character; `del` and the C1 controls are left out too."""
    if code < 0xA0:  # noqa: PLR2004 - the first character after the C1 controls
        return 0x20 <= code < 0x7F  # noqa: PLR2004 - printable ASCII
    return not (0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF))  # noqa: PLR2004 - surrogates
