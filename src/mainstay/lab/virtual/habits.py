"""Habits: when an SDK asks again. As the official ones of Anthropic and OpenAI do by default."""

from http import HTTPStatus
from typing import Final

import msgspec

from mainstay.model.dice import Dice
from mainstay.model.http import Headers

_ASKED_AGAIN: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})
_SERVER_ERROR: Final = 500


class Habits(msgspec.Struct, frozen=True):
    """Of one kind of client. A Retry-After above `honoured_seconds_max` is not waited for: it counts as if it were
    absent."""

    retries: int = 2
    backoff_seconds: float = 0.5
    backoff_seconds_max: float = 8.0
    jitter_share: float = 0.25
    honoured_seconds_max: float = 60.0
    obeys: bool = True
    """Whether `x-should-retry: false` keeps it from asking again."""


SDK: Final = Habits()
PATIENT_ONCE: Final = Habits(retries=0)
"""Never asks again."""
STUBBORN: Final = Habits(retries=60, obeys=False)
"""Asks again until it is answered, whatever it is told: an agent's own loop around an SDK."""


def asks_again_in(habits: Habits, status: int, headers: Headers, tries: int, dice: Dice) -> float | None:
    """Seconds until the next try after `tries` tries, the last of which was answered so; `None`: it gives up."""
    if tries > habits.retries:
        return None
    fields = dict(headers)
    told = fields.get("x-should-retry") if habits.obeys else "true"
    if told == "false" or (told != "true" and status not in _ASKED_AGAIN and status < _SERVER_ERROR):
        return None
    wait = _retry_after(fields)
    if wait is not None and 0 < wait <= habits.honoured_seconds_max:
        return wait
    seconds = min(habits.backoff_seconds * 2.0 ** (tries - 1), habits.backoff_seconds_max)
    return seconds * (1.0 - habits.jitter_share * dice())


def _retry_after(fields: dict[str, str]) -> float | None:
    try:
        if "retry-after-ms" in fields:
            return float(fields["retry-after-ms"]) / 1000
        return float(fields["retry-after"])
    except (KeyError, ValueError):
        return None
