"""What a status page is made of, before anything is left out for the public."""

import msgspec

from mainstay.model.incident import ComponentStatus
from mainstay.model.settings import StatusPageSettings
from mainstay.ops.detection.values import Standing
from mainstay.ops.incidents.state import IncidentState


class Said(msgspec.Struct, frozen=True):
    """What a provider's own page says of it. `read_at` is when we last read it, `None` if we never could."""

    upstream: str
    status: ComponentStatus | None
    """The worst that it says of what concerns us; `None` where that is not to be made out."""
    text: str = ""
    """Title of the provider's newest open incident."""
    url: str = ""
    said_at: float | None = None
    read_at: float | None = None
    lag_seconds: float | None = None
    """By how much it usually comes after our own evidence; below 0, before it."""


class TrafficDay(msgspec.Struct, frozen=True):
    """One UTC day of a component's traffic. `asked` are requests that count, `failed` those of them that failed."""

    start: int
    asked: int = 0
    failed: int = 0
    lost_seconds: float = 0.0
    """Time, weighed by the share of requests that failed in it."""
    seen_seconds: float = 0.0
    """Length of all spans with enough traffic to judge by."""
    worst: ComponentStatus = ComponentStatus.OPERATIONAL


class StatusSources(msgspec.Struct, frozen=True):
    """Everything that a page shows is a reading of this. `at` is now. `traffic` is by names of components, each with
    its days in order."""

    at: float
    settings: StatusPageSettings
    models: tuple[str, ...]
    """Logical models, in the order of the configuration."""
    upstreams: tuple[str, ...]
    traffic: dict[str, tuple[TrafficDay, ...]] = {}
    standings: tuple[Standing, ...] = ()
    incidents: tuple[IncidentState, ...] = ()
    said: tuple[Said, ...] = ()
