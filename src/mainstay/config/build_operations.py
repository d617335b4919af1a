"""From checked sections about operations to their settings. Nothing is checked here."""

from pathlib import Path

from msgspec import UNSET

from mainstay.config.operations_schema import DetectionSection, IncidentsSection, StatusPageSection, TelemetrySection
from mainstay.model.settings import (
    Clocks,
    DetectionSettings,
    IncidentSettings,
    ProbeSettings,
    StatusPageSettings,
    TelemetrySettings,
)


def detection_settings(part: DetectionSection) -> DetectionSettings:
    """How readily trouble is seen."""
    probes = None if part.probes == "off" else ProbeSettings(part.probes.per_hour, part.probes.usd_per_day)
    return DetectionSettings(
        error_percent=part.error_percent,
        attempts_min=part.attempts_min,
        objective_percent=part.objective_percent,
        reports_min=part.reports_min,
        report_window_seconds=part.report_window_seconds,
        probes=probes,
        feed_seconds=part.feed_seconds,
    )


def incident_settings(part: IncidentsSection) -> IncidentSettings:
    """How incidents are led."""
    clocks = Clocks(part.first_post_seconds, part.scope_seconds, part.update_seconds)
    return IncidentSettings(part.opened_by == "detection", clocks)


def status_page_settings(part: StatusPageSection, directory: Path) -> StatusPageSettings:
    """What the status page shows. A relative folder begins at `directory`."""
    return StatusPageSettings(
        name=part.name,
        url="" if part.url is UNSET else part.url.rstrip("/"),
        public=part.public,
        export="" if part.export is UNSET else str((directory / part.export).absolute()),
        components=part.components,
        providers=part.providers,
        support="" if part.support is UNSET else part.support,
    )


def telemetry_settings(part: TelemetrySection) -> TelemetrySettings:
    """Where traces go."""
    return TelemetrySettings(part.otlp_endpoint.rstrip("/"), part.sample_percent, part.service_name)
