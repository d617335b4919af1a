"""Numbers of a report in words."""

from typing import Final

from mainstay.ops.incidents.words import instant

_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400
_SMALL_PERCENT: Final = 0.1
_NANODOLLARS: Final = 1_000_000_000


def length(seconds: float) -> str:
    """A length of time: `42 s`, `12 min`, `3 h 58 min`, `2 d 4 h`."""
    whole = round(abs(seconds))
    if whole < 2 * _MINUTE:
        return f"{whole} s"
    minutes = round(whole / _MINUTE)
    if minutes < _MINUTE:
        return f"{minutes} min"
    hours, rest = divmod(minutes, _MINUTE)
    if whole < 2 * _DAY:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(round(whole / _HOUR), _DAY // _HOUR)
    return f"{days} d {hours} h" if hours else f"{days} d"


def dollars(nanodollars: float) -> str:
    """An amount of money: two digits, small ones with more."""
    amount = nanodollars / _NANODOLLARS
    digits = 2 if abs(amount) >= 1 or amount == 0 else 4
    return f"${amount:,.{digits}f}" if amount >= 0 else f"-${-amount:,.{digits}f}"


def share(part: float, whole: float) -> str:
    """A share in percent; `none` of nothing."""
    if whole <= 0:
        return "none"
    percent = 100 * part / whole
    # Near the ends one digit would say none or all.
    is_near_end = 0 < min(percent, 100 - percent) < _SMALL_PERCENT
    return f"{percent:.3f} %" if is_near_end else f"{percent:.1f} %"


def counted(number: int, one: str, more: str = "") -> str:
    """A number and what it counts."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {more or f'{one}s'}"


def moment(at: float | None) -> str:
    """An instant; `not known` for none."""
    return "not known" if at is None else instant(at)
