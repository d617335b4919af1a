"""The metrics of traces: whether spans arrive."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from mainstay.gateway.telemetry.telemetry import TelemetryStatus


def telemetry_families(status: TelemetryStatus) -> Iterator[Metric]:
    """Every metric with its number of this moment."""
    spans = CounterMetricFamily(
        "mainstay_trace_spans",
        "Spans that the collector took, that it did not take, and that were not made because too much waited.",
        labels=["outcome"],
    )
    for outcome, number in (("exported", status.exported), ("failed", status.failed), ("dropped", status.dropped)):
        spans.add_metric((outcome,), number)
    yield spans
    yield GaugeMetricFamily(
        "mainstay_trace_records_pending", "Records that wait to be made into spans.", value=status.pending
    )
