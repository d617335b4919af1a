"""Minutes, days and months of UTC, numbered from seconds since 1970: the windows in which things are counted."""

from enum import Enum
from functools import lru_cache
from typing import Final

SECONDS_PER_MINUTE: Final = 60
SECONDS_PER_DAY: Final = 86_400
MONTHS_PER_YEAR: Final = 12

_DAYS_PER_ERA: Final = 146_097
"""400 years; after them the calendar repeats."""
_DAYS_TO_1970: Final = 719_468
"""From March 1 of the year 0."""
_NUMBER_MAX: Final = 10**9
_NAME_CHARACTERS_MAX: Final = 12


class Span(Enum):
    """How long a window is. The value begins its name."""

    MINUTE = "m"
    DAY = "d"
    MONTH = "M"


MINUTE: Final = Span.MINUTE
"""A name of its own, because looking it up in the enumeration costs ten times as much."""


def number_at(span: Span, wall: float) -> int:
    """Which window holds this instant. Minutes and days are counted from 1970, months from the year 0."""
    if span is MINUTE:
        return int(wall // SECONDS_PER_MINUTE)
    day = int(wall // SECONDS_PER_DAY)
    if span is Span.DAY:
        return day
    return _month_of(day)


def start_of(span: Span, number: int) -> int:
    """When a window begins, in seconds since 1970. It ends when the next one begins."""
    if span is MINUTE:
        return number * SECONDS_PER_MINUTE
    day = number if span is Span.DAY else _day(number // MONTHS_PER_YEAR, number % MONTHS_PER_YEAR + 1)
    return day * SECONDS_PER_DAY


@lru_cache(maxsize=64)
def name_of(span: Span, number: int) -> str:
    """The name of a window, as in `model.news`: `m29345678`, `d20644`, `M2026-11`."""
    if span is Span.MONTH:
        return f"M{number // MONTHS_PER_YEAR:04}-{number % MONTHS_PER_YEAR + 1:02}"
    return f"{span.value}{number}"


def window_named(name: str) -> tuple[Span, int] | None:
    """The window of this name; `None` for what is no such name."""
    letter, rest = name[:1], name[1:]
    if len(name) > _NAME_CHARACTERS_MAX or not name.isascii():
        return None
    if letter == Span.MONTH.value:
        year, dash, month = rest.partition("-")
        if not (dash and year.isdigit() and month.isdigit() and 1 <= int(month) <= MONTHS_PER_YEAR):
            return None
        number = int(year) * MONTHS_PER_YEAR + int(month) - 1
        return (Span.MONTH, number) if name_of(Span.MONTH, number) == name else None
    if letter not in {Span.MINUTE.value, Span.DAY.value} or not rest.isdigit() or int(rest) > _NUMBER_MAX:
        return None
    return Span(letter), int(rest)


def day_text(wall: float) -> str:
    """The date of an instant, as people write it: `2026-11-03`."""
    year, month, day = _date(int(wall // SECONDS_PER_DAY))
    return f"{year:04}-{month:02}-{day:02}"


@lru_cache(maxsize=64)
def _month_of(day: int) -> int:
    year, month, _ = _date(day)
    return year * MONTHS_PER_YEAR + month - 1


def _date(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a day counted from 1970-01-01. The year is taken to begin in March, so that
    its leap day is its last and months have a regular length (153 days in five of them)."""
    era, of_era = divmod(day + _DAYS_TO_1970, _DAYS_PER_ERA)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    from_march = (5 * of_year + 2) // 153
    day_of_month = of_year - (153 * from_march + 2) // 5 + 1
    month = from_march + 3 if from_march < 10 else from_march - 9  # noqa: PLR2004 - January and February come last
    return year_of_era + era * 400 + (month <= 2), month, day_of_month  # noqa: PLR2004 - as above


def _day(year: int, month: int) -> int:
    """The first day of a month, counted from 1970-01-01."""
    year -= month <= 2  # noqa: PLR2004 - January and February come last
    era, year_of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5
    of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + of_year
    return era * _DAYS_PER_ERA + of_era - _DAYS_TO_1970
