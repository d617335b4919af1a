"""What is said to those who are turned away, and when they may come again."""

from mainstay.model.dice import Dice
from mainstay.model.fault import Fault, FaultKind

RETRY_SECONDS_MIN = 1.0
RETRY_SECONDS_MAX = 60.0
"""Clients take longer waits for a refusal for good."""
JITTER_SHARE = 0.5
"""A wait is lengthened by up to this share: those turned away together do not come back together."""
UNKNOWN_SECONDS = 30.0
"""What is said while nothing is handed out from which a wait could be told."""

QUEUE_FULL = "queue_full"
QUEUE_TIMEOUT = "queue_timeout"
SHED = "shed"


def retry_seconds(estimate: float, dice: Dice) -> float:
    """An honest wait as it is told: within bounds, and not the same for everybody."""
    bounded = min(max(estimate, RETRY_SECONDS_MIN), RETRY_SECONDS_MAX / (1.0 + JITTER_SHARE))
    return bounded * (1.0 + JITTER_SHARE * dice())


def queue_full(priority: str, waiting: int, wait_seconds: float) -> Fault:
    """There is no place to wait, or it was needed for more urgent work."""
    message = (
        f"everybody who may serve this is busy, and there is no place left to wait for {priority} requests "
        f"({waiting} wait already)"
    )
    return Fault(FaultKind.SHED, message, code=QUEUE_FULL, wait_seconds=wait_seconds)


def queue_timeout(waited_seconds: float, wait_seconds: float) -> Fault:
    """It has waited as long as its workload or its deadline allows."""
    message = f"everybody who may serve this was busy for all of the {waited_seconds:.1f} s that this request may wait"
    return Fault(FaultKind.SHED, message, code=QUEUE_TIMEOUT, wait_seconds=wait_seconds)


def shed(priority: str, wait_seconds: float) -> Fault:
    """Pressure turns its sessions away before they are begun."""
    message = f"more is asked for than can be served now, and {priority} requests like this one make way for others"
    return Fault(FaultKind.SHED, message, code=SHED, wait_seconds=wait_seconds)
