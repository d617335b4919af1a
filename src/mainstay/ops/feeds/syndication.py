"""RSS 2.0 and Atom: a list of items, of which only words say how things stand.

Each item is taken for an incident. Pages of Statuspage, Instatus and others write one item for an incident and change
it; AWS and Azure write one for each word they say.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Final
from xml.etree.ElementTree import Element

import msgspec
from defusedxml.ElementTree import iterparse

from mainstay.model.incident import Impact, IncidentStatus
from mainstay.ops.feeds.page import INCIDENTS_MAX, NAME_CHARACTERS_MAX, FeedKind, Page, PageIncident, PageUpdate
from mainstay.ops.feeds.text import first_instant, plain, safe_url

ELEMENTS_MAX: Final = 50_000
UNSTATED_OPEN_SECONDS: Final = 21_600.0
"""An item that does not say how things stand is taken to be open for so long."""

_STATUS: Final = re.compile(
    r"\b(resolved|completed|operating normally|postmortem|recovered|monitoring|identified|investigating|update)\b",
    re.IGNORECASE,
)
_OVER: Final = frozenset({"resolved", "completed", "operating normally", "postmortem", "recovered"})
_MAINTENANCE: Final = re.compile(r"\b(scheduled|maintenance)\b", re.IGNORECASE)
_BAD: Final = (
    (re.compile(r"\b(major outage|full outage|service outage|unavailable)\b", re.IGNORECASE), Impact.CRITICAL),
    (re.compile(r"\b(outage|disruption|down)\b", re.IGNORECASE), Impact.MAJOR),
)


class TooManyElementsError(ValueError):
    """The document has more elements than any honest feed."""


class _Item(msgspec.Struct):
    """The fields of an item, by their local names."""

    fields: dict[str, str]
    link: str


def read_syndication(body: bytes, wall: float) -> Page:
    """The page. Raises `ValueError` (and its kin: what is no XML, holds a document type, or is too large), or
    `SyntaxError`."""
    kind, name, items = FeedKind.RSS, "", []
    for tag, value in _items(body):
        if isinstance(value, _Item):
            items.append(value)
        elif tag == "root":
            kind = FeedKind.ATOM if value == "feed" else FeedKind.RSS
        else:
            name = name or value
        if len(items) >= INCIDENTS_MAX:
            break
    incidents = {one.id: one for one in (_incident(item, wall) for item in reversed(items)) if one is not None}
    return Page(kind, plain(name, NAME_CHARACTERS_MAX), (), tuple(incidents.values()))


def _items(body: bytes) -> Iterator[tuple[str, "_Item | str"]]:
    """The root's name, the feed's title, and items."""
    depth = count = inside = 0
    element: Element
    for event, element in iterparse(BytesIO(body), events=("start", "end"), forbid_dtd=True):
        tag = _local(element)
        if event == "start":
            count += 1
            depth += 1
            if count > ELEMENTS_MAX:
                raise TooManyElementsError(f"more than {ELEMENTS_MAX} elements")
            if depth == 1:
                if tag not in {"rss", "feed", "RDF"}:
                    raise ValueError("neither RSS nor Atom")
                yield "root", tag
            inside += tag in {"item", "entry"}
            continue
        depth -= 1
        if tag in {"item", "entry"}:
            inside -= 1
            yield tag, _item(element)
            element.clear()
        elif not inside:
            if tag == "title":
                yield tag, element.text or ""
            element.clear()


def _item(element: Element) -> _Item:
    fields: dict[str, str] = {}
    link = ""
    for child in element:
        tag = _local(child)
        fields.setdefault(tag, child.text or "")
        if tag == "link":
            link = link or child.get("href", "") or (child.text or "")
    return _Item(fields, link)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _incident(item: _Item, wall: float) -> PageIncident | None:
    fields = item.fields
    title = plain(fields.get("title"), NAME_CHARACTERS_MAX)
    text = plain(fields.get("description") or fields.get("content") or fields.get("summary"))
    if not title or _MAINTENANCE.search(title):
        return None
    began = first_instant(fields.get("published"), fields.get("pubDate"), fields.get("updated"), fields.get("date"))
    last = first_instant(fields.get("updated"), fields.get("pubDate"), fields.get("published"), fields.get("date"))
    status = _status(title, text, 0.0 if last is None else wall - last)
    id_ = plain(fields.get("guid") or fields.get("id") or item.link, NAME_CHARACTERS_MAX) or title
    update = PageUpdate(f"{last or 0:.0f}-{status.value}", last, status, text)
    return PageIncident(id_, title, status, _impact(f"{title} {text}"), began, (update,), (), safe_url(item.link))


def _status(title: str, text: str, age_seconds: float) -> IncidentStatus:
    """The first word about it in the title, else in the text: what was said last stands first."""
    found = _STATUS.search(title) or _STATUS.search(text)
    word = found[1].lower() if found else ""
    if word in _OVER:
        return IncidentStatus.RESOLVED
    if word in {"monitoring", "identified"}:
        return IncidentStatus(word)
    if not word and age_seconds > UNSTATED_OPEN_SECONDS:
        return IncidentStatus.RESOLVED
    return IncidentStatus.INVESTIGATING


def _impact(words: str) -> Impact:
    return next((impact for pattern, impact in _BAD if pattern.search(words)), Impact.MINOR)
