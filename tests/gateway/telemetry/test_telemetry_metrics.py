"""Whether spans arrive can be seen in the metrics."""

from mainstay.gateway.telemetry.telemetry import TelemetryStatus
from mainstay.gateway.telemetry.telemetry_metrics import telemetry_families


def test_spans_are_counted_by_what_became_of_them() -> None:
    spans, pending = telemetry_families(TelemetryStatus(exported=3, failed=2, dropped=1, pending=7))
    assert {sample.labels["outcome"]: sample.value for sample in spans.samples} == {
        "exported": 3,
        "failed": 2,
        "dropped": 1,
    }
    assert [sample.value for sample in pending.samples] == [7]
