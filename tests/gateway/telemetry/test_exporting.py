"""Spans arrive at a collector over a real socket, or they do not, and nobody is hurt."""

from collections.abc import Iterator

import pytest

from mainstay.gateway.telemetry import exporting
from mainstay.gateway.telemetry.exporting import OtlpExporter, endpoint
from mainstay.gateway.telemetry.spans import Span
from mainstay.model.settings import TelemetrySettings
from tests.gateway.telemetry.collector import Collector, attributes, running_collector

SERVER = Span(
    1, 2, 3, "chat claude", "server", 1_000, 2_000, {"gen_ai.operation.name": "chat", "mainstay.absorbed": ("a",)}
)
CLIENT = Span(1, 4, 2, "chat claude-1", "client", 1_100, 1_900, {"server.port": 443}, "overload")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as found:
        yield found


def exporter(collector: Collector) -> OtlpExporter:
    return OtlpExporter(TelemetrySettings(collector.url, service_name="gateway"), "node-1/0")


def test_spans_arrive(collector: Collector) -> None:
    assert exporter(collector).export([SERVER, CLIENT])
    server, client = collector.spans
    assert collector.paths == ["/v1/traces"]
    assert int.from_bytes(server.trace_id, "big") == int.from_bytes(client.trace_id, "big") == 1
    assert int.from_bytes(server.parent_span_id, "big") == 3
    assert client.parent_span_id == server.span_id == (2).to_bytes(8, "big")
    assert (server.kind, client.kind) == (server.SPAN_KIND_SERVER, server.SPAN_KIND_CLIENT)
    assert (server.start_time_unix_nano, server.end_time_unix_nano) == (1_000, 2_000)
    assert (client.status.message, client.status.code) == ("overload", client.status.STATUS_CODE_ERROR)
    assert attributes(server.attributes) == {"gen_ai.operation.name": "chat", "mainstay.absorbed": "a"}
    assert collector.resource["service.name"] == "gateway"
    assert collector.resource["service.instance.id"] == "node-1/0"


def test_a_span_without_parent_has_none(collector: Collector) -> None:
    exporter(collector).export([Span(1, 2, 0, "chat", "server", 1, 2, {})])
    assert collector.spans[0].parent_span_id == b""


def test_a_collector_that_refuses_takes_nothing(collector: Collector, capfd: pytest.CaptureFixture[str]) -> None:
    collector.status = 400
    assert not exporter(collector).export([SERVER])
    assert capfd.readouterr() == ("", "")


def test_a_collector_that_hangs_is_left(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "EXPORT_SECONDS", 0.2)
    collector.is_hanging = True
    assert not exporter(collector).export([SERVER])


def test_after_the_end_nothing_is_sent(collector: Collector) -> None:
    found = exporter(collector)
    found.close()
    assert not found.export([SERVER])
    assert collector.spans == []


def test_what_cannot_be_encoded_costs_these_spans(collector: Collector) -> None:
    broken = Span(1, 2, 3, "chat", "server", 1, 2, {"a": object()})  # type: ignore[dict-item]
    exporter(collector).export([broken])
    assert exporter(collector).export([SERVER])


def test_the_path_is_added_once() -> None:
    assert endpoint("http://c:4318") == "http://c:4318/v1/traces"
    assert endpoint("http://c:4318/v1/traces") == "http://c:4318/v1/traces"
