"""How long, as a person writes it: `90s`, `30m`, `2h`, `7d`, or a number of seconds."""

import re
from typing import Final

_SECONDS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_FORM: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([smhd]?)")


def seconds_of(text: str) -> float | None:
    """In seconds; `None` for what is no such time."""
    found = _FORM.fullmatch(text.strip().lower())
    return None if found is None else float(found[1]) * _SECONDS[found[2]]


def duration(seconds: float) -> str:
    """Seconds as a person says them, in the largest unit that leaves at least one: `3 h`, `12 min`."""
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{max(0.0, seconds):.3g} s"
