"""Telemetry takes records on the path of requests, and all else happens elsewhere."""

from collections.abc import Iterator, Sequence
from threading import Event

import msgspec
import pytest

from mainstay.gateway.telemetry import telemetry as module
from mainstay.gateway.telemetry.context import span_id
from mainstay.gateway.telemetry.exporting import OtlpExporter
from mainstay.gateway.telemetry.spans import Span
from mainstay.gateway.telemetry.telemetry import Telemetry, otlp_exporter
from mainstay.gateway.telemetry.upstreams import TracedUpstreams
from mainstay.model.catalogue import Upstream
from mainstay.model.settings import TelemetrySettings
from tests.gateway.doubles import FakeUpstreams
from tests.gateway.telemetry.collector import running_collector
from tests.ledger.conftest import alert, attempt, exchange

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNKEPT = f"{CALLER[:-1]}0"
SETTINGS = TelemetrySettings("http://127.0.0.1:9")
UPSTREAMS = (Upstream("anthropic", "anthropic", "https://api.anthropic.com"),)


class FakeExporter:
    """Takes spans, or does not."""

    def __init__(self, settings: TelemetrySettings) -> None:
        self.settings = settings
        self.batches: list[Sequence[Span]] = []
        self.takes = True
        self.is_closed = False
        self.gate = Event()
        self.gate.set()

    def export(self, spans: Sequence[Span]) -> bool:
        self.gate.wait(60)
        self.batches.append(tuple(spans))
        return self.takes

    def close(self) -> None:
        self.is_closed = True


class Worker:
    """A telemetry whose turns a test makes, with exporters that it sees."""

    def __init__(self, settings: TelemetrySettings | None = SETTINGS) -> None:
        self.made: list[FakeExporter] = []
        self.reports: list[str] = []
        self.takes = True
        self.telemetry = Telemetry("node-1/0", self.reports.append, self._make)
        self.telemetry._settings = settings
        self.telemetry._upstreams = UPSTREAMS

    def _make(self, settings: TelemetrySettings, instance: str) -> FakeExporter:
        assert instance == "node-1/0"
        self.made.append(FakeExporter(settings))
        self.made[-1].takes = self.takes
        return self.made[-1]

    def one(self, takes: bool = True, number: int = 1) -> None:  # noqa: FBT001, FBT002 - a switch of a test
        """One exchange ends and is sent."""
        self.takes = takes
        for exporter in self.made:
            exporter.takes = takes
        self.telemetry.take(attempt(1, f"ex_{number}"))
        self.telemetry.take(exchange(f"ex_{number}"))
        self.telemetry.turn()


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_records_become_spans(worker: Worker) -> None:
    worker.telemetry.take(alert())
    worker.one()
    ((server, client),) = worker.made[0].batches
    assert (server.kind, client.parent_id) == ("server", span_id("ex_1"))
    assert client.attributes["server.address"] == "api.anthropic.com"
    status = worker.telemetry.status()
    assert (status.exported, status.failed, status.dropped, status.pending) == (2, 0, 0, 0)


def test_batches_are_bounded(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_MAX", 4)
    for number in range(5):
        worker.telemetry.take(attempt(1, f"ex_{number}"))
        worker.telemetry.take(exchange(f"ex_{number}"))
    worker.telemetry.turn()
    assert [len(batch) for batch in worker.made[0].batches] == [4, 4, 2]


def test_what_is_too_much_is_dropped_and_counted(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_MAX", 3)
    for number in range(5):
        worker.telemetry.take(exchange(f"ex_{number}"))
    status = worker.telemetry.status()
    assert (status.dropped, status.pending) == (2, 3)


def test_it_is_told_once_when_spans_do_not_arrive_and_when_they_do_again(worker: Worker) -> None:
    for number, takes in enumerate((True, False, False, True, True)):
        worker.one(takes, number)
    assert [line.partition(":")[0] for line in worker.reports] == ["telemetry", "telemetry"]
    assert "do not arrive" in worker.reports[0]
    assert "arrive again" in worker.reports[1]
    status = worker.telemetry.status()
    assert (status.exported, status.failed) == (6, 4)


def test_without_settings_nothing_is_kept() -> None:
    worker = Worker(None)
    worker.one()
    assert worker.telemetry.status().pending == 0
    assert worker.made == []
    upstreams = FakeUpstreams([])
    assert worker.telemetry.upstreams(upstreams, "ex_1", (), "") is upstreams
    assert worker.telemetry.traceparent((("traceparent", CALLER),)) == ""


def test_upstreams_hear_of_the_trace_where_it_is_kept(worker: Worker) -> None:
    upstreams = FakeUpstreams([])
    assert isinstance(worker.telemetry.upstreams(upstreams, "ex_1", (), CALLER), TracedUpstreams)
    assert isinstance(worker.telemetry.upstreams(upstreams, "ex_1", (), ""), TracedUpstreams)
    assert worker.telemetry.upstreams(upstreams, "ex_1", (), UNKEPT) is upstreams
    assert worker.telemetry.traceparent((("traceparent", CALLER),)) == CALLER


def test_the_caller_s_state_goes_with_the_caller_s_trace_only(worker: Worker) -> None:
    headers = (("tracestate", "x=y"),)
    upstreams = FakeUpstreams([])
    with_trace = worker.telemetry.upstreams(upstreams, "ex_1", headers, CALLER)
    without = worker.telemetry.upstreams(upstreams, "ex_1", headers, "")
    assert isinstance(with_trace, TracedUpstreams)
    assert isinstance(without, TracedUpstreams)
    assert (with_trace._tracestate, without._tracestate) == ("x=y", "")


def test_another_collector_gets_what_comes_then(worker: Worker) -> None:
    worker.one()
    worker.telemetry._settings = msgspec.structs.replace(SETTINGS, otlp_endpoint="http://127.0.0.1:10")
    worker.one(number=2)
    first, second = worker.made
    assert first.is_closed
    assert [len(one.batches) for one in (first, second)] == [1, 1]


@pytest.fixture
def running() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    for exporter in worker.made:
        exporter.gate.set()
    worker.telemetry.close()


def test_a_thread_sends_what_waits_before_it_ends(running: Worker) -> None:
    running.telemetry.follow(SETTINGS, UPSTREAMS)
    running.telemetry.take(exchange())
    running.telemetry.close()
    assert [len(batch) for one in running.made for batch in one.batches] == [1]
    assert running.made[0].is_closed


def test_a_collector_that_hangs_does_not_hold_up_our_leaving(running: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAVING_SECONDS", 0.05)
    exporter = FakeExporter(SETTINGS)
    exporter.gate.clear()
    running.made.append(exporter)
    running.telemetry._exporter, running.telemetry._exports_to = exporter, SETTINGS
    running.telemetry.follow(SETTINGS, UPSTREAMS)
    running.telemetry.take(exchange())
    running.telemetry.close()
    assert exporter.is_closed
    assert exporter.batches == []


def test_a_defect_is_told_and_ends_nothing(running: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Event()

    def tell(line: str) -> None:
        running.reports.append(line)
        told.set()

    running.telemetry._report = tell
    monkeypatch.setattr(module, "TURN_SECONDS", 0.01)
    monkeypatch.setattr(module, "spans_of", lambda *_arguments: 1 / 0)
    running.telemetry.follow(SETTINGS, UPSTREAMS)
    running.telemetry.take(exchange())
    assert told.wait(10)
    assert running.reports[0] == "telemetry: a defect of ours: ZeroDivisionError: division by zero"
    assert running.telemetry._thread is not None
    assert running.telemetry._thread.is_alive()


def test_the_real_exporter_is_opened_by_its_name() -> None:
    with running_collector() as collector:
        exporter = otlp_exporter(TelemetrySettings(collector.url), "node-1/0")
        assert isinstance(exporter, OtlpExporter)
        exporter.close()


def test_nothing_to_close_is_closed() -> None:
    Worker().telemetry.close()
