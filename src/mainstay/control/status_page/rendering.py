"""The status page as files: HTML that needs no script, JSON, feeds."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mainstay.control.status_page.summary import OLD_SECONDS
from mainstay.model.incident import ComponentStatus, Impact
from mainstay.ops.drawing.day_bars import DayBar, draw_day_bars
from mainstay.ops.drawing.theme import DRAWING_CSS, Tone
from mainstay.ops.status.statuspage import documents
from mainstay.ops.status.syndication import syndication
from mainstay.ops.status.view import ComponentView, DayView, StatusView

TEMPLATES: Final = Path(__file__).parent / "templates"
OLD_MINUTES: Final = round(OLD_SECONDS / 60)
"""So old a page is told to be old."""

_MINUTE_SECONDS: Final = 60.0
_HOUR_SECONDS: Final = 3_600.0
_DAY_SECONDS: Final = 86_400.0

STATUS_WORDS: Final = {
    ComponentStatus.OPERATIONAL: "Operational",
    ComponentStatus.DEGRADED: "Degraded",
    ComponentStatus.PARTIAL_OUTAGE: "Partial outage",
    ComponentStatus.MAJOR_OUTAGE: "Major outage",
    ComponentStatus.MAINTENANCE: "Maintenance",
}
_TONES: Final = {
    ComponentStatus.OPERATIONAL: Tone.GOOD,
    ComponentStatus.DEGRADED: Tone.NOTE,
    ComponentStatus.PARTIAL_OUTAGE: Tone.PART,
    ComponentStatus.MAJOR_OUTAGE: Tone.BAD,
    ComponentStatus.MAINTENANCE: Tone.INFO,
}
_IMPACT_TONES: Final = {
    Impact.NONE: Tone.GOOD,
    Impact.MINOR: Tone.NOTE,
    Impact.MAJOR: Tone.PART,
    Impact.CRITICAL: Tone.BAD,
}


class Renderer:
    """Makes all files of a view. Pure but for its templates, which are read once."""

    def __init__(self, *, takes_subscribers: bool = False) -> None:
        """`takes_subscribers`: whether webhooks may be subscribed where the page is. Raises `OSError` where the package
        is not whole."""
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._environment.filters |= {
            "instant": instant,
            "day": day_words,
            "length": length,
            "status": STATUS_WORDS.__getitem__,
            "tone": lambda status: _TONES[status].value[0],
            "impact_tone": lambda impact: _IMPACT_TONES[impact].value[0],
            "bars": _bars,
            "troubled": troubled,
            "iso": iso_minute,
        }
        style = (TEMPLATES / "status.css").read_text() + DRAWING_CSS
        self._script = (TEMPLATES / "status.js").read_bytes()
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self._common = {
            # Text of our own; the page's style stands in the page, so that one file is enough.
            "style": Markup(style),  # noqa: S704 - two files of this package
            "policy": content_policy(digest),
            "old_minutes": OLD_MINUTES,
            "takes_subscribers": takes_subscribers,
        }

    def files(self, view: StatusView) -> dict[str, bytes]:
        """All files by their path, the front page last: what it links to is there before."""
        found: dict[str, bytes] = {"status.js": self._script, **documents(view), **syndication(view)}
        for incident in view.incidents:
            page = self._page("incident", {"view": view, "incident": incident, "root": "../"})
            found[f"incidents/{incident.id}.html"] = page
        found["history.html"] = self._page("history", {"view": view, "root": ""})
        found["index.html"] = self._page("index", {"view": view, "root": ""})
        return found

    def _page(self, name: str, values: Mapping[str, object]) -> bytes:
        return self._environment.get_template(f"{name}.html").render(values, **self._common).encode()


def content_policy(style_digest: str = "") -> str:
    """What a page of ours may load: its own style, its own script, its own JSON."""
    style = f"'sha256-{style_digest}'" if style_digest else "'unsafe-inline'"
    return (
        f"default-src 'none'; style-src {style}; script-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def instant(at: float) -> str:
    """Seconds since 1970 for people: date and minute, UTC."""
    return _written(at, "%Y-%m-%d %H:%M UTC")


def iso_minute(at: float) -> str:
    """Seconds since 1970 for programs."""
    return _written(at, "%Y-%m-%dT%H:%M:%SZ")


def day_words(at: float) -> str:
    """The UTC day of an instant."""
    return _written(at, "%Y-%m-%d")


def length(seconds: float) -> str:
    """A length of time for people."""
    if seconds < _MINUTE_SECONDS:
        return "less than a minute"
    if seconds < 2 * _HOUR_SECONDS:
        return f"{seconds / _MINUTE_SECONDS:.0f} min"
    if seconds < 2 * _DAY_SECONDS:
        return f"{seconds / _HOUR_SECONDS:.1f} h"
    return f"{seconds / _DAY_SECONDS:.1f} d"


def troubled(component: ComponentView) -> list[DayView]:
    """The days on which not all was well, the newest first."""
    return [day for day in reversed(component.days) if day.status not in (None, ComponentStatus.OPERATIONAL)]


def _bars(component: ComponentView) -> Markup:
    bars = [_bar(day) for day in component.days]
    bad, unknown = len(troubled(component)), len(component.days) - component.days_known
    told = f"{component.name}: the last {len(bars)} days"
    more = f"{bad} with trouble, {unknown} without data. The newest day is at the right."
    return Markup(draw_day_bars(bars, (told, more), f"bars-{component.id}"))  # noqa: S704 - it escapes by itself


def _bar(day: DayView) -> DayBar:
    if day.status is None:
        return DayBar(Tone.NONE)
    if day.status == ComponentStatus.OPERATIONAL:
        return DayBar(Tone.GOOD)
    down = f", {length(day.down_seconds)} down" if day.down_seconds >= 1 else ""
    return DayBar(_TONES[day.status], f"{day_words(day.start)}: {STATUS_WORDS[day.status].lower()}{down}")


def _written(at: float, form: str) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime(form)
    except (ValueError, OverflowError, OSError):
        return "an unknown time"
