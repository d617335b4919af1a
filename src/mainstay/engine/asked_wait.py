"""What a provider asks us to wait, where it cannot be taken at its word: a record tells it."""

from typing import Final

from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.policy import WAIT_SECONDS_MAX
from mainstay.model.fault import Fault
from mainstay.model.http import Headers

NAMES: Final = frozenset({"retry-after", "retry-after-ms"})
WHAT: Final = "wait"
TOO_LONG: Final = CapacityChange(
    WHAT,
    f"{WAIT_SECONDS_MAX:g}",
    f"the provider asks for {WAIT_SECONDS_MAX:g} seconds of rest or more: it is asked again after {WAIT_SECONDS_MAX:g}",
)
UNREADABLE: Final = CapacityChange(WHAT, "", "the provider's retry-after is neither a number of seconds nor a date")


def doubt_of(fault: Fault, headers: Headers) -> CapacityChange | None:
    """What to record of a response with this fault and these headers; `None` where nothing is wrong. An instant that
    has passed means "now", as clocks differ."""
    asked = fault.wait_seconds
    if asked is not None:
        return TOO_LONG if asked >= WAIT_SECONDS_MAX else None
    return UNREADABLE if any(name in NAMES for name, _ in headers) else None
