"""The metrics of admission: who waits, who was called and turned away, where the level stands, how late the loop is."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from mainstay.engine.admission.delays import EVERY_MODEL
from mainstay.gateway.admission import AdmissionStatus
from mainstay.gateway.series import OTHER

LEVEL: Final = (
    "The first position that is turned away, for models of which any is (* is the whole gateway): interactive cohorts "
    "are 128 to 255, batch cohorts 256 to 383."
)


def admission_families(status: AdmissionStatus, models: frozenset[str]) -> Iterator[Metric]:
    """Every metric with its number of this moment; only these `models` become label values."""
    waiting = GaugeMetricFamily("mainstay_waiting_requests", "Requests that wait for capacity.", labels=["priority"])
    for priority, number in status.waiting.items():
        waiting.add_metric((priority,), number)
    yield waiting
    called = CounterMetricFamily(
        "mainstay_called_requests", "Requests that waited and were given capacity.", labels=["priority"]
    )
    for priority, number in status.handed_out.items():
        called.add_metric((priority,), number)
    yield called
    shed = CounterMetricFamily(
        "mainstay_shed_requests", "Requests that were turned away for want of capacity.", labels=["priority", "reason"]
    )
    for name, number in status.shed.items():
        shed.add_metric(name.split("/"), number)
    yield shed
    yield _levels(status, models)
    yield GaugeMetricFamily(
        "mainstay_event_loop_lag_seconds",
        "How late the event loop was in the last second (99th percentile).",
        value=status.lag_p99_seconds,
    )


def _levels(status: AdmissionStatus, models: frozenset[str]) -> Metric:
    lowest: dict[str, int] = {}
    for model, position in status.levels.items():
        label = model if model in models or model == EVERY_MODEL else OTHER
        lowest[label] = min(position, lowest.get(label, position))
    family = GaugeMetricFamily("mainstay_admission_level", LEVEL, labels=["model"])
    for label, position in lowest.items():
        family.add_metric((label,), position)
    return family
