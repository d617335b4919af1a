"""Every series that our pages of metrics may hold, with its labels."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric

from mainstay.control.telemetry.families import families as control_families
from mainstay.engine.capacity.standing import CapacityStanding
from mainstay.gateway.admission import AdmissionStatus
from mainstay.gateway.admission_metrics import admission_families
from mainstay.gateway.capacity_metrics import capacity_families, suspect_families
from mainstay.gateway.metrics import Metrics
from mainstay.gateway.telemetry.telemetry import TelemetryStatus
from mainstay.gateway.telemetry.telemetry_metrics import telemetry_families
from tests.control.telemetry.values import READINGS

OF_SCRAPING = frozenset({"job", "instance", "worker"})
"""Labels that Prometheus adds, or the gateway to pages of several workers."""


def known_series() -> dict[str, frozenset[str]]:
    """Labels by the name of the series."""
    metrics = Metrics(version="1")
    metrics.others.append(lambda models: admission_families(AdmissionStatus({}, {}, {}, {}), models))
    metrics.others.append(lambda models: capacity_families(CapacityStanding((), (), (), (), ()), models))
    metrics.others.append(lambda models: suspect_families((), models))
    pages: list[Iterable[Metric]] = [
        metrics.families(),
        control_families(READINGS),
        telemetry_families(TelemetryStatus()),
    ]
    pages.append(ProcessCollector(registry=CollectorRegistry()).collect())
    found = {"up": OF_SCRAPING}
    for page in pages:
        found |= series_of(page)
    return found


def series_of(page: Iterable[Metric]) -> dict[str, frozenset[str]]:
    """The series of these metrics."""
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    found = {}
    for metric in page:
        labels = frozenset(getattr(metric, "_labelnames", ())) | OF_SCRAPING
        for ending in endings.get(metric.type, ("",)):
            found[f"{metric.name}{ending}"] = labels | {"le"} if ending == "_bucket" else labels
    return found
