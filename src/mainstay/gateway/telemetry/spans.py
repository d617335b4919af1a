"""From the records of an exchange to spans, with OpenTelemetry's names for generative AI (semantic conventions 1.37 and
later; `gen_ai.*`). Neither prompts nor answers are in them, for the records hold none."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from mainstay.engine.cost import NANODOLLARS_PER_DOLLAR
from mainstay.gateway.telemetry.context import is_wanted, span_id, trace_of
from mainstay.gateway.telemetry.gathering import Gathered
from mainstay.gateway.telemetry.providers import UNKNOWN, Provider
from mainstay.model.records import AttemptRecord, ExchangeRecord

NANOSECONDS: Final = 1_000_000_000
TEXT_CHARACTERS_MAX: Final = 500

_OPERATIONS: Final[Mapping[str, str]] = {"answer": "chat", "count-tokens": "count_tokens", "models": "list_models"}

Value = str | bool | int | float | tuple[str, ...]


class Span(msgspec.Struct, frozen=True):
    """One span. Instants are nanoseconds since 1970. `error` is the kind of fault that it ended with, empty for
    none. A `server` was called (the exchange), a `client` calls (an attempt)."""

    trace_id: int
    span_id: int
    parent_id: int
    name: str
    kind: Literal["server", "client"]
    started_at: int
    ended_at: int
    attributes: dict[str, Value]
    error: str = ""


def spans_of(gathered: Gathered, providers: Mapping[str, Provider], percent: float) -> list[Span]:
    """The spans of an exchange and its attempts; none where its trace is not kept."""
    exchange = gathered.exchange
    trace = trace_of(exchange.id, exchange.trace)
    if not is_wanted(trace, percent):
        return []
    own = span_id(exchange.id)
    operation = _OPERATIONS.get(exchange.kind, exchange.kind)
    started_at, ended_at = _instants(exchange)
    server = Span(
        trace.id,
        own,
        trace.parent,
        f"{operation} {_cut(exchange.model_asked)}".rstrip(),
        "server",
        started_at,
        ended_at,
        dict(_of_exchange(exchange, operation)),
        exchange.fault if exchange.outcome == "failed" else "",
    )
    return [server, *(_attempt(one, trace.id, own, operation, providers) for one in gathered.attempts)]


def _attempt(
    record: AttemptRecord, trace_id: int, parent_id: int, operation: str, providers: Mapping[str, Provider]
) -> Span:
    started_at, ended_at = _instants(record)
    return Span(
        trace_id,
        span_id(record.exchange, record.number),
        parent_id,
        f"{operation} {_cut(record.model)}".rstrip(),
        "client",
        started_at,
        ended_at,
        dict(_of_attempt(record, operation, providers.get(record.upstream, UNKNOWN))),
        record.fault if record.outcome in {"failed", "continued"} else "",
    )


def _of_exchange(record: ExchangeRecord, operation: str) -> Iterator[tuple[str, Value]]:
    yield "gen_ai.operation.name", operation
    yield "gen_ai.provider.name", "mainstay"
    yield "gen_ai.request.model", _cut(record.model_asked)
    yield "gen_ai.request.stream", record.stream
    yield "mainstay.exchange.id", record.id
    yield "mainstay.outcome", record.outcome
    yield "mainstay.attempts", record.attempts
    yield "mainstay.tenant", record.tenant
    yield "mainstay.workload", record.workload
    optional: dict[str, Value] = {
        "gen_ai.response.model": _cut(record.model_served),
        "mainstay.upstream": record.upstream,
        "mainstay.degraded": _cut(record.degraded),
        "mainstay.absorbed": record.absorbed,
        "mainstay.recovered": record.recovered,
        "mainstay.cache": record.cache,
        "mainstay.repeats": record.repeats,
        "mainstay.queued_seconds": record.queued_seconds,
    }
    yield from ((name, value) for name, value in optional.items() if value)
    yield from _shared(record)


def _of_attempt(record: AttemptRecord, operation: str, provider: Provider) -> Iterator[tuple[str, Value]]:
    yield "gen_ai.operation.name", operation
    yield "gen_ai.provider.name", provider.name
    yield "gen_ai.request.model", _cut(record.model)
    yield "mainstay.upstream", record.upstream
    yield "mainstay.attempt", record.number
    yield "mainstay.chosen", record.chosen
    yield "mainstay.outcome", record.outcome
    if provider.host:
        yield "server.address", provider.host
        yield "server.port", provider.port
    optional: dict[str, Value] = {
        "mainstay.request_id": _cut(record.request_id),
        "mainstay.fault.code": _cut(record.fault_code),
        "mainstay.blame": record.blame,
    }
    yield from ((name, value) for name, value in optional.items() if value)
    yield from _shared(record)


def _shared(record: ExchangeRecord | AttemptRecord) -> Iterator[tuple[str, Value]]:
    """What exchanges and attempts tell in the same words."""
    if record.status:
        yield "http.response.status_code", record.status
    if record.fault:
        yield "error.type", record.fault
    if record.first_content_seconds is not None:
        yield "gen_ai.response.time_to_first_chunk", record.first_content_seconds
    tokens = {
        "gen_ai.usage.input_tokens": record.input_tokens,
        "gen_ai.usage.output_tokens": record.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": record.cached_tokens,
        "gen_ai.usage.cache_creation.input_tokens": record.cache_write_tokens,
        "gen_ai.usage.reasoning.output_tokens": record.reasoning_tokens,
    }
    yield from ((name, count) for name, count in tokens.items() if count)
    if record.usage_estimated:
        yield "mainstay.usage_estimated", True
    if record.cost_nanodollars is not None:
        yield "mainstay.cost_usd", record.cost_nanodollars / NANODOLLARS_PER_DOLLAR


def _instants(record: ExchangeRecord | AttemptRecord) -> tuple[int, int]:
    started_at = round(record.at * NANOSECONDS)
    return started_at, started_at + round(record.total_seconds * NANOSECONDS)


def _cut(text: str) -> str:
    return text[:TEXT_CHARACTERS_MAX]
