"""Intake: which components a record is about, and what it says of each. It must cost microseconds."""

from collections.abc import Callable
from math import inf
from typing import Any, Final

from mainstay.model.components import Component, component_of
from mainstay.model.records import AlertRecord, AttemptRecord, BreakerRecord, ExchangeRecord, ProbeRecord, Record
from mainstay.ops.detection.login import REJECTION, RENEWAL_FAILED, RENEWAL_RECOVERED
from mainstay.ops.detection.sample import Sample, of_attempt, of_exchange, of_gateway, of_probe
from mainstay.ops.detection.watch import Watch
from mainstay.ops.detection.watches import Watches

FUTURE_SECONDS: Final = 60.0
"""An instant so far ahead of our clock is taken for now."""
_CLOSED: Final = "closed"


class Intake:
    """Puts samples where they belong, and remembers which components are to be judged anew."""

    def __init__(self, watches: Watches) -> None:
        """`watches` stay the detector's."""
        self._watches = watches
        self._takers: dict[type, Callable[[Any], None]] = {
            AttemptRecord: self._attempt,
            ExchangeRecord: self._exchange,
            ProbeRecord: self._probe,
            AlertRecord: self._alert,
            BreakerRecord: self._breaker,
        }
        self._latest = inf
        self.changed: set[Component] = set()
        """What is to be judged anew."""

    def take(self, record: Record) -> None:
        """Learn from a record; of a kind that says nothing here, nothing."""
        taker = self._takers.get(type(record))
        if taker is not None:
            taker(record)

    def advance(self, wall: float) -> None:
        """It is now `wall`."""
        self._latest = wall + FUTURE_SECONDS

    def _attempt(self, record: AttemptRecord) -> None:
        at = min(record.at + record.total_seconds, self._latest)
        sample = of_attempt(record, at)
        if sample is None:
            return
        watches, upstream = self._watches, record.upstream
        whole = watches.inference(upstream, "")
        if whole is None:
            return
        child = watches.inference(upstream, record.model)
        if child is not None:
            self._add(child, sample)
        # That an ill model fails says nothing of whether its provider as a whole is well again.
        self._add(whole, sample, tells_recovery=child is None or child.condition.state != "ill")
        if sample.kind == REJECTION or not sample.kind:
            self._login(upstream, sample)

    def _login(self, upstream: str, sample: Sample) -> None:
        component = Component(upstream, part="login")
        watch = self._watches.find(component)
        if sample.kind:
            watch = watch or self._watches.of(component)
            if watch is not None and watch.login is not None:
                watch.login.rejected(sample.credential, sample.at)
                self.changed.add(component)
        elif watch is not None and watch.login is not None:
            watch.login.served(sample.credential, sample.at)

    def _exchange(self, record: ExchangeRecord) -> None:
        sample = of_exchange(record, min(record.at + record.total_seconds, self._latest))
        if sample is None:
            return
        self._add(self._watches.gateway, of_gateway(sample))
        if record.model_asked:
            watch = self._watches.of(Component(model=record.model_asked))
            if watch is not None:
                self._add(watch, sample)

    def _probe(self, record: ProbeRecord) -> None:
        component = component_of(record.component)
        if component is None or not component.upstream:
            return
        at = min(record.at + record.seconds, self._latest)
        sample = of_probe(record, at, is_part=component.part != "inference")
        watch = self._watches.of(component)
        if sample is None or watch is None:
            return
        self._add(watch, sample)
        if component.model:
            whole = self._watches.inference(component.upstream, "")
            if whole is not None:
                self._add(whole, sample, tells_recovery=watch.condition.state != "ill")

    def _alert(self, record: AlertRecord) -> None:
        is_failed = record.kind in RENEWAL_FAILED
        if not is_failed and record.kind != RENEWAL_RECOVERED:
            return
        watch = self._watches.of(Component(record.upstream, part="login")) if record.upstream else None
        if watch is not None and watch.login is not None:
            watch.login.renewal(record.credential, min(record.at, self._latest), failed=is_failed)
            self.changed.add(watch.component)

    def _breaker(self, record: BreakerRecord) -> None:
        watch = self._watches.inference(record.upstream, record.model) if record.model else None
        if watch is not None:
            is_closed = record.state == _CLOSED
            watch.breakers.note(record.credential, min(record.at, self._latest), record.reason, is_closed=is_closed)
            self.changed.add(watch.component)

    def _add(self, watch: Watch, sample: Sample, *, tells_recovery: bool = True) -> None:
        if watch.series.add(sample, tells_recovery=tells_recovery):
            self.changed.add(watch.component)
