"""Charts over time: lines, areas, steps and bars over one axis of values, with bands and marks behind them."""

from itertools import groupby, pairwise
from typing import Final, Literal

import msgspec

from mainstay.ops.drawing.markup import element, fitted, number, width_of, words
from mainstay.ops.drawing.scale import POINTS_MAX, Point, Scale, round_ticks, thinned, time_ticks
from mainstay.ops.drawing.theme import DASHES, LINE_COLOURS, Placing, Tone, frame

SERIES_MAX: Final = 6
MARKS_MAX: Final = 40
_LEFT, _RIGHT, _TOP, _FOOT, _LEGEND = 58.0, 12.0, 26.0, 24.0, 20.0
_SMALL: Final = 11.0

Kind = Literal["line", "area", "steps", "bars"]


class Series(msgspec.Struct, frozen=True):
    """Values by instants, in order. Bars are as wide as the smallest step between two."""

    name: str
    points: tuple[Point, ...]
    kind: Kind = "line"


class Band(msgspec.Struct, frozen=True):
    """A stretch of time worth seeing behind the values."""

    start: float
    end: float
    label: str = ""
    tone: Tone = Tone.BAD


class Mark(msgspec.Struct, frozen=True):
    """An instant worth seeing."""

    at: float
    label: str


class Chart(msgspec.Struct, frozen=True):
    """A chart. Values are 0 or more, in `unit`; `high` is the least height of its axis. Six series are drawn at
    most."""

    title: str
    description: str
    since: float
    until: float
    series: tuple[Series, ...]
    unit: str = ""
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    high: float = 0.0
    width: float = 720.0
    height: float = 240.0


def draw_chart(chart: Chart, name: str = "chart", placing: Placing = "file") -> str:
    """The chart as SVG; `name` makes its ids unique within a page."""
    series = [
        msgspec.structs.replace(one, points=tuple(thinned(one.points, POINTS_MAX))) for one in chart.series[:SERIES_MAX]
    ]
    values = [value for one in series for _, value in one.points if value is not None]
    ticks = round_ticks(max([chart.high, *values]))
    bottom = chart.height - _FOOT - _LEGEND
    across = Scale(chart.since, chart.until, _LEFT, chart.width - _RIGHT)
    upwards = Scale(0.0, ticks[-1], bottom, _TOP)
    body = [
        _bands(chart.bands, across, bottom),
        _grid(chart, ticks, across, upwards),
        *(_series(one, place, across, upwards) for place, one in enumerate(series)),
        _marks(chart.marks, across, bottom),
        _legend(series, chart),
    ]
    return frame((chart.width, chart.height), name, (chart.title, chart.description), "".join(body), placing)


def _grid(chart: Chart, ticks: tuple[float, ...], across: Scale, upwards: Scale) -> str:
    found = [words(chart.title, (0, 14), size=13, css="mc-ink")]
    for tick in ticks:
        y = upwards.place(tick)
        line: dict[str, str | float] = {"x1": across.start, "x2": across.end, "y1": y, "y2": y}
        found.append(element("line", {**line, "stroke": "#d8ddd9", "class": "mc-grid"}))
        found.append(words(f"{tick:g}{chart.unit}", (across.start - 6, y + 4), size=_SMALL, anchor="end"))
    for at, label in time_ticks(chart.since, chart.until):
        x = across.place(at)
        anchor = "end" if x + width_of(label, _SMALL) / 2 > chart.width else "middle"
        found.append(words(label, (x, upwards.start + 16), size=_SMALL, anchor=anchor))
    return "".join(found)


def _bands(bands: tuple[Band, ...], across: Scale, bottom: float) -> str:
    found = []
    for band in bands[:MARKS_MAX]:
        x, end = across.place(band.start), across.place(band.end)
        box: dict[str, str | float] = {"x": x, "y": _TOP, "width": max(end - x, 1.0), "height": bottom - _TOP}
        found.append(element("rect", {**box, "fill": band.tone.colour, "class": band.tone.css, "fill-opacity": 0.13}))
        if label := fitted(band.label, end - x - 6, _SMALL):
            found.append(words(label, (x + 4, _TOP + 12), size=_SMALL))
    return "".join(found)


def _marks(marks: tuple[Mark, ...], across: Scale, bottom: float) -> str:
    found = []
    for place, mark in enumerate(marks[:MARKS_MAX]):
        x = across.place(mark.at)
        line: dict[str, str | float] = {"x1": x, "x2": x, "y1": _TOP, "y2": bottom, "stroke-dasharray": "3 3"}
        found.append(element("line", {**line, "stroke": "#59645f", "class": "mc-mark"}))
        is_right = x > (across.start + across.end) / 2
        # Neighbours take turns on three lines, so that their labels do not lie on each other.
        at = (x - 4 if is_right else x + 4, _TOP + 12 + place % 3 * 13)
        found.append(words(mark.label, at, size=_SMALL, anchor="end" if is_right else "start"))
    return "".join(found)


def _series(series: Series, place: int, across: Scale, upwards: Scale) -> str:
    if series.kind == "bars":
        return _bars(series, place, across, upwards)
    found = []
    for is_known, group in groupby(series.points, key=lambda point: point[1] is not None):
        run = [(across.place(at), upwards.place(value or 0.0)) for at, value in group]
        if is_known:
            found.append(_run(run, series.kind, place, upwards.start))
    return "".join(found)


def _run(run: list[tuple[float, float]], kind: Kind, place: int, bottom: float) -> str:
    colour = LINE_COLOURS[place]
    pairs = [f"{number(x)} {number(y)}" for x, y in run]
    if kind == "steps":
        steps = (f"H{number(x)}V{number(y)}" for x, y in run[1:])
        path = f"M{pairs[0]}{''.join(steps)}"
    else:
        path = f"M{pairs[0]}{''.join(f'L{pair}' for pair in pairs[1:])}"
    if len(run) == 1:
        dot: dict[str, str | float] = {"cx": run[0][0], "cy": run[0][1], "r": 2}
        return element("circle", {**dot, "fill": colour, "class": f"mc-f{place}"})
    line: dict[str, str | float] = {"d": path, "fill": "none", "stroke": colour, "class": f"mc-l{place}"}
    line |= {"stroke-width": 2, "stroke-linejoin": "round"}
    if DASHES[place]:
        line["stroke-dasharray"] = DASHES[place]
    if kind != "area":
        return element("path", line)
    closed = f"{path}L{number(run[-1][0])} {number(bottom)}L{number(run[0][0])} {number(bottom)}Z"
    below: dict[str, str | float] = {"d": closed, "fill": colour, "class": f"mc-f{place}", "fill-opacity": 0.18}
    return element("path", below) + element("path", line)


def _bars(series: Series, place: int, across: Scale, upwards: Scale) -> str:
    instants = [at for at, _ in series.points]
    steps = [later - earlier for earlier, later in pairwise(instants) if later > earlier]
    one = across.place(across.low + min(steps)) - across.start if steps else 12.0
    found = []
    for at, value in series.points:
        if value is None:
            continue
        y = upwards.place(value)
        box: dict[str, str | float] = {"x": across.place(at), "y": y, "width": max(one - 1, 1.0)}
        box |= {"height": upwards.start - y, "fill": LINE_COLOURS[place], "class": f"mc-f{place}"}
        found.append(element("rect", box))
    return "".join(found)


def _legend(series: list[Series], chart: Chart) -> str:
    if not series:
        return words("no data", (chart.width / 2, chart.height / 2), anchor="middle")
    found, x, y = [], _LEFT, chart.height - 6
    for place, one in enumerate(series):
        name = fitted(one.name, (chart.width - _LEFT) / len(series) - 34, _SMALL)
        line: dict[str, str | float] = {"x1": x, "x2": x + 18, "y1": y - 4, "y2": y - 4, "stroke-width": 3}
        line |= {"stroke": LINE_COLOURS[place], "class": f"mc-l{place}"}
        if DASHES[place] and one.kind != "bars":
            line["stroke-dasharray"] = DASHES[place]
        found += [element("line", line), words(name, (x + 23, y), size=_SMALL)]
        x += 23 + width_of(name, _SMALL) + 16
    return "".join(found)
