"""The gateway's metrics: a fold over records, shown in Prometheus' text format.

`observe` only adds to plain numbers. The text is made when somebody asks, by prometheus-client, from the numbers of
that moment. Label values are bounded: upstreams and models are those of the configuration, all else is `other`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from mainstay.engine.cost import NANODOLLARS_PER_DOLLAR
from mainstay.gateway.series import OTHER, SERIES_MAX, Counts, Spread
from mainstay.gateway.status import BREAKER_STATES
from mainstay.gateway.tally import SECONDS_BOUNDS, Tally
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.records import AlertRecord, AttemptRecord, BreakerRecord, ExchangeRecord, Record

SERVED_OUTCOMES: Final = frozenset({"served", "continued"})
"""Of attempts whose content reached the caller."""
METRICS_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Content type of `Metrics.render`."""


class Metrics:
    """Counts what records tell. One per process; used by one thread."""

    def __init__(self, *, version: str, upstreams: Iterable[str] = (), models: Iterable[str] = ()) -> None:
        """`upstreams` and `models` are the configured names, the only ones that become label values."""
        self.breakers: dict[tuple[str, str, str], str] = {}
        """The last known state by (upstream, model, credential)."""
        self.others: list[Callable[[frozenset[str]], Iterable[Metric]]] = []
        """Metrics of other parts. Each is told the models that may become label values."""
        self._version = version
        self._upstreams = frozenset(upstreams)
        self._models = frozenset(models)
        self._tallies: dict[tuple[str, str, str], Tally] = {}
        """What was counted since the last look, by (model asked for, dialect, outcome)."""
        self._exchanges = Counts()
        self._model_exchanges = Counts()
        self._attempts = Counts()
        self._failovers = Counts()
        self._recoveries = Counts()
        self._absorbed = Counts()
        self._tokens = Counts()
        self._alerts = Counts()
        self._dropped_events = Counts()
        self._refusals = Counts()
        self._repeats = Counts()
        self._cached = Counts()
        self._cost_dollars = Counts()
        self._exchange_seconds = Spread(SECONDS_BOUNDS)
        self._first_content_seconds = Spread(SECONDS_BOUNDS)
        self._queued_seconds = Spread(SECONDS_BOUNDS)
        self._attempt_seconds = Spread(SECONDS_BOUNDS)
        self._attempt_content_seconds = Spread(SECONDS_BOUNDS)
        self._running = 0
        self._troubles: Mapping[str, bool] = {}
        self._journal = JournalStatus()
        self._registry = CollectorRegistry()
        self._registry.register(_Page(self))
        ProcessCollector(registry=self._registry)

    def configured(self, upstreams: Iterable[str], models: Iterable[str]) -> None:
        """Take the names of a newly accepted configuration. What was counted stays."""
        self._add_up()
        self._upstreams = frozenset(upstreams)
        self._models = frozenset(models)

    def observe(self, record: Record) -> None:
        """Count one record. Raises nothing."""
        if type(record) is ExchangeRecord:
            self._observe_exchange(record)
        elif type(record) is AttemptRecord:
            self._observe_attempt(record)
        elif isinstance(record, BreakerRecord):
            self._observe_breaker(record)
        elif isinstance(record, AlertRecord):
            self._alerts.add((record.kind,))

    def render(
        self, *, running: int, journal: JournalStatus, troubles: Mapping[str, bool] = MappingProxyType({})
    ) -> bytes:
        """Give all metrics as Prometheus text; `running` is the number of exchanges under way, `troubles` tells of each
        part of the gateway whether it has any."""
        self._running = running
        self._troubles = troubles
        self._journal = journal
        return generate_latest(self._registry)

    def families(self) -> Iterator[Metric]:
        """Give every metric with its numbers of this moment."""
        self._add_up()
        yield _gauge(
            "build_info", "Always 1; the label tells the running version.", ["version"], [((self._version,), 1)]
        )
        yield from self._counters()
        yield from self._histograms()
        yield from self._gauges()
        for other in self.others:
            yield from other(self._models)

    def _observe_attempt(self, record: AttemptRecord) -> None:
        upstream = record.upstream if record.upstream in self._upstreams else OTHER
        self._attempts.add((upstream, record.outcome, record.fault))
        if record.outcome in SERVED_OUTCOMES:
            self._attempt_seconds.add(upstream, record.total_seconds)
        if record.first_content_seconds is not None:
            self._attempt_content_seconds.add(upstream, record.first_content_seconds)
        if record.dropped_events:
            self._dropped_events.add((upstream,), record.dropped_events)

    def _observe_exchange(self, record: ExchangeRecord) -> None:
        key = (record.model_asked, record.dialect, record.outcome)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._new_tally(key)
        tally.take(record)
        if record.queued_seconds:
            self._queued_seconds.add(record.workload, record.queued_seconds)
        if record.outcome == "refused":
            # The codes of ours are few; what an upstream says could be anything.
            self._refusals.add((record.fault if record.attempts else record.fault_code or record.fault,))
        if record.cache:
            self._cached.add((record.dialect, record.cache))
        elif record.repeats:
            self._repeats.add((record.dialect,))
        if record.degraded or record.absorbed or record.recovered:
            self._observe_survival(record)

    def _new_tally(self, key: tuple[str, str, str]) -> Tally:
        if len(self._tallies) >= SERIES_MAX:
            self._add_up()
        return self._tallies.setdefault(key, Tally())

    def _add_up(self) -> None:
        """Take over what was counted together. Models that are not configured become `other` here."""
        tallies, self._tallies = self._tallies, {}
        for (asked, dialect, outcome), tally in tallies.items():
            model = asked if asked in self._models else OTHER
            self._exchanges.add((dialect, outcome), tally.exchanges)
            self._model_exchanges.add((model, outcome), tally.exchanges)
            self._exchange_seconds.add_all(model, tally.total_seconds)
            self._first_content_seconds.add_all(model, tally.first_content_seconds)
            for direction, tokens in tally.tokens():
                self._tokens.add((model, direction), tokens)
            if tally.cost_nanodollars:
                self._cost_dollars.add((model,), tally.cost_nanodollars / NANODOLLARS_PER_DOLLAR)

    def _observe_survival(self, record: ExchangeRecord) -> None:
        if record.outcome == "answered":
            upstream = record.upstream if record.upstream in self._upstreams else OTHER
            if record.degraded:
                self._failovers.add((upstream,))
            if record.absorbed:
                self._absorbed.add((record.dialect,), len(record.absorbed))
        if record.recovered:
            self._recoveries.add((record.dialect, record.outcome), record.recovered)

    def _observe_breaker(self, record: BreakerRecord) -> None:
        key = (record.upstream, record.model, record.credential)
        # The newest change stands last, so that the one to forget when there are too many stands first.
        self.breakers.pop(key, None)
        if len(self.breakers) >= SERIES_MAX:
            del self.breakers[next(iter(self.breakers))]
        self.breakers[key] = record.state

    def _counters(self) -> Iterator[Metric]:
        ended = "Caller requests that have ended."
        yield _counter("exchanges", ended, ["dialect", "outcome"], self._exchanges)
        by_model = "Caller requests that have ended, by the model that was asked for."
        yield _counter("model_exchanges", by_model, ["model", "outcome"], self._model_exchanges)
        tries = "Tries at one candidate that have ended."
        yield _counter("attempts", tries, ["upstream", "outcome", "fault"], self._attempts)
        failovers = "Answers that came from another than the first choice, by who gave them."
        yield _counter("failovers", failovers, ["upstream"], self._failovers)
        absorbed = "Faults that callers never saw, in answered exchanges."
        yield _counter("absorbed_faults", absorbed, ["dialect"], self._absorbed)
        recoveries = "Continuations of streams whose caller had seen content, by how the exchange ended."
        yield _counter("recoveries", recoveries, ["dialect", "outcome"], self._recoveries)
        tokens = "Tokens of ended exchanges, all attempts together."
        yield _counter("tokens", tokens, ["model", "direction"], self._tokens)
        costs = "US dollars of ended exchanges by the price table, all attempts together."
        yield _counter("cost_dollars", costs, ["model"], self._cost_dollars)
        yield _counter("refusals", "Requests that were refused, by the code of the error.", ["code"], self._refusals)
        yield _counter("repeats", "Answers given again for an idempotency key.", ["dialect"], self._repeats)
        cached = "Answers that no provider was asked for, by what the cache did."
        yield _counter("cached_answers", cached, ["dialect", "cache"], self._cached)
        yield _counter("alerts", "Alert records.", ["kind"], self._alerts)
        yield _counter("dropped_events", "Malformed stream events left out.", ["upstream"], self._dropped_events)
        written, dropped = self._journal.written, self._journal.dropped
        yield _single_counter("journal_records_written", "Records written durably.", written)
        yield _single_counter("journal_records_dropped", "Records lost before they were written.", dropped)

    def _histograms(self) -> Iterator[Metric]:
        yield _histogram("exchange_seconds", "From request to the end of its answer.", self._exchange_seconds)
        yield _histogram("first_content_seconds", "From request to its first content.", self._first_content_seconds)
        served = "From the start of a try to its end, of those that served."
        yield _histogram("attempt_seconds", served, self._attempt_seconds, label="upstream")
        content = "From the start of a try to its first content."
        yield _histogram("attempt_first_content_seconds", content, self._attempt_content_seconds, label="upstream")
        waited = "How long requests waited for capacity that had to, until they got it or gave up."
        yield _histogram("queued_seconds", waited, self._queued_seconds, label="workload")

    def _gauges(self) -> Iterator[Metric]:
        yield _gauge("exchanges_running", "Exchanges under way.", [], [((), self._running)])
        yield _gauge("journal_records_pending", "Records that wait in memory.", [], [((), self._journal.pending)])
        troubled = float(self._journal.trouble is not None)
        yield _gauge("journal_trouble", "1 while records cannot be written, else 0.", [], [((), troubled)])
        journal = self._journal
        yield _gauge("journal_bytes", "Disk that the journal takes.", [], [((), journal.bytes)])
        yield _gauge(
            "journal_full", "1 while durable work is refused for want of room.", [], [((), float(journal.full))]
        )
        waiting = max(0, journal.sequence - journal.shipped_sequence)
        yield _gauge("journal_records_unshipped", "Records that the store does not have yet.", [], [((), waiting)])
        parts = [((name,), float(has_trouble)) for name, has_trouble in self._troubles.items()]
        yield _gauge("part_trouble", "1 while a part of the gateway says that it is in trouble.", ["part"], parts)
        states = [(key, _state_number(state)) for key, state in self.breakers.items()]
        help_text = "0 closed, 1 half-open, 2 open; a breaker that never moved is not listed."
        yield _gauge("breaker_state", help_text, ["upstream", "model", "credential"], states)


class _Page(Collector):
    """What prometheus-client asks when the text is to be made."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics.families()


def _state_number(state: str) -> float:
    return BREAKER_STATES.index(state) if state in BREAKER_STATES else len(BREAKER_STATES)


def _counter(name: str, help_text: str, labels: list[str], counts: Counts) -> Metric:
    family = CounterMetricFamily(f"mainstay_{name}", help_text, labels=labels)
    for values, count in counts.series():
        family.add_metric(values, count)
    return family


def _single_counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(f"mainstay_{name}", help_text, value=value)


def _gauge(name: str, help_text: str, labels: list[str], series: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    family = GaugeMetricFamily(f"mainstay_{name}", help_text, labels=labels)
    for values, value in series:
        family.add_metric(values, value)
    return family


def _histogram(name: str, help_text: str, spread: Spread, *, label: str = "model") -> Metric:
    family = HistogramMetricFamily(f"mainstay_{name}", help_text, labels=[label])
    for value, buckets, total in spread.series():
        family.add_metric([value], buckets=buckets, sum_value=total)
    return family
