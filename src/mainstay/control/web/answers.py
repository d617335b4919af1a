"""Answers: pages from templates, JSON, errors in either, redirects."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from mainstay.control.web.visit import Visit
from mainstay.model.components import component_of

TEMPLATES: Final = Path(__file__).parent / "templates"
API_PREFIX: Final = "/api/"
METRICS_PATH: Final = "/metrics"

DASH: Final = "\N{EN DASH}"
NANODOLLARS: Final = 1_000_000_000
_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400


class Problem(msgspec.Struct, frozen=True):
    """Why a request is not answered: a code for programs, a title and a sentence on what to do for people."""

    status: int
    code: str
    title: str
    advice: str
    headers: dict[str, str] = {}


class Answers:
    """Makes answers that every page looks alike in."""

    def __init__(self, version: str, *, has_provider: bool, has_operations: bool = False) -> None:
        """`has_provider`: whether people may log in through an identity provider. `has_operations`: whether there are
        pages of operations."""
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._environment.filters["duration"] = duration
        self._environment.filters["instant"] = instant
        self._environment.filters["iso"] = iso
        self._environment.filters["seconds"] = short_seconds
        self._environment.filters["dollars"] = dollars
        self._environment.filters["upstream_of"] = upstream_of
        self._version = version
        self._has_provider = has_provider
        self._has_operations = has_operations

    def page(self, name: str, visit: Visit | None, values: Mapping[str, object], status: int = 200) -> Response:
        """The page of a template (`name` without its ending)."""
        text = self._environment.get_template(f"{name}.html").render(
            values,
            version=self._version,
            has_provider=self._has_provider,
            has_operations=self._has_operations,
            person=None if visit is None else visit.person,
            csrf="" if visit is None else visit.csrf,
        )
        return Response(text, status, media_type="text/html")

    def problem(self, path: str, problem: Problem, visit: Visit | None = None) -> Response:
        """An error, as JSON for the paths of programs, else as a page."""
        if is_for_programs(path):
            message = f"{problem.title}. {problem.advice}"
            answer = json_answer({"error": {"code": problem.code, "message": message}}, problem.status)
        else:
            answer = self.page("error", visit, {"problem": problem}, problem.status)
        answer.headers.update(problem.headers)
        return answer


def is_for_programs(path: str) -> bool:
    """Whether programs ask there: they bring keys, and read errors as JSON."""
    return path.startswith(API_PREFIX) or path == METRICS_PATH


def json_answer(value: object, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def redirect(path: str) -> Response:
    """Go on with another page, by GET."""
    return Response(status_code=303, headers={"location": path})


def duration(seconds: float) -> str:
    """A length of time for people: 3 s, 5 min, 2 h, 4 d."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / _HOUR:.0f} h"
    return f"{seconds / _DAY:.0f} d"


def instant(at: float) -> str:
    """Seconds since 1970 as date and time, UTC."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"@{at:g}"


def iso(at: float) -> str:
    """Seconds since 1970 for programs; empty for an instant that no calendar has."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""


def short_seconds(seconds: float | None) -> str:
    """How long something of a request took: 85 ms, 1.24 s; a dash where that is not known."""
    if seconds is None:
        return DASH
    return f"{1_000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def dollars(nanodollars: int | None) -> str:
    """An amount of money; a dash where it is not known."""
    if nanodollars is None:
        return DASH
    amount = nanodollars / NANODOLLARS
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"


def upstream_of(name: str) -> str:
    """The upstream that a component belongs to; empty for one of our own."""
    component = component_of(name)
    return "" if component is None else component.upstream
