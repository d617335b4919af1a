"""Spans are made from records, in the words of OpenTelemetry's conventions for generative AI."""

import msgspec
import opentelemetry.semconv._incubating.attributes.gen_ai_attributes as conventions
import pytest

from mainstay.gateway.telemetry.context import span_id, trace_of
from mainstay.gateway.telemetry.gathering import Gathered
from mainstay.gateway.telemetry.providers import Provider
from mainstay.gateway.telemetry.spans import TEXT_CHARACTERS_MAX, Span, spans_of
from mainstay.model.records import AttemptRecord, ExchangeRecord
from tests.ledger.conftest import attempt, exchange

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
PROVIDERS = {"anthropic": Provider("anthropic", "api.anthropic.com", 443)}
EXCHANGE: ExchangeRecord = msgspec.structs.replace(
    exchange(),
    trace=CALLER,
    kind="answer",
    stream=True,
    model_asked="claude",
    model_served="claude-1",
    upstream="anthropic",
    outcome="answered",
    status=200,
    at=1_000.5,
    total_seconds=2.25,
    first_content_seconds=0.5,
    input_tokens=3,
    output_tokens=5,
    cached_tokens=2,
    cost_nanodollars=1_500_000,
    absorbed=("primary: overload",),
    fault="",
    degraded="",
)
ATTEMPT: AttemptRecord = msgspec.structs.replace(
    attempt(), model="claude-1", upstream="anthropic", outcome="served", fault="", status=200, request_id="req_1"
)
FAILED: AttemptRecord = msgspec.structs.replace(
    attempt(2), outcome="failed", fault="overload", status=529, fault_code="overloaded_error", blame="provider"
)


def spans(record: ExchangeRecord = EXCHANGE, *attempts: AttemptRecord, percent: float = 100.0) -> list[Span]:
    return spans_of(Gathered(record, attempts), PROVIDERS, percent)


def test_an_exchange_is_a_span_of_its_caller_s_trace() -> None:
    (span,) = spans()
    assert f"{span.trace_id:032x}" == CALLER[3:35]
    assert f"{span.parent_id:016x}" == CALLER[36:52]
    assert span.span_id == span_id("ex_1")
    assert (span.name, span.kind, span.error) == ("chat claude", "server", "")
    assert (span.started_at, span.ended_at) == (1_000_500_000_000, 1_002_750_000_000)
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "claude",
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "claude-1",
        "gen_ai.response.time_to_first_chunk": 0.5,
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "http.response.status_code": 200,
        "mainstay.exchange.id": "ex_1",
        "mainstay.absorbed": ("primary: overload",),
        "mainstay.cost_usd": 0.0015,
    }
    assert expected.items() <= span.attributes.items()
    assert "error.type" not in span.attributes
    assert "mainstay.cache" not in span.attributes


def test_attempts_are_calls_of_the_exchange() -> None:
    server, served, failed = spans(EXCHANGE, ATTEMPT, FAILED)
    assert {served.trace_id, failed.trace_id} == {server.trace_id}
    assert (served.parent_id, failed.parent_id) == (server.span_id, server.span_id)
    assert (served.span_id, failed.span_id) == (span_id("ex_1", 1), span_id("ex_1", 2))
    assert served.kind == "client"
    expected = {
        "gen_ai.provider.name": "anthropic",
        "server.address": "api.anthropic.com",
        "server.port": 443,
        "mainstay.request_id": "req_1",
    }
    assert expected.items() <= served.attributes.items()
    assert failed.error == "overload"
    told = {"error.type": "overload", "http.response.status_code": 529, "mainstay.fault.code": "overloaded_error"}
    assert told.items() <= failed.attributes.items()


def test_an_exchange_that_failed_is_an_error_and_a_refusal_is_none() -> None:
    (failed,) = spans(msgspec.structs.replace(EXCHANGE, outcome="failed", fault="overload"))
    (refused,) = spans(msgspec.structs.replace(EXCHANGE, outcome="refused", fault="caller"))
    assert (failed.error, refused.error) == ("overload", "")
    assert refused.attributes["error.type"] == "caller"


def test_without_a_caller_s_trace_it_is_the_first_span() -> None:
    (span,) = spans(msgspec.structs.replace(EXCHANGE, trace=""))
    assert (span.trace_id, span.parent_id) == (trace_of("ex_1", "").id, 0)


@pytest.mark.parametrize(("kind", "name"), [("count-tokens", "count_tokens claude"), ("models", "list_models claude")])
def test_other_operations_have_names_too(kind: str, name: str) -> None:
    assert spans(msgspec.structs.replace(EXCHANGE, kind=kind))[0].name == name


def test_traces_that_are_not_kept_make_no_spans() -> None:
    assert spans(msgspec.structs.replace(EXCHANGE, trace=f"{CALLER[:-1]}0")) == []
    kept = sum(bool(spans(msgspec.structs.replace(EXCHANGE, id=f"ex_{n}", trace=""), percent=50.0)) for n in range(200))
    assert 70 < kept < 130


def test_an_upstream_that_is_gone_is_unknown_and_long_texts_are_cut() -> None:
    _, span = spans(EXCHANGE, msgspec.structs.replace(ATTEMPT, upstream="gone", model="m" * 9_000))
    assert span.attributes["gen_ai.provider.name"] == "unknown"
    assert "server.address" not in span.attributes
    assert len(str(span.attributes["gen_ai.request.model"])) == TEXT_CHARACTERS_MAX


def test_every_name_of_generative_ai_is_one_of_the_conventions() -> None:
    known = {getattr(conventions, name) for name in dir(conventions) if name.startswith("GEN_AI_")}
    rich = msgspec.structs.replace(EXCHANGE, cache_write_tokens=1, reasoning_tokens=1)
    used = {name for span in spans(rich, ATTEMPT) for name in span.attributes if name.startswith("gen_ai.")}
    assert used <= known
    assert len(used) >= 10
