"""A small picture of the last hour of a component: attempts per minute, and how many of them failed."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from mainstay.ops.detection.values import TrendPoint
from mainstay.ops.drawing.markup import element, number

WIDTH: Final = 180.0
HEIGHT: Final = 36.0
MINUTES: Final = 60
_MINUTE_SECONDS: Final = 60.0


def sparkline(trend: Sequence[TrendPoint], wall: float) -> Markup:
    """Bars by minute, the newest at the right; the failed part of each stands out in colour and at the bottom."""
    highest = max((point.attempts for point in trend), default=0)
    attempts, failures = sum(one.attempts for one in trend), sum(one.failures for one in trend)
    told = f"The last hour: {attempts} requests, {failures} failed; at most {highest} in a minute"
    step = WIDTH / MINUTES
    bars = []
    for point in trend:
        place = MINUTES - 1 - int((wall - point.start) // _MINUTE_SECONDS)
        if 0 <= place < MINUTES and highest:
            bars += _bar(place * step, step, point, highest)
    base = element("path", {"class": "base", "d": f"M0 {number(HEIGHT - 0.5)}H{number(WIDTH)}"})
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="spark" role="img" aria-label="{told}" '
        f'width="{number(WIDTH)}" height="{number(HEIGHT)}" viewBox="0 0 {number(WIDTH)} {number(HEIGHT)}">'
    )
    return Markup(f"{head}{''.join(bars)}{base}</svg>")  # noqa: S704 - numbers of our own alone


def _bar(x: float, step: float, point: TrendPoint, highest: int) -> list[str]:
    whole = (HEIGHT - 2) * point.attempts / highest
    failed = (HEIGHT - 2) * min(point.failures, point.attempts) / highest
    box = {"x": x + 0.3, "width": step - 0.6}
    found = [element("rect", {**box, "y": HEIGHT - 1 - whole, "height": whole, "class": "all"})]
    if failed:
        found.append(element("rect", {**box, "y": HEIGHT - 1 - failed, "height": failed, "class": "failed"}))
    return found
