"""The metrics of capacity and of gray failures: what is under way and may be, who returns from an outage, who is
suspect."""

from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric

from mainstay.engine.capacity.standing import CapacityStanding
from mainstay.engine.gray.watch import SuspectStanding
from mainstay.gateway.series import OTHER

LINE: Final = ("upstream", "model")


def capacity_families(standing: CapacityStanding, models: frozenset[str]) -> Iterator[Metric]:
    """Every metric with its number of this moment; only these `models` become label values."""
    running = GaugeMetricFamily(
        "mainstay_upstream_running_attempts", "Attempts under way here and elsewhere.", labels=["upstream", "where"]
    )
    for load in standing.upstreams:
        running.add_metric((load.upstream, "here"), load.running)
        running.add_metric((load.upstream, "elsewhere"), load.elsewhere)
    yield running
    bounds = ((load.upstream, load.limit) for load in standing.upstreams if load.limit is not None)
    yield _gauge(
        "mainstay_upstream_concurrency_limit",
        "How many attempts the upstream may be given at once, by the configuration.",
        ["upstream"],
        (((name,), float(limit)) for name, limit in bounds),
    )
    yield _gauge(
        "mainstay_learned_concurrency_limit",
        "How many attempts at once were learned to be borne.",
        LINE,
        (((one.upstream, _label(one.model, models)), float(one.limit)) for one in standing.limits),
    )
    yield _gauge(
        "mainstay_learned_starts_per_second",
        "What was learned to be borne of starts per second, where throttling does not say it.",
        LINE,
        (((one.upstream, _label(one.model, models)), one.rate) for one in standing.rates),
    )
    yield _gauge(
        "mainstay_ramp_starts_per_second",
        "What may be started per second on the return from an outage.",
        LINE,
        (((one.upstream, _label(one.model, models)), one.rate) for one in standing.ramps),
    )
    yield _gauge(
        "mainstay_provider_quota_remaining",
        "What is believed to be left of the provider's own limit.",
        [*LINE, "what"],
        (((one.upstream, _label(one.model, models), one.what), float(one.remaining)) for one in standing.quotas),
    )


def suspect_families(suspects: Iterable[SuspectStanding], models: frozenset[str]) -> Iterator[Metric]:
    """Who is avoided for being slow, or for bad answers."""
    yield _gauge(
        "mainstay_suspect_candidates",
        "1 for each candidate that is avoided because it is slow or answers badly.",
        [*LINE, "what"],
        (((one.key.upstream, _label(one.key.model, models), one.what), 1.0) for one in suspects),
    )


def _label(model: str, models: frozenset[str]) -> str:
    """A model's own name is bounded by the configuration, but for those that pass through."""
    return model if model in models else OTHER


def _gauge(
    name: str, words: str, labels: Iterable[str], samples: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=list(labels))
    added: dict[tuple[str, ...], float] = {}
    for values, number in samples:
        added[values] = added.get(values, 0.0) + number
    for values, number in added.items():
        family.add_metric(values, number)
    return family
