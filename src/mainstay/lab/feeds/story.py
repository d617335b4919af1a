"""What a fake status page tells: components, incidents and their updates, in the shapes of real pages."""

import html
from datetime import UTC, datetime
from threading import Lock
from typing import Final

import msgspec

IMPACTS: Final = ("none", "minor", "major", "critical")


class StoryUpdate(msgspec.Struct):
    """One update. `touched` are components and the states that it sets."""

    id: str
    status: str
    body: str
    at: float
    touched: dict[str, str]


class StoryIncident(msgspec.Struct):
    """One incident, its updates from the oldest to the newest."""

    id: str
    name: str
    impact: str
    started_at: float
    updates: list[StoryUpdate] = []

    @property
    def status(self) -> str:
        """As its last update says."""
        return self.updates[-1].status if self.updates else "investigating"


class Story:
    """The page. May be told and read from any thread. As on real pages, a component is as whoever wrote last said."""

    def __init__(self, name: str, components: tuple[str, ...]) -> None:
        self.name = name
        self._components = dict.fromkeys(components, "operational")
        self._incidents: dict[str, StoryIncident] = {}
        self._lock = Lock()
        self.version = 0
        """Grows with each change."""

    def show(self, component: str, status: str) -> None:
        """Publish a component's state without an incident."""
        with self._lock:
            self._components[component] = status
            self.version += 1

    def update(  # noqa: PLR0913 - these are the fields of an update
        self,
        incident: str,
        status: str,
        body: str,
        at: float,
        touched: dict[str, str] | None = None,
        *,
        name: str = "",
        impact: str = "minor",
    ) -> None:
        """Add an update, and open the incident with the first one."""
        with self._lock:
            found = self._incidents.get(incident)
            if found is None:
                found = self._incidents[incident] = StoryIncident(incident, name or incident, impact, at)
            found.updates.append(StoryUpdate(f"{incident}-{len(found.updates) + 1}", status, body, at, touched or {}))
            self._components.update(touched or {})
            self.version += 1

    def change(self, incident: str, number: int, body: str, touched: dict[str, str]) -> None:
        """Say something else in an update (the first is 1) than was said then."""
        with self._lock:
            update = self._incidents[incident].updates[number - 1]
            update.body, update.touched = body, touched
            self.version += 1

    def retract(self, incident: str) -> None:
        """Remove an incident as if it had never been there."""
        with self._lock:
            del self._incidents[incident]
            self.version += 1

    def summary(self) -> bytes:
        """Statuspage's `summary.json`: open incidents only."""
        with self._lock:
            living = [one for one in self._incidents.values() if one.status != "resolved"]
            worst = max((IMPACTS.index(one.impact) for one in living), default=0)
            return _json(
                {
                    "page": {"id": "lab", "name": self.name, "url": "http://localhost", "time_zone": "Etc/UTC"},
                    "components": [
                        {"id": f"c{number}", "name": name, "status": status, "group": False}
                        for number, (name, status) in enumerate(self._components.items())
                    ],
                    "incidents": [_incident(one) for one in living],
                    "scheduled_maintenances": [],
                    "status": {"indicator": IMPACTS[worst], "description": ""},
                }
            )

    def incidents(self) -> bytes:
        """Statuspage's `incidents.json`: the newest ones, resolved or not."""
        with self._lock:
            newest = list(self._incidents.values())[::-1][:50]
            return _json({"page": {"id": "lab", "name": self.name}, "incidents": [_incident(one) for one in newest]})

    def atom(self) -> bytes:
        """Statuspage's `history.atom`."""
        with self._lock:
            entries = "".join(_entry(one) for one in list(self._incidents.values())[::-1])
        head = f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>{self.name}</title>'
        return f"{head}{entries}</feed>".encode()


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)


def _incident(one: StoryIncident) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "status": one.status,
        "impact": one.impact,
        "created_at": _iso(one.started_at),
        "started_at": _iso(one.started_at),
        # Real pages touch this months later.
        "updated_at": "2038-01-01T00:00:00.000Z",
        "shortlink": f"https://stspg.io/{one.id}",
        "incident_updates": [_update(one, update) for update in one.updates[::-1]],
    }


def _update(incident: StoryIncident, one: StoryUpdate) -> dict[str, object]:
    touched = [{"code": name, "name": name, "new_status": status} for name, status in one.touched.items()]
    return {
        "id": one.id,
        "incident_id": incident.id,
        "status": one.status,
        "body": one.body,
        "display_at": _iso(one.at),
        "created_at": _iso(one.at),
        "updated_at": "2038-01-01T00:00:00.000Z",
        "affected_components": touched or None,
    }


def _entry(one: StoryIncident) -> str:
    lines = "".join(
        f"<p><small>{_iso(update.at)}</small><br /><strong>{update.status.title()}</strong> - {update.body}</p>"
        for update in one.updates[::-1]
    )
    last = one.updates[-1].at if one.updates else one.started_at
    link = f'<link rel="alternate" href="https://stspg.io/{one.id}"/>'
    dates = f"<published>{_iso(one.started_at)}</published><updated>{_iso(last)}</updated>"
    body = f'<content type="html">{html.escape(lines)}</content>'
    return f"<entry><id>tag:lab,{one.id}</id>{dates}{link}<title>{html.escape(one.name)}</title>{body}</entry>"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
