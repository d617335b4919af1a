"""The history of incidents as RSS 2.0 and Atom (RFC 4287): one entry for each incident, with all its updates."""

from datetime import UTC, datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from mainstay.ops.drawing.markup import escape
from mainstay.ops.status.names import TEXT_CHARACTERS_MAX
from mainstay.ops.status.statuspage import incident_url, iso
from mainstay.ops.status.view import IncidentView, StatusView

ENTRIES_MAX: Final = 50
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def syndication(view: StatusView) -> dict[str, bytes]:
    """Both feeds, by their path."""
    return {"history.rss": rss(view).encode(), "history.atom": atom(view).encode()}


def entry_id(incident: IncidentView) -> str:
    """An id that no other incident has, here or elsewhere, and that stays the same for ever."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'incident {incident.id} {incident.created_at!r}')}"


def rss(view: StatusView) -> str:
    """The feed as RSS."""
    entries = "".join(_item(view, incident) for incident in view.incidents[:ENTRIES_MAX])
    # An absolute address must stand here; where the page has none, this is a name that leads nowhere.
    link = escape(view.url or "urn:mainstay:status")
    own = _self_link(view, "history.rss", "application/rss+xml", "atom:link")
    return (
        f'{_HEAD}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>{_title(view)}</title><link>{link}</link><description>{_title(view)}: incidents</description>{own}"
        f"<pubDate>{rfc_date(view.changed_at)}</pubDate>{entries}</channel></rss>\n"
    )


def atom(view: StatusView) -> str:
    """The feed as Atom."""
    entries = "".join(_entry(view, incident) for incident in view.incidents[:ENTRIES_MAX])
    feed_id = f"urn:uuid:{uuid5(NAMESPACE_URL, f'page {view.url or view.name}')}"
    page = f'<link rel="alternate" type="text/html" href="{escape(view.url)}"/>' if view.url else ""
    own = _self_link(view, "history.atom", "application/atom+xml", "link")
    return (
        f'{_HEAD}<feed xmlns="http://www.w3.org/2005/Atom"><id>{feed_id}</id><title>{_title(view)}</title>'
        f"<updated>{iso(view.changed_at)}</updated><author><name>{escape(view.name)}</name></author>{page}{own}"
        f"{entries}</feed>\n"
    )


def rfc_date(at: float) -> str:
    """Seconds since 1970 as RSS writes instants (RFC 822, with years of four digits)."""
    instant = datetime.fromisoformat(iso(at)).astimezone(UTC)
    day, month = _DAYS[instant.weekday()], _MONTHS[instant.month - 1]
    return f"{day}, {instant.day:02} {month} {instant.year:04} {instant:%H:%M:%S} +0000"


def _title(view: StatusView) -> str:
    return escape(f"{view.name} - incident history")


def _self_link(view: StatusView, path: str, media: str, name: str) -> str:
    if not view.url:
        return ""
    return f'<{name} rel="self" type="{media}" href="{escape(view.url.rstrip("/"))}/{path}"/>'


def _item(view: StatusView, incident: IncidentView) -> str:
    link = f"<link>{escape(incident_url(view, incident))}</link>" if view.url else ""
    return (
        f"<item><title>{escape(incident.title)}</title><description>{escape(_html(incident), _HTML_MAX)}</description>"
        f'<pubDate>{rfc_date(incident.updated_at)}</pubDate>{link}<guid isPermaLink="false">{entry_id(incident)}</guid>'
        "</item>"
    )


def _entry(view: StatusView, incident: IncidentView) -> str:
    link = ""
    if view.url:
        link = f'<link rel="alternate" type="text/html" href="{escape(incident_url(view, incident))}"/>'
    return (
        f"<entry><id>{entry_id(incident)}</id><title>{escape(incident.title)}</title>{link}"
        f"<published>{iso(incident.created_at)}</published><updated>{iso(incident.updated_at)}</updated>"
        f'<content type="html">{escape(_html(incident), _HTML_MAX)}</content></entry>'
    )


_HTML_UPDATES_MAX: Final = 50
_HTML_MAX: Final = _HTML_UPDATES_MAX * (TEXT_CHARACTERS_MAX * 6 + 200)


def _html(incident: IncidentView) -> str:
    """All updates as HTML, the newest first."""
    return "".join(
        f"<p><small>{escape(iso(update.at))}</small><br><strong>{update.status.value.capitalize()}</strong> - "
        f"{escape(update.text, TEXT_CHARACTERS_MAX)}</p>"
        for update in incident.updates[:_HTML_UPDATES_MAX]
    )
