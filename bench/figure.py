"""A figure: what was to be reached, what was measured, and the verdict."""

import math
import statistics
from collections.abc import Sequence
from enum import Enum

import msgspec


class Verdict(Enum):
    """How a figure stands against its bounds."""

    AIM = "aim reached"
    MUST = "must reached"
    MISSED = "missed"
    INFORMATION = "information"


class Measured(msgspec.Struct, frozen=True):
    """A median over repeats, with the lowest and the highest of them."""

    median: float
    low: float
    high: float
    repeats: tuple[float, ...]


def measured(repeats: Sequence[float]) -> Measured:
    """Sum up repeats; there is at least one."""
    return Measured(statistics.median(repeats), min(repeats), max(repeats), tuple(repeats))


class Bar(msgspec.Struct, frozen=True):
    """Where a figure's value is drawn: in which plot, in which group of bars, and under which name."""

    plot: str
    group: str
    label: str


class Figure(msgspec.Struct, frozen=True):
    """One line of the table. Without `must` it is information only; `higher_is_better` says which way
    the bounds cut. `bar`: its place in a plot, where it has one."""

    name: str
    unit: str
    value: Measured
    must: float | None = None
    aim: float | None = None
    higher_is_better: bool = False
    remarks: tuple[str, ...] = ()
    bar: Bar | None = None

    @property
    def verdict(self) -> Verdict:
        """Judge the median."""
        if self.must is None:
            return Verdict.INFORMATION
        if not self._reaches(self.must):
            return Verdict.MISSED
        return Verdict.AIM if self.aim is None or self._reaches(self.aim) else Verdict.MUST

    def _reaches(self, bound: float) -> bool:
        value = self.value.median
        return value >= bound if self.higher_is_better else value <= bound


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least this many percent of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
