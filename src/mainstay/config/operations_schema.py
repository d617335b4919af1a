"""The shape of those sections of `mainstay.yaml` that are about operations: detection, incidents, notifications, the
status page, traces. Read as `mainstay.config.schema` is."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mainstay.config.scalars import LongSeconds, ModelName, Name, SecretReference, Text

Percentage = Annotated[float, Meta(gt=0, le=100, description="a percentage above 0 and at most 100")]


class ProbesSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of requests that we make ourselves, over all components together."""

    per_hour: Annotated[int, Meta(ge=1, le=100_000, description="a whole number from 1 to 100000")] = 60
    usd_per_day: Annotated[float, Meta(ge=0, le=100_000, description="US dollars from 0 to 100000")] = 1.0


class DetectionSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How readily trouble is seen, and where else it is looked for than in our own traffic."""

    error_percent: Percentage = 20.0
    attempts_min: Annotated[int, Meta(ge=3, le=100_000, description="a whole number from 3 to 100000")] = 10
    objective_percent: Annotated[float, Meta(ge=50, lt=100, description="a percentage from 50 to below 100")] = 99.9
    reports_min: Annotated[int, Meta(ge=2, le=100_000, description="a whole number from 2 to 100000")] = 5
    report_window_seconds: LongSeconds = 900.0
    probes: Literal["off"] | ProbesSection = "off"
    feed_seconds: Annotated[float, Meta(ge=15, le=3600, description="a number of seconds from 15 to 3600")] = 60.0


class IncidentsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who opens incidents, and when people must have been told."""

    opened_by: Literal["detection", "people"] = "detection"
    first_post_seconds: LongSeconds = 300.0
    scope_seconds: LongSeconds = 900.0
    update_seconds: LongSeconds = 1_800.0


class EmailSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mail server (SMTP) and whom it is to write to. `security`: how the connection is encrypted."""

    server: Text
    sender: Text
    to: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=100, description="a list of 1 to 100 addresses")]
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Text | UnsetType = UNSET
    password: SecretReference | UnsetType = UNSET


class TargetSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to tell somebody: exactly one of `apprise` (its URL is a secret), `webhook` and `email`. With `key` a
    webhook is signed."""

    apprise: SecretReference | UnsetType = UNSET
    webhook: Text | UnsetType = UNSET
    key: SecretReference | UnsetType = UNSET
    email: EmailSection | UnsetType = UNSET


SeverityWord = Literal["info", "warning", "major", "critical"]
Targets = Annotated[tuple[Name, ...], Meta(min_length=1, max_length=100, description="a list of 1 to 100 targets")]


class RouteSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who hears of notices from this severity upwards, and who else when nobody acknowledges."""

    severity: SeverityWord
    targets: Targets
    escalate_seconds: LongSeconds | UnsetType = UNSET
    escalate_to: Targets | UnsetType = UNSET


class NotificationsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told, how, and how often at most."""

    targets: Annotated[
        dict[Name, TargetSection], Meta(max_length=100, description="a mapping of at most 100 names to targets")
    ] = msgspec.field(default_factory=dict)
    routes: Annotated[tuple[RouteSection, ...], Meta(max_length=100, description="a list of at most 100 routes")] = ()
    window_seconds: LongSeconds = 900.0
    per_hour: Annotated[int, Meta(ge=1, le=10_000, description="a whole number from 1 to 10000")] = 60


class StatusPageSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the status page shows, to whom, and where else it is written to."""

    name: Text = "Status"
    url: Text | UnsetType = UNSET
    public: bool = False
    export: Text | UnsetType = UNSET
    components: Annotated[tuple[ModelName, ...], Meta(max_length=500, description="a list of at most 500 models")] = ()
    providers: bool = True
    support: Text | UnsetType = UNSET


class TelemetrySection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where traces go (OTLP over HTTP), and which share of them."""

    otlp_endpoint: Text
    sample_percent: Percentage = 100.0
    service_name: Text = "mainstay"
