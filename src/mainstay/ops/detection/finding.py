"""Findings: what a rule reads from a component's own samples."""

from enum import IntEnum
from typing import Final

import msgspec

from mainstay.model.components import Component
from mainstay.model.evidence import Evidence


class Grade(IntEnum):
    """How much a finding proves."""

    FINE = 0
    SUSPICIOUS = 1
    CONCLUSIVE = 2


class Finding(msgspec.Struct, frozen=True):
    """A grade and its evidence. `is_about_errors`: whether attempts failed (and not only were slow, or rejected)."""

    grade: Grade
    evidence: Evidence
    is_about_errors: bool = False
    began_at: float = 0.0
    """When what was found began, as far as the rule knows; else 0."""


_KINDS_SHOWN: Final = 4
_HUNDRED: Final = 100.0
_MINUTE_SECONDS: Final = 60
_HOUR_SECONDS: Final = 3_600


def noun_of(component: Component) -> str:
    """What a component's samples are called."""
    if component.upstream:
        return "probes" if component.part != "inference" else "attempts"
    return "requests"


def percent(ratio: float) -> str:
    """A share as people write it: `0.4 %`, `12 %`."""
    value = ratio * _HUNDRED
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"  # noqa: PLR2004 - two digits are enough


def span_words(seconds: float) -> str:
    """A span of time in words: `60 s`, `5 min`, `6 h`."""
    if seconds < 2 * _MINUTE_SECONDS:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR_SECONDS:
        return f"{seconds / _MINUTE_SECONDS:.0f} min"
    return f"{seconds / _HOUR_SECONDS:.0f} h"


def seconds_words(seconds: float) -> str:
    """A duration in words: `850 ms`, `2.4 s`."""
    return f"{seconds * 1_000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def kinds_words(kinds: dict[str, int]) -> str:
    """Kinds of faults and how many of each: ` (server 10, cut 2)`; empty for none."""
    shown = [f"{kind} {count}" for kind, count in list(kinds.items())[:_KINDS_SHOWN]]
    return f" ({', '.join(shown)})" if shown else ""
