"""The live map as SVG, wide or narrow. Colours are classes of the console's style; patterns and words say the same."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from mainstay.control.web.live_map import Health, LiveMap
from mainstay.ops.drawing.markup import element, escape, fitted, number

SIGNS: Final = {"healthy": "●", "degraded": "◆", "failing": "▲", "idle": "○"}
_ROW: Final = 58.0
_BOX_HEIGHT: Final = 46.0
_TOP: Final = 8.0
_LINE_MIN: Final = 1.5
_LINE_MAX: Final = 11.0


class Layout(msgspec.Struct, frozen=True):
    """How wide everything is, in pixels."""

    width: float
    caller: float
    gateway: float
    upstream: float
    size: float
    padding: float


WIDE: Final = Layout(900.0, 210.0, 150.0, 250.0, 13.0, 10.0)
NARROW: Final = Layout(340.0, 104.0, 72.0, 118.0, 10.5, 5.0)


class _Box(msgspec.Struct, frozen=True):
    x: float
    y: float
    width: float
    lines: tuple[str, str]
    health: Health
    is_barred: bool = False
    href: str = ""

    @property
    def middle(self) -> float:
        return self.y + _BOX_HEIGHT / 2


def draw_map(shown: LiveMap, layout: Layout, name: str) -> Markup:
    """The map; `name` makes its ids unique within a page. Its text alternative is the table beside it."""
    rows = max(len(shown.callers), len(shown.upstreams), 1)
    height = rows * _ROW + 2 * _TOP
    rates = [*(one.per_minute for one in shown.callers), *(one.per_minute for one in shown.upstreams)]
    busiest = max([1.0, *rates])
    callers = [
        _Box(2, y, layout.caller, (one.name, rate_words(one.per_minute)), one.health)
        for one, y in zip(shown.callers, _places(len(shown.callers), height), strict=True)
    ]
    at_right = layout.width - layout.upstream - 2
    upstreams = [
        _Box(
            at_right,
            y,
            layout.upstream,
            (one.name, f"{rate_words(one.per_minute)}{', ' + one.order if one.order else ''}"),
            one.health,
            bool(one.order),
            f"/upstreams/{one.name}",
        )
        for one, y in zip(shown.upstreams, _places(len(shown.upstreams), height), strict=True)
    ]
    x = (layout.width - layout.gateway) / 2 + (layout.caller - layout.upstream) / 2
    gateway = _Box(
        x, height / 2 - _BOX_HEIGHT / 2, layout.gateway, ("Gateway", rate_words(shown.per_minute)), shown.gateway_health
    )
    lines = [
        _line((2 + layout.caller, box.middle), (x, gateway.middle), box, one.per_minute / busiest)
        for box, one in zip(callers, shown.callers, strict=True)
    ]
    lines += [
        _line((x + layout.gateway, gateway.middle), (at_right, box.middle), box, one.per_minute / busiest)
        for box, one in zip(upstreams, shown.upstreams, strict=True)
    ]
    body = "".join([*lines, *(_drawn(box, layout) for box in (*callers, gateway, *upstreams))])
    return _framed(body, layout.width, height, name)


def rate_words(per_minute: float) -> str:
    """Requests per minute, briefly."""
    return f"{per_minute:.0f}/min" if per_minute >= 10 or per_minute == int(per_minute) else f"{per_minute:.1f}/min"  # noqa: PLR2004 - a digit more tells nothing from here on


def _framed(body: str, width: float, height: float, name: str) -> Markup:
    told = "Callers at the left, the gateway in the middle, upstreams at the right. The table below says the same."
    title = element("title", {"id": f"{name}-t"}, "Live map of the last minute")
    description = element("desc", {"id": f"{name}-d"}, escape(told))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map {escape(name)}" role="group" '
        f'aria-labelledby="{escape(name)}-t {escape(name)}-d" viewBox="0 0 {number(width)} {number(height)}">'
    )
    # `element` and `escape` have escaped whatever others named.
    return Markup(f"{head}{title}{description}{body}</svg>")  # noqa: S704 - see above


def _places(count: int, height: float) -> Sequence[float]:
    """The upper ends of so many boxes, spread evenly."""
    room = (height - 2 * _TOP) / max(count, 1)
    return [_TOP + room * (place + 0.5) - _BOX_HEIGHT / 2 for place in range(count)]


def _line(start: tuple[float, float], end: tuple[float, float], box: _Box, share: float) -> str:
    width = _LINE_MIN + (_LINE_MAX - _LINE_MIN) * math.sqrt(min(max(share, 0.0), 1.0)) if share > 0 else 1.0
    bend = (start[0] + end[0]) / 2
    path = (
        f"M{number(start[0])} {number(start[1])}C{number(bend)} {number(start[1])} "
        f"{number(bend)} {number(end[1])} {number(end[0])} {number(end[1])}"
    )
    css = f"flow {box.health}{' barred' if box.is_barred else ''}"
    return element("path", {"d": path, "class": css, "stroke-width": round(width, 1)})


def _drawn(box: _Box, layout: Layout) -> str:
    size, x = layout.size, box.x + layout.padding
    room = box.width - layout.padding
    first, second = box.lines
    frame: dict[str, str | float] = {
        "x": box.x,
        "y": box.y,
        "width": box.width,
        "height": _BOX_HEIGHT,
        "rx": 8,
        "class": f"node {box.health}",
    }
    name: dict[str, str | float] = {"x": x, "y": box.y + 20, "font-size": size, "class": "name"}
    rate: dict[str, str | float] = {"x": x, "y": box.y + 37, "font-size": size - 1, "class": "rate"}
    drawn = (
        element("title", {}, escape(f"{first}: {box.health}, {second}"))
        + element("rect", frame)
        + element("text", name, escape(fitted(f"{SIGNS[box.health]} {first}", room, size)))
        + element("text", rate, escape(fitted(second, room, size - 1)))
    )
    return element("a", {"href": box.href}, drawn) if box.href else element("g", {}, drawn)
