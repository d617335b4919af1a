"""Reports of people in the present window, each person once, and what they are evidence for."""

from collections import deque
from collections.abc import Iterator
from typing import Final

import msgspec

from mainstay.model.components import GATEWAY, component_of
from mainstay.model.evidence import Evidence
from mainstay.model.records import TroubleRecord
from mainstay.model.settings import DetectionSettings
from mainstay.ops.trouble.usual import UsualLevel, unusual_from

REPORTS_MAX: Final = 20_000
"""More in one window are not told apart any more: they are more than enough."""
COMPONENTS_MAX: Final = 500
EVERYTHING: Final = GATEWAY.name
"""What a report is about that names nothing."""
REPEAT_SECONDS: Final = 60.0
"""Evidence that still holds is given again so often."""


class Level(msgspec.Struct, frozen=True):
    """Reports of one component in the present window. `unusual_from` is how many would be unusual now."""

    component: str
    reports: int
    expected: float
    unusual_from: int

    @property
    def is_bad(self) -> bool:
        """Whether there are unusually many."""
        return self.reports >= self.unusual_from


class _Report(msgspec.Struct, frozen=True):
    at: float
    person: str
    component: str


class Reports:
    """Takes `TroubleRecord`s in the order in which they come, also of the past, and tells when there are too many."""

    def __init__(self, settings: DetectionSettings) -> None:
        self.settings = settings
        """May be replaced at any time."""
        self._usual: dict[str, UsualLevel] = {}
        self._recent: deque[_Report] = deque(maxlen=REPORTS_MAX)
        self._persons: dict[tuple[str, str], float] = {}
        self._bad: dict[str, float] = {}

    def take(self, record: TroubleRecord) -> bool:
        """Learn of a report; tell whether it counts: the first of a person about a component in a window does."""
        if not record.counted:
            return False
        component = record.component if component_of(record.component) is not None else EVERYTHING
        last = self._persons.get((record.person, component))
        if last is not None and abs(record.at - last) < self.settings.report_window_seconds:
            return False
        self._remember_person(record.person, component, record.at)
        self._recent.append(_Report(record.at, record.person, component))
        if component not in self._usual and len(self._usual) >= COMPONENTS_MAX:
            return True
        self._usual.setdefault(component, UsualLevel()).note(record.at)
        return True

    def levels(self, wall: float) -> tuple[Level, ...]:
        """Every component of which there are reports in the present window."""
        start = wall - self.settings.report_window_seconds
        while self._recent and self._recent[0].at < start:
            self._recent.popleft()
        counts: dict[str, int] = {}
        for one in self._recent:
            if start <= one.at <= wall:
                counts[one.component] = counts.get(one.component, 0) + 1
        return tuple(self._level(component, count, start, wall) for component, count in sorted(counts.items()))

    def turn(self, wall: float) -> tuple[Evidence, ...]:
        """What is evidence now: unusually many reports when they become so, again while they last, and their end."""
        levels = {one.component: one for one in self.levels(wall)}
        return (*self._risen(levels, wall), *self._fallen(levels, wall))

    def _risen(self, levels: dict[str, Level], wall: float) -> Iterator[Evidence]:
        for level in levels.values():
            told = self._bad.get(level.component)
            if level.is_bad and (told is None or wall - told >= REPEAT_SECONDS):
                self._bad[level.component] = wall
                yield _evidence(level, self.settings, wall)

    def _fallen(self, levels: dict[str, Level], wall: float) -> Iterator[Evidence]:
        for component in tuple(self._bad):
            level = levels.get(component) or self._level(component, 0, wall, wall)
            if not level.is_bad:
                del self._bad[component]
                yield _evidence(level, self.settings, wall)

    def _level(self, component: str, count: int, start: float, end: float) -> Level:
        usual = self._usual.get(component)
        expected = usual.expected(start, end) if usual else 0.0
        return Level(component, count, expected, unusual_from(expected, self.settings.reports_min))

    def _remember_person(self, person: str, component: str, at: float) -> None:
        if len(self._persons) >= REPORTS_MAX:
            start = at - self.settings.report_window_seconds
            self._persons = {who: last for who, last in self._persons.items() if last >= start}
        if len(self._persons) < REPORTS_MAX:
            self._persons[person, component] = at


def _evidence(level: Level, settings: DetectionSettings, wall: float) -> Evidence:
    minutes = settings.report_window_seconds / 60
    people = "1 person reports" if level.reports == 1 else f"{level.reports} people report"
    words = f"{people} trouble within {minutes:.0f} min; usual at this hour: {level.expected:.1f}"
    return Evidence(
        "people",
        level.component,
        wall,
        is_bad=level.is_bad,
        words=words,
        measure="reports",
        value=float(level.reports),
        usual=level.expected,
        samples=level.reports,
        source="reports",
    )
