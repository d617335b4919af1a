"""Telemetry: takes the records of a worker, and lets a thread of its own make spans of them and send these away.

On the path of a request stand one look at its header fields and, for each record, an append to a bounded queue. A
collector that hangs, lies or is gone costs spans, which are counted, and nothing else.
"""

from collections import deque
from collections.abc import Callable, Sequence
from importlib import import_module
from threading import Event, Thread
from typing import Final, Protocol

import msgspec

from mainstay.gateway.driver import Upstreams
from mainstay.gateway.telemetry.context import is_wanted, trace_of, traceparent_of
from mainstay.gateway.telemetry.gathering import Gathering
from mainstay.gateway.telemetry.providers import providers_of
from mainstay.gateway.telemetry.spans import Span, spans_of
from mainstay.gateway.telemetry.upstreams import TracedUpstreams
from mainstay.model.catalogue import Upstream
from mainstay.model.http import Headers
from mainstay.model.records import AttemptRecord, ExchangeRecord, Record
from mainstay.model.settings import TelemetrySettings
from mainstay.wire.headers import header

QUEUE_MAX: Final = 20_000
BATCH_MAX: Final = 512
TURN_SECONDS: Final = 1.0
LEAVING_SECONDS: Final = 2.0
REPORT_CHARACTERS_MAX: Final = 500


class Exporter(Protocol):
    """Sends spans away. Used by one thread; `close` by any."""

    def export(self, spans: Sequence[Span]) -> bool:
        """Send a batch, which may take seconds; whether it was taken. Raises nothing."""

    def close(self) -> None:
        """Nothing is sent any more."""


MakeExporter = Callable[[TelemetrySettings, str], Exporter]


class TelemetryStatus(msgspec.Struct, frozen=True):
    """How many spans were taken by the collector, were refused by it (or it did not answer), and were not even made
    because too much waited; how many records wait."""

    exported: int = 0
    failed: int = 0
    dropped: int = 0
    pending: int = 0


class Telemetry:
    """One worker's."""

    def __init__(self, instance: str, report: Callable[[str], None], make: MakeExporter | None = None) -> None:
        """`instance` names this process; `report` takes a line for the operator; `make` opens an exporter. Nothing is
        done before `follow`."""
        self._instance = instance
        self._report = report
        self._make = make or otlp_exporter
        self._settings: TelemetrySettings | None = None
        self._upstreams: tuple[Upstream, ...] = ()
        self._queue: deque[Record] = deque()
        self._gathering = Gathering()
        self._exporter: Exporter | None = None
        self._exports_to: TelemetrySettings | None = None
        self._thread: Thread | None = None
        self._stop = Event()
        self._exported = self._failed = self._dropped = 0
        self._is_troubled = False

    def follow(self, settings: TelemetrySettings | None, upstreams: tuple[Upstream, ...]) -> None:
        """Go by this configuration from now on; without settings no traces are made."""
        self._settings = settings
        self._upstreams = upstreams
        if settings is not None and self._thread is None:
            # A daemon cannot hold up our leaving, should the collector hang.
            self._thread = Thread(target=self._run, name="telemetry", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Send what waits, within a moment."""
        thread = self._thread
        if thread is None:
            return
        self._stop.set()
        thread.join(LEAVING_SECONDS)
        exporter = self._exporter
        if exporter is not None:
            exporter.close()

    def status(self) -> TelemetryStatus:
        """For metrics."""
        dropped = self._dropped + self._gathering.forgotten
        return TelemetryStatus(self._exported, self._failed, dropped, len(self._queue))

    def take(self, record: Record) -> None:
        """A record was written. On the path of requests."""
        if self._settings is None or not isinstance(record, ExchangeRecord | AttemptRecord):
            return
        if len(self._queue) >= QUEUE_MAX:
            self._dropped += 1
            return
        self._queue.append(record)

    def traceparent(self, headers: Headers) -> str:
        """The trace that a caller names, to be kept in the exchange's record; empty for none, and where no traces are
        made."""
        return "" if self._settings is None else traceparent_of(headers)

    def upstreams(self, upstreams: Upstreams, record_id: str, headers: Headers, traceparent: str) -> Upstreams:
        """Upstreams as this exchange is to call them. Where its trace is not kept, they are called as ever: the
        caller's own fields pass through."""
        settings = self._settings
        if settings is None:
            return upstreams
        trace = trace_of(record_id, traceparent)
        if not is_wanted(trace, settings.sample_percent):
            return upstreams
        tracestate = (header(headers, "tracestate") or "") if traceparent else ""
        return TracedUpstreams(upstreams, trace, record_id, tracestate)

    def turn(self) -> None:
        """Make spans of what waits, and send them. Raises nothing."""
        settings = self._settings
        if settings is None:
            self._queue.clear()
            return
        providers = providers_of(self._upstreams)
        batch: list[Span] = []
        for _ in range(len(self._queue)):
            gathered = self._gathering.add(self._queue.popleft())
            if gathered is not None:
                batch += spans_of(gathered, providers, settings.sample_percent)
            if len(batch) >= BATCH_MAX:
                self._export(batch, settings)
                batch = []
        if batch:
            self._export(batch, settings)

    def _run(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._stop.wait(TURN_SECONDS)
            try:
                self.turn()
            except Exception as error:  # noqa: BLE001 - a mistake of ours costs spans, not the thread
                words = f"telemetry: a defect of ours: {type(error).__name__}: {error}"
                self._report(words[:REPORT_CHARACTERS_MAX])

    def _export(self, spans: Sequence[Span], settings: TelemetrySettings) -> None:
        exporter = self._exporter
        if exporter is None or self._exports_to != settings:
            if exporter is not None:
                exporter.close()
            exporter = self._exporter = self._make(settings, self._instance)
            self._exports_to = settings
        is_taken = exporter.export(spans)
        if is_taken:
            self._exported += len(spans)
        else:
            self._failed += len(spans)
        if is_taken is self._is_troubled:
            self._is_troubled = not is_taken
            words = "arrive again" if is_taken else "do not arrive: the collector does not take them; they are dropped"
            self._report(f"telemetry: spans {words}")


def otlp_exporter(settings: TelemetrySettings, instance: str) -> Exporter:
    """The real one. Its libraries are loaded here, and by nobody who makes no traces."""
    make: MakeExporter = import_module("mainstay.gateway.telemetry.exporting").OtlpExporter
    return make(settings, instance)
