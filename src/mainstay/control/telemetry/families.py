"""The control plane's metrics in Prometheus' text format. What could not be read is not among them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mainstay.control.telemetry.readings import Readings
from mainstay.model.incident import Impact
from mainstay.model.orders import OrderKind

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
STATES: Final = ("well", "recovering", "suspected", "ill")
COMPONENTS_MAX: Final = 1_000
"""Most components that are told one by one, the worst first."""

Samples = Iterable[tuple[tuple[str, ...], float]]


def metrics_page(readings: Readings) -> bytes:
    """All metrics."""
    registry = CollectorRegistry()
    registry.register(_Page(readings))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


def families(readings: Readings) -> Iterator[Metric]:
    """Every metric with its numbers."""
    yield _gauge(
        "control_build_info", "Always 1; the label tells the running version.", ("version",), [((readings.version,), 1)]
    )
    yield from _of_plane(readings)
    yield from _of_incidents(readings)
    yield from _of_detection(readings)
    yield from _of_acting(readings)
    yield from _of_notices(readings)


class _Page(Collector):
    """What prometheus-client asks when the text is to be made."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterable[Metric]:
        return families(self._readings)


def _of_plane(readings: Readings) -> Iterator[Metric]:
    lease, shipping, journal = readings.lease, readings.shipping, readings.journal
    if lease is not None:
        yield _one("control_acting", "1 while this control plane is the one that acts.", float(lease.is_held))
        trouble = "1 while it cannot be told who acts."
        yield _one("control_lease_trouble", trouble, float(lease.trouble is not None))
    if shipping is not None:
        yield _one("store_lag_records", "Records that wait for the store.", shipping.lag_records)
        yield _one("store_lag_seconds", "Age of the oldest record that waits for the store.", shipping.lag_seconds)
        yield _one("store_trouble", "1 while the store takes nothing.", float(shipping.trouble is not None))
        yield _one("store_findings", "Things found in journals that an operator must know.", len(shipping.findings))
    if journal is not None:
        pending = "Records of the control plane that wait in memory."
        yield _one("control_journal_records_pending", pending, journal.pending)
        dropped = "Records of the control plane that were lost before they were written."
        yield _count("control_journal_records_dropped", dropped, journal.dropped)
        trouble = "1 while the control plane's records cannot be written."
        yield _one("control_journal_trouble", trouble, float(journal.trouble is not None))


def _of_incidents(readings: Readings) -> Iterator[Metric]:
    if readings.incidents is not None:
        counts = Counter(one.impact for one in readings.incidents)
        series = [((impact.value,), float(counts[impact])) for impact in Impact]
        yield _gauge("incidents_open", "Incidents that are open, by impact.", ("impact",), series)
        unseen = sum(one.acknowledged_at is None for one in readings.incidents)
        yield _one("incidents_unacknowledged", "Open incidents that nobody has acknowledged.", unseen)


def _of_detection(readings: Readings) -> Iterator[Metric]:
    if readings.standing is not None:
        ranked = [(STATES.index(one.state) if one.state in STATES else 0, one.component) for one in readings.standing]
        worst = sorted(ranked, reverse=True)[:COMPONENTS_MAX]
        help_text = "0 well, 1 recovering, 2 suspected, 3 ill."
        yield _gauge("component_state", help_text, ("component",), (((name,), float(rank)) for rank, name in worst))
    if readings.feeds is not None:
        ages = [((one.upstream,), readings.wall - one.read_at) for one in readings.feeds if one.read_at is not None]
        yield _gauge("feed_age_seconds", "Since a provider's status page was read.", ("upstream",), ages)
        troubles = [((one.upstream,), float(one.state != "ok")) for one in readings.feeds]
        help_text = "1 while a provider's status page cannot be read."
        yield _gauge("feed_trouble", help_text, ("upstream",), troubles)
    if readings.probes is not None:
        hour = "Requests of our own within the last hour."
        yield _one("probes_last_hour", hour, readings.probes.probes_last_hour)
        yield _one("probe_dollars_today", "US dollars of them today.", readings.probes.usd_today)
    if readings.bookkeeping is not None:
        behind = "Records that detection and tallies have not heard yet."
        yield _one("bookkeeping_behind_records", behind, readings.bookkeeping.behind)


def _of_acting(readings: Readings) -> Iterator[Metric]:
    if readings.orders is not None:
        series = [((kind.value,), float(readings.orders.get(kind.value, 0))) for kind in OrderKind]
        yield _gauge("control_orders_in_force", "Orders in force, by kind.", ("kind",), series)
    if readings.runs_waiting is not None:
        yield _one("runs_waiting", "Runs of playbooks that wait for an approval.", readings.runs_waiting)


def _of_notices(readings: Readings) -> Iterator[Metric]:
    notices = readings.notices
    if notices is None:
        return
    told = CounterMetricFamily("mainstay_notices", "What became of notices.", labels=["target", "outcome"])
    for target in notices.targets:
        for outcome in ("sent", "failed", "gave-up", "limited"):
            told.add_metric((target.name, outcome), notices.counts.get((target.name, outcome), 0))
    repeated = notices.counts.get(("", "deduplicated"), 0)
    told.add_metric(("", "deduplicated"), repeated)
    yield told
    waiting = [((one.name,), float(one.waiting)) for one in notices.targets]
    yield _gauge("notices_waiting", "Notices that are still to be told.", ("target",), waiting)
    yield _count("notices_dropped", "Notices that were dropped because too much waited.", notices.dropped)
    unwritten = "Events of notices that the store does not have yet."
    yield _one("notices_unwritten", unwritten, notices.unwritten)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"mainstay_{name}", words, value=value)


def _count(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(f"mainstay_{name}", words, value=value)


def _gauge(name: str, words: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    family = GaugeMetricFamily(f"mainstay_{name}", words, labels=list(labels))
    for values, number in samples:
        family.add_metric(values, number)
    return family
