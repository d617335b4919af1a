"""Rate headers as Anthropic sends them, from a station's own account of its rate."""

from datetime import UTC, datetime

from mainstay.lab.virtual.station import Station
from mainstay.lab.virtual.timeline import WALL_START
from mainstay.model.http import Headers


def told_headers(station: Station, now: float) -> Headers:
    """What is left of its requests per minute; nothing where it has no rate."""
    limit = station.strength.requests_per_minute
    if limit is None:
        return ()
    reset = datetime.fromtimestamp(WALL_START + now + station.full_again_seconds, UTC)
    return (
        ("anthropic-ratelimit-requests-limit", str(limit)),
        ("anthropic-ratelimit-requests-remaining", str(station.remaining)),
        ("anthropic-ratelimit-requests-reset", reset.strftime("%Y-%m-%dT%H:%M:%SZ")),
    )
