"""Lanes over time: what was in which state when, with instants marked across all lanes."""

from typing import Final

import msgspec

from mainstay.ops.drawing.chart import MARKS_MAX, Mark
from mainstay.ops.drawing.markup import element, escape, fitted, words
from mainstay.ops.drawing.scale import Scale, time_ticks
from mainstay.ops.drawing.theme import Placing, Tone, frame

LANES_MAX: Final = 24
STRETCHES_MAX: Final = 200
"""Of one lane."""
_LEFT, _RIGHT, _HEAD, _LANE, _FOOT, _MARK_LINE = 200.0, 12.0, 24.0, 26.0, 22.0, 13.0
_SMALL: Final = 11.0


class Stretch(msgspec.Struct, frozen=True):
    """A state from one instant to another."""

    start: float
    end: float
    tone: Tone
    label: str


class Lane(msgspec.Struct, frozen=True):
    """What happened to one thing."""

    name: str
    stretches: tuple[Stretch, ...]


class Timeline(msgspec.Struct, frozen=True):
    """Lanes beneath each other, between two instants."""

    title: str
    description: str
    since: float
    until: float
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...] = ()
    width: float = 720.0


def draw_timeline(timeline: Timeline, name: str = "timeline", placing: Placing = "file") -> str:
    """The timeline as SVG; `name` makes its ids unique within a page."""
    lanes, marks = timeline.lanes[:LANES_MAX], timeline.marks[:MARKS_MAX]
    first = _HEAD + len(marks) * _MARK_LINE + 4
    bottom = first + len(lanes) * _LANE
    across = Scale(timeline.since, timeline.until, _LEFT, timeline.width - _RIGHT)
    body = [words(timeline.title, (0, 14), size=13, css="mc-ink")]
    for at, label in time_ticks(timeline.since, timeline.until):
        x = across.place(at)
        line: dict[str, str | float] = {"x1": x, "x2": x, "y1": first, "y2": bottom, "stroke": "#d8ddd9"}
        body += [
            element("line", {**line, "class": "mc-grid"}),
            words(label, (x, bottom + 15), size=_SMALL, anchor="middle"),
        ]
    for place, lane in enumerate(lanes):
        body.append(_lane(lane, first + place * _LANE, across))
    for place, mark in enumerate(marks):
        body.append(_mark(mark, _HEAD + (place + 1) * _MARK_LINE, bottom, across))
    size = (timeline.width, bottom + _FOOT)
    return frame(size, name, (timeline.title, timeline.description), "".join(body), placing)


def _lane(lane: Lane, y: float, across: Scale) -> str:
    found = [words(fitted(lane.name, _LEFT - 10, 12), (0, y + 16), css="mc-ink")]
    for stretch in lane.stretches[:STRETCHES_MAX]:
        x, end = across.place(stretch.start), across.place(stretch.end)
        box: dict[str, str | float] = {"x": x, "y": y + 3, "width": max(end - x, 2.0), "height": _LANE - 6, "rx": 2}
        box |= {"fill": stretch.tone.colour, "class": stretch.tone.css, "fill-opacity": 0.3}
        found.append(element("rect", box, element("title", {}, escape(f"{lane.name}: {stretch.label}"))))
        # The edge tells where a state begins, also to those who see no colours.
        edge: dict[str, str | float] = {"x": x, "y": y + 3, "width": 2, "height": _LANE - 6}
        found.append(element("rect", {**edge, "fill": stretch.tone.colour, "class": stretch.tone.css}))
        if label := fitted(stretch.label, end - x - 8, _SMALL):
            found.append(words(label, (x + 5, y + 17), size=_SMALL, css="mc-ink"))
    return "".join(found)


def _mark(mark: Mark, y: float, bottom: float, across: Scale) -> str:
    x = across.place(mark.at)
    line: dict[str, str | float] = {"x1": x, "x2": x, "y1": y - 3, "y2": bottom, "stroke": "#59645f"}
    is_right = x > (across.start + across.end) / 2
    text = words(mark.label, (x - 4 if is_right else x + 4, y), size=_SMALL, anchor="end" if is_right else "start")
    return element("line", {**line, "class": "mc-mark", "stroke-dasharray": "3 3"}) + text
