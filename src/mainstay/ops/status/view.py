"""The status page as a value: only what strangers may know. Whatever is published is made of this alone."""

import msgspec

from mainstay.model.incident import ComponentStatus, Impact, IncidentStatus


class DayView(msgspec.Struct, frozen=True):
    """One UTC day of a component. `status` is the worst of the day; `None`: nothing is known of it."""

    start: int
    status: ComponentStatus | None
    down_seconds: float = 0.0


class ComponentView(msgspec.Struct, frozen=True):
    """A component as the page shows it. `name` is for people, `id` stays the same for ever."""

    id: str
    name: str
    status: ComponentStatus
    since: float
    """Since when its status is so; 0 where it never was otherwise, as far as is known."""
    description: str
    days: tuple[DayView, ...]
    uptime_percent: float | None
    """`None`: there are no data."""
    days_known: int
    first_day: int


class SaidView(msgspec.Struct, frozen=True):
    """What a provider's own page says, beside what we see. `agreement` is a sentence on how the two compare."""

    status: ComponentStatus | None
    text: str
    url: str
    said_at: float | None
    read_at: float | None
    agreement: str


class ProviderView(msgspec.Struct, frozen=True):
    """A provider: as our own requests find it, and as it describes itself (`None`: its page is not read)."""

    seen: ComponentView
    said: SaidView | None


class ChangeView(msgspec.Struct, frozen=True):
    """A component became better or worse."""

    id: str
    name: str
    old_status: ComponentStatus
    new_status: ComponentStatus


class UpdateView(msgspec.Struct, frozen=True):
    """A public update."""

    id: str
    at: float
    status: IncidentStatus
    text: str
    changes: tuple[ChangeView, ...] = ()


class AffectedView(msgspec.Struct, frozen=True):
    """A component of an incident, and how it is by this incident alone."""

    id: str
    name: str
    status: ComponentStatus


class IncidentView(msgspec.Struct, frozen=True):
    """An incident as strangers see it; its newest update first."""

    id: str
    title: str
    status: IncidentStatus
    impact: Impact
    started_at: float
    created_at: float
    updated_at: float
    updates: tuple[UpdateView, ...]
    affected: tuple[AffectedView, ...]
    monitoring_at: float | None = None
    resolved_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether work on it goes on."""
        return self.status != IncidentStatus.RESOLVED


class PastDay(msgspec.Struct, frozen=True):
    """A UTC day and the incidents that began on it."""

    start: int
    incidents: tuple[IncidentView, ...]


class StatusView(msgspec.Struct, frozen=True):
    """The whole page. `generated_at` is when it was made, `changed_at` when anything on it last changed."""

    name: str
    url: str
    support: str
    generated_at: float
    changed_at: float
    indicator: Impact
    headline: str
    components: tuple[ComponentView, ...]
    providers: tuple[ProviderView, ...]
    incidents: tuple[IncidentView, ...]
    """All that are shown, the newest first."""
    past_days: tuple[PastDay, ...]
    definition: str
    """How uptime is counted."""

    @property
    def open_incidents(self) -> tuple[IncidentView, ...]:
        """Those that are not resolved."""
        return tuple(incident for incident in self.incidents if incident.is_open)
