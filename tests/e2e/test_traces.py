"""One trace from the caller through the gateway to its providers, as a collector sees it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.ledger.files import journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.records import ExchangeRecord
from tests.e2e.conftest import port_of, write_configuration
from tests.e2e.lanes import KEY_VARIABLE, KEYS
from tests.e2e.process import GatewayProcess
from tests.e2e.raw import get, post
from tests.gateway.telemetry.collector import Collector, attributes, running_collector

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
CALLER = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=1"}
MODEL = "traced"


class Stage:
    """A gateway whose model has a standby in another dialect, and a collector."""

    def __init__(
        self, gateway: GatewayProcess, collector: Collector, providers: Mapping[str, FakeProviderThread]
    ) -> None:
        self.gateway, self.collector = gateway, collector
        self.primary, self.standby = providers["primary"], providers["standby"]

    def ask(self, headers: Mapping[str, str]) -> str:
        """Ask; the exchange's id."""
        body: dict[str, object] = {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}
        heard = post(self.gateway.url, "/v1/messages", body, headers)
        assert heard.status == 200, heard.text
        return heard.header("x-mainstay-id")

    def heard(self, provider: FakeProviderThread) -> dict[str, str]:
        """The header fields of the last request."""
        return dict(provider.requests[-1].request.headers)


@pytest.fixture(scope="module")
def stage(providers: dict[str, FakeProviderThread], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with running_collector() as collector:

        def written(port: int, state: Path, urls: Mapping[str, str]) -> bytes:
            credentials = [{"name": "main", "key": f"env:{KEY_VARIABLE}"}]
            upstreams = {
                "primary": {"dialect": "anthropic", "base_url": urls["primary"], "credentials": credentials},
                "standby": {"dialect": "openai-chat", "base_url": f"{urls['standby']}/v1", "credentials": credentials},
            }
            candidates = [{"upstream": "primary"}, {"upstream": "standby"}]
            tree = {
                "gateway": {"listen": f"127.0.0.1:{port}"},
                "control": {"listen": "127.0.0.1:0"},
                "state": str(state),
                "upstreams": upstreams,
                "models": {MODEL: {"candidates": candidates}},
                "telemetry": {"otlp_endpoint": collector.url, "service_name": "e2e"},
            }
            return msgspec.json.encode(tree)

        file = write_configuration(tmp_path_factory.mktemp("traces"), providers, written)
        with GatewayProcess(file, port_of(file), KEYS) as gateway:
            yield Stage(gateway, collector, providers)
            assert gateway.stop() == 0, gateway.output


def test_one_trace_leads_from_the_caller_over_the_gateway_to_every_provider(stage: Stage) -> None:
    identity = stage.ask({**CALLER, "x-lab-faults": "primary=status:code=500"})
    spans = stage.collector.until(TRACE, 3)
    server = next(one for one in spans if one.kind == one.SPAN_KIND_SERVER)
    clients = [one for one in spans if one.kind == one.SPAN_KIND_CLIENT]
    assert server.parent_span_id.hex() == PARENT
    assert attributes(server.attributes)["mainstay.exchange.id"] == identity
    assert {one.parent_span_id for one in clients} == {server.span_id}
    by_upstream = {attributes(one.attributes)["mainstay.upstream"]: one for one in clients}
    assert by_upstream["primary"].status.code == server.status.STATUS_CODE_ERROR
    # Each provider was told the span of its own attempt, across the change of dialects too.
    for name, provider in (("primary", stage.primary), ("standby", stage.standby)):
        fields = stage.heard(provider)
        assert fields["traceparent"] == f"00-{TRACE}-{by_upstream[name].span_id.hex()}-01"
        assert fields["tracestate"] == "vendor=1"
    assert stage.collector.resource["service.name"] == "e2e"
    page = get(stage.gateway.url, "/metrics").text
    assert 'mainstay_trace_spans_total{outcome="exported"}' in page


def test_a_caller_without_a_trace_begins_one(stage: Stage) -> None:
    identity = stage.ask({"traceparent": "nonsense"})
    fields = stage.heard(stage.primary)
    trace, parent = fields["traceparent"][3:35], fields["traceparent"][36:52]
    assert trace != TRACE
    spans = stage.collector.until(trace, 2)
    server = next(one for one in spans if one.kind == one.SPAN_KIND_SERVER)
    assert server.parent_span_id == b""
    assert attributes(server.attributes)["mainstay.exchange.id"] == identity
    assert parent in {one.span_id.hex() for one in spans}


def test_a_trace_that_its_caller_does_not_keep_passes_as_it_is(stage: Stage) -> None:
    unkept = {**CALLER, "traceparent": f"00-{'1' * 32}-{PARENT}-00"}
    stage.ask(unkept)
    assert stage.heard(stage.primary)["traceparent"] == unkept["traceparent"]
    # What came later is here, so what came before would be.
    stage.ask({})
    stage.collector.until(stage.heard(stage.primary)["traceparent"][3:35], 2)
    assert "1" * 32 not in {one.trace_id.hex() for one in stage.collector.spans}


def test_the_trace_stands_in_the_record(stage: Stage) -> None:
    identity = stage.ask(CALLER)

    def record() -> ExchangeRecord | None:
        with RecordReader(journal_path(stage.gateway.file.parent / "state", 0)) as reader:
            found = [row.record() for row in reader.by_exchange(identity)]
        return next((one for one in found if isinstance(one, ExchangeRecord)), None)

    stage.gateway.until(lambda: record() is not None, "the record is written")
    written = record()
    assert written is not None
    assert written.trace == CALLER["traceparent"]
