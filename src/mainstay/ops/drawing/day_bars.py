"""A bar for each of many days, and a line for a few values: small drawings that stand beside words."""

from collections.abc import Sequence
from typing import Final

import msgspec

from mainstay.ops.drawing.markup import element, escape, number
from mainstay.ops.drawing.scale import Scale, thinned
from mainstay.ops.drawing.theme import LINE_COLOURS, Placing, Tone, frame

DAYS_MAX: Final = 400
_STEP, _BAR, _HEIGHT, _LOW_HEIGHT = 8.0, 6.0, 34.0, 8.0
_FEET: Final = {Tone.NOTE: 9.0, Tone.PART: 17.0, Tone.BAD: 34.0}
"""How much of a bar is filled: trouble is told by its height too, not by its colour alone."""
_SPARK_POINTS_MAX: Final = 120


class DayBar(msgspec.Struct, frozen=True):
    """One day: its tone, and what is shown for it on hovering (nothing where empty)."""

    tone: Tone
    label: str = ""


def draw_day_bars(days: Sequence[DayBar], told: tuple[str, str], name: str, placing: Placing = "inline") -> str:
    """Bars in their order, the newest at the right. `told`: title and description."""
    shown = days[-DAYS_MAX:]
    plain: dict[Tone, list[str]] = {}
    spoken = []
    for place, day in enumerate(shown):
        x = place * _STEP
        if day.label or day.tone in _FEET:
            spoken.append(_bar(day, x))
        else:
            height = _LOW_HEIGHT if day.tone is Tone.NONE else _HEIGHT
            box = f"M{number(x)} {number(_HEIGHT)}v-{number(height)}h{number(_BAR)}v{number(height)}z"
            plain.setdefault(day.tone, []).append(box)
    # Days of which there is nothing to say are drawn together: a year of them is small, too.
    paths = [_path(tone, boxes) for tone, boxes in plain.items()]
    size = (max(len(shown), 1) * _STEP - (_STEP - _BAR), _HEIGHT)
    return frame(size, name, told, "".join((*paths, *spoken)), placing, may_stretch=True)


def _path(tone: Tone, boxes: list[str]) -> str:
    return element("path", {"d": "".join(boxes), "fill": tone.colour, "class": tone.css})


def _bar(day: DayBar, x: float) -> str:
    title = element("title", {}, escape(day.label)) if day.label else ""
    foot = _FEET.get(day.tone, _LOW_HEIGHT if day.tone is Tone.NONE else _HEIGHT)
    colour = {"fill": day.tone.colour, "class": day.tone.css}
    whole: dict[str, str | float] = {"x": x, "y": 0, "width": _BAR, "height": _HEIGHT, **colour, "fill-opacity": 0.3}
    filled: dict[str, str | float] = {"x": x, "y": _HEIGHT - foot, "width": _BAR, "height": foot, **colour}
    ground = element("rect", whole) if foot < _HEIGHT and day.tone is not Tone.NONE else ""
    return element("g", {}, title, ground, element("rect", filled))


def draw_spark(values: Sequence[float | None], told: tuple[str, str], name: str, placing: Placing = "inline") -> str:
    """A line of values in a row, without axes; its foot is 0."""
    points = thinned([(float(place), value) for place, value in enumerate(values)], _SPARK_POINTS_MAX)
    known = [(place, value) for place, value in points if value is not None]
    across = Scale(0.0, max(len(values) - 1.0, 1.0), 1.0, 119.0)
    upwards = Scale(0.0, max([value for _, value in known], default=1.0), 27.0, 1.0)
    pairs = " ".join(f"{number(across.place(place))},{number(upwards.place(value))}" for place, value in known)
    line: dict[str, str | float] = {"points": pairs, "fill": "none", "stroke": LINE_COLOURS[0], "class": "mc-l0"}
    return frame((120, 28), name, told, element("polyline", {**line, "stroke-width": 1.5}) if known else "", placing)
