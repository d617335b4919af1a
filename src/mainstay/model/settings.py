"""Settings of operations: how readily trouble is seen, told and followed up. Made from the configuration."""

import msgspec


class ProbeSettings(msgspec.Struct, frozen=True):
    """Bounds of requests that we make to see how a component is."""

    per_hour: int = 60
    """Over all components together."""
    usd_per_day: float = 1.0


class DetectionSettings(msgspec.Struct, frozen=True):
    """When trouble is trouble. `error_percent` of attempts, of which there are at least `attempts_min`, is an outage of
    a component; below it what is unusual for the component is suspected only."""

    error_percent: float = 20.0
    attempts_min: int = 10
    objective_percent: float = 99.9
    """Share of attempts that a provider should serve; burn rates are measured by it."""
    reports_min: int = 5
    """So few reports of people are never unusual."""
    report_window_seconds: float = 900.0
    """Within it a person counts once."""
    probes: ProbeSettings | None = None
    """`None`: none are made."""
    feed_seconds: float = 60.0
    """How often a provider's status page is read."""


class Clocks(msgspec.Struct, frozen=True):
    """Until when people must have been told: of the incident, of what it affects, of how it goes on."""

    first_post_seconds: float = 300.0
    scope_seconds: float = 900.0
    update_seconds: float = 1_800.0


class IncidentSettings(msgspec.Struct, frozen=True):
    """How incidents are led. `opens`: whether detection opens them by itself, or only tells."""

    opens: bool = True
    clocks: Clocks = Clocks()


class StatusPageSettings(msgspec.Struct, frozen=True):
    """The public status page. `components` are names of models (logical ones) in their order; empty: all."""

    name: str = "Status"
    url: str = ""
    public: bool = False
    """Whether it is shown to people who have not logged in."""
    export: str = ""
    """A folder that the page is written to, for another host; absolute. Empty: only under `state`."""
    components: tuple[str, ...] = ()
    providers: bool = True
    """Whether providers are shown: what we see of them, beside what they say."""
    support: str = ""
    """A sentence for visitors: whom to ask."""


class TelemetrySettings(msgspec.Struct, frozen=True):
    """Where traces go (OTLP over HTTP), and which share of them."""

    otlp_endpoint: str
    sample_percent: float = 100.0
    service_name: str = "mainstay"
