"""What a provider says of itself, beside what we see of it."""

from typing import Final
from urllib.parse import urlsplit

from mainstay.model.incident import ComponentStatus
from mainstay.ops.status.names import NAME_CHARACTERS_MAX, safe_url, shown
from mainstay.ops.status.sources import Said
from mainstay.ops.status.view import SaidView

OLD_SECONDS: Final = 900.0
"""What was read longer ago is not taken for what the page says now."""
_LAG_SECONDS_MIN: Final = 60.0


def said_view(said: Said, seen: ComponentStatus, now: float) -> SaidView:
    """What a provider's page says, and how that compares with what we see."""
    return SaidView(
        status=said.status,
        text=shown(said.text, NAME_CHARACTERS_MAX).replace("\n", " "),
        url=_page_url(said.url),
        said_at=said.said_at,
        read_at=said.read_at,
        agreement=f"{_agreement(said, seen, now)}{_habit(said)}",
    )


def _page_url(feed_url: str) -> str:
    """Where people read what programs read at this address."""
    url = safe_url(feed_url)
    parts = urlsplit(url)
    is_for_programs = parts.path.endswith((".json", ".rss", ".atom", ".xml"))
    return f"{parts.scheme}://{parts.netloc}/" if is_for_programs else url


def _agreement(said: Said, seen: ComponentStatus, now: float) -> str:
    if said.read_at is None:
        return "We could not read its status page yet."
    if now - said.read_at > OLD_SECONDS:
        return "Its status page cannot be read now; this is what it said last."
    if said.status is None:
        return "Its status page does not say how it is."
    is_well, says_well = seen == ComponentStatus.OPERATIONAL, said.status == ComponentStatus.OPERATIONAL
    if is_well and says_well:
        return "It says so too."
    if is_well:
        return "It tells of trouble that our own requests do not meet."
    return "It does not tell of trouble, our own requests do." if says_well else "It tells of trouble too."


def _habit(said: Said) -> str:
    if said.lag_seconds is None or abs(said.lag_seconds) < _LAG_SECONDS_MIN:
        return ""
    minutes = round(abs(said.lag_seconds) / 60)
    return f" It usually does {minutes} min {'after' if said.lag_seconds > 0 else 'before'} our own requests show it."
