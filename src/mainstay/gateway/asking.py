"""What a caller says in headers of ours: workload, deadline, idempotency key, credential. Nonsense is a fault with
advice."""

import math
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from mainstay.engine.caching.answer import HEADER, WISHES
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers

DEADLINE_SECONDS_MAX = 86_400.0
NAMES_SHOWN_MAX = 20
IDEMPOTENCY_KEYS = frozenset({"x-mainstay-idempotency-key", "idempotency-key"})
IDEMPOTENCY_KEY_CHARACTERS_MAX = 255
CALLERS_REMEMBERED = 256
"""A caller sends the same fields again and again; they are read once for so many callers."""


class Asking(msgspec.Struct, frozen=True):
    """The headers of ours that this request carried."""

    workload: str = "default"
    deadline_seconds: float | None = None
    idempotency_key: str = ""
    """Empty where there is none."""
    cache: str = ""
    """What is wished of the cache; empty for nothing."""


PLAIN = Asking()


def read_asking(headers: Headers, workloads: Mapping[str, object]) -> Asking | Fault:
    """Read them; a fault has blame=caller."""
    asking = _read(headers)
    if isinstance(asking, Asking) and asking.workload not in workloads:
        known = ", ".join(sorted(workloads)[:NAMES_SHOWN_MAX])
        return refused(400, "unknown_workload", f"x-mainstay-workload must be one of: {known}")
    return asking


@lru_cache(maxsize=CALLERS_REMEMBERED)
def _read(headers: Headers) -> Asking | Fault:
    asking, wish = _read_all_but_wish(headers), _wish(headers)
    if wish is None:
        return refused(400, "invalid_cache_wish", f"{HEADER} must be one of: {', '.join(WISHES)}")
    return asking if isinstance(asking, Fault) or not wish else msgspec.structs.replace(asking, cache=wish)


def _read_all_but_wish(headers: Headers) -> Asking | Fault:
    workload, deadline, repeating = "default", None, ""
    key, bearer = "", ""
    for name, value in headers:
        if name == "x-mainstay-workload":
            workload = value.strip()
        elif name == "x-mainstay-deadline-seconds":
            deadline = _seconds(value)
            if deadline is None:
                return refused(
                    400,
                    "invalid_deadline",
                    f"x-mainstay-deadline-seconds must be a number above 0 and at most {DEADLINE_SECONDS_MAX:g}",
                )
        elif name in IDEMPOTENCY_KEYS:
            fault = _objection_to_key(value, repeating)
            if fault is not None:
                return fault
            repeating = value
        elif name == "x-api-key":
            key = value.strip()
        elif name == "authorization":
            bearer = value.partition(" ")[2].strip()
    if key and bearer and key != bearer:
        return refused(
            401, "conflicting_credentials", "x-api-key and authorization name different credentials: send one of them"
        )
    is_plain = workload == "default" and not deadline and not repeating
    return PLAIN if is_plain else Asking(workload, deadline, repeating)


def _wish(headers: Headers) -> str | None:
    """What is wished of the cache, empty for nothing; `None` where that is no wish we know."""
    wishes = {value.strip().lower() for name, value in headers if name == HEADER}
    wish = wishes.pop() if wishes else ""
    return None if wishes or wish not in {"", *WISHES} else wish


def refused(status: int, code: str, message: str) -> Fault:
    """A request that we refuse, with the caller to blame."""
    return Fault(FaultKind.REFUSED, message, status=status, code=code)


def _objection_to_key(key: str, other: str) -> Fault | None:
    """Why this is no idempotency key. `other` is one that was named before, if there is one."""
    is_visible = all("!" <= one <= "~" for one in key)
    if not is_visible or not 0 < len(key) <= IDEMPOTENCY_KEY_CHARACTERS_MAX:
        message = f"an idempotency key has 1 to {IDEMPOTENCY_KEY_CHARACTERS_MAX} visible ASCII characters"
        return refused(400, "invalid_idempotency_key", message)
    if other not in {"", key}:
        message = "x-mainstay-idempotency-key and idempotency-key differ: send one of them"
        return refused(400, "invalid_idempotency_key", message)
    return None


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and 0 < seconds <= DEADLINE_SECONDS_MAX else None
