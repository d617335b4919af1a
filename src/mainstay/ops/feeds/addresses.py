"""Where a status page can be read by programs, from the address that an operator wrote down."""

import re
from typing import Final

from mainstay.ops.feeds.page import FeedKind

ROOTS: Final = (
    "/api/v2/summary.json",
    "/index.json",
    "/summary.json",
    "/history.atom",
    "/history.rss",
    "/incidents.json",
)
"""What is tried below the address of a site, in this order."""

_IS_FILE: Final = re.compile(r"(\.(json|xml|rss|atom|rdf)|/(rss|atom|feed))/?$", re.IGNORECASE)
_STATUSPAGE: Final = re.compile(r"/api/v2/[a-z-]+\.json$")


def addresses(url: str) -> tuple[str, ...]:
    """What to ask, in order, until one of them is a status page."""
    return (url,) if _IS_FILE.search(url) else tuple(f"{url.rstrip('/')}{path}" for path in ROOTS)


def companion(url: str, kind: FeedKind) -> str | None:
    """A second answer of the same page that completes the one at `url`; `None` where there is none.

    Statuspage's summary tells open incidents only, so how one ended stands elsewhere; Instatus tells components apart
    from incidents.
    """
    if kind is FeedKind.STATUSPAGE and url.endswith("/summary.json"):
        return f"{url.removesuffix('/summary.json')}/incidents.json"
    if kind is FeedKind.STATUSPAGE and url.endswith("/incidents.json") and _STATUSPAGE.search(url):
        return f"{url.removesuffix('/incidents.json')}/components.json"
    if kind is FeedKind.INSTATUS and url.endswith("/summary.json"):
        return f"{url.removesuffix('/summary.json')}/v2/components.json"
    return None
