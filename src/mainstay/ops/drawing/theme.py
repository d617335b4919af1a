"""Colours of drawings, as variables of CSS, in light and dark; and the frame around every drawing.

Each shape carries its light colour as an attribute too: programs without CSS (such as those that make PDF) use it.
"""

from enum import Enum
from typing import Final, Literal

from mainstay.ops.drawing.markup import element, escape, number

SIZE_MAX: Final = 4_000.0


class Tone(Enum):
    """What a colour means: name of its variable, light colour."""

    GOOD = ("good", "#2a8467")
    NOTE = ("note", "#c79200")
    PART = ("part", "#d4661f")
    BAD = ("bad", "#a2310f")
    INFO = ("info", "#31689b")
    NONE = ("none", "#c3cbc6")

    @property
    def css(self) -> str:
        """The class of shapes of this tone."""
        return f"mc-{self.value[0]}"

    @property
    def colour(self) -> str:
        """The light colour."""
        return self.value[1]


LINE_COLOURS: Final = ("#1a6350", "#31689b", "#a2310f", "#7a4f9e", "#8a6500", "#4d5a55")
"""Of lines, by their place, in light; dashes tell them apart as well."""
DASHES: Final = ("", "6 3", "2 3", "9 3 2 3", "12 4", "1 4")

_LIGHT: Final = {
    "ink": "#1b211f",
    "soft": "#59645f",
    "line": "#d8ddd9",
    **{tone.value[0]: tone.value[1] for tone in Tone},
    **{f"l{place}": colour for place, colour in enumerate(LINE_COLOURS)},
}
_DARK: Final = {
    "ink": "#e8ecea",
    "soft": "#a3afa9",
    "line": "#37413c",
    "good": "#57c39f",
    "note": "#e5c04b",
    "part": "#f08a4b",
    "bad": "#ff8163",
    "info": "#7fb2e5",
    "none": "#4b5751",
    "l0": "#6fcdb0",
    "l1": "#8fbdea",
    "l2": "#ffb199",
    "l3": "#c9a6e8",
    "l4": "#e5c04b",
    "l5": "#b9c4be",
}
_FACE: Final = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--mc-{name}:{colour};" for name, colour in colours.items())


DRAWING_CSS: Final = (
    f".mc{{{_variables(_LIGHT)}color-scheme:light dark;font-family:{_FACE};max-width:100%;height:auto}}\n"
    f"@media (prefers-color-scheme: dark){{.mc{{{_variables(_DARK)}}}}}\n"
    + "".join(f".mc .mc-{name}{{fill:var(--mc-{name})}}\n" for name in ("ink", "soft", *(t.value[0] for t in Tone)))
    + "".join(
        f".mc .mc-l{place}{{stroke:var(--mc-l{place})}}\n.mc .mc-f{place}{{fill:var(--mc-l{place})}}\n"
        for place in range(len(LINE_COLOURS))
    )
    + ".mc .mc-grid{stroke:var(--mc-line)}\n.mc .mc-mark{stroke:var(--mc-soft)}\n"
)
"""The style of all drawings. A page that holds drawings within its own HTML must hold this once."""

Placing = Literal["file", "inline"]
"""`file`: a whole file, with its style. `inline`: within HTML that has `DRAWING_CSS`."""


def frame(
    size: tuple[float, float],
    name: str,
    told: tuple[str, str],
    body: str,
    placing: Placing,
    *,
    may_stretch: bool = False,
) -> str:
    """A whole drawing of this width and height. `told` is what it shows: a title, and a description for those who
    cannot see it. `name` makes its ids unique within a page (letters, digits, `-`). `may_stretch`: a page may change
    its proportions."""
    width, height = (min(max(side, 1.0), SIZE_MAX) for side in size)
    title, description = told
    ids = f"{escape(name)}-t {escape(name)}-d"
    stretch = ' preserveAspectRatio="none"' if may_stretch else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mc" role="img" aria-labelledby="{ids}" '
        f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"{stretch}>'
    )
    style = f"<style>{DRAWING_CSS}</style>" if placing == "file" else ""
    labels = element("title", {"id": f"{name}-t"}, escape(title)) + element(
        "desc", {"id": f"{name}-d"}, escape(description)
    )
    return f"{head}{labels}{style}{body}</svg>"
