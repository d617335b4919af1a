"""Sends spans to a collector by OTLP over HTTP, with OpenTelemetry's own exporter.

Loaded only where traces are configured: the libraries take time and memory.
"""

import logging
from collections.abc import Sequence
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from mainstay import __version__
from mainstay.gateway.telemetry.spans import Span
from mainstay.model.settings import TelemetrySettings

EXPORT_SECONDS: Final = 5.0
"""For one batch, with all tries."""
PATH: Final = "/v1/traces"

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_SCOPE: Final = InstrumentationScope("mainstay", __version__)


class OtlpExporter:
    """Implements `gateway.telemetry.telemetry.Exporter`. Used by one thread."""

    def __init__(self, settings: TelemetrySettings, instance: str) -> None:
        """`instance` names this process among all of its service."""
        _keep_quiet()
        self._exporter = OTLPSpanExporter(endpoint=endpoint(settings.otlp_endpoint), timeout=EXPORT_SECONDS)
        self._resource = Resource.create(
            {
                "service.name": settings.service_name,
                "service.version": __version__,
                "service.instance.id": instance,
            }
        )

    def export(self, spans: Sequence[Span]) -> bool:
        """Send a batch; whether the collector took it. Raises nothing."""
        try:
            return self._exporter.export([readable(one, self._resource) for one in spans]) is SpanExportResult.SUCCESS
        except Exception:  # noqa: BLE001 - whatever a library raises costs no more than these spans
            return False

    def close(self) -> None:
        """Nothing is sent any more; a try that waits gives up."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


def endpoint(url: str) -> str:
    """Where traces are posted to, of a collector that is at this URL."""
    return url if url.endswith(PATH) else f"{url}{PATH}"


def readable(span: Span, resource: Resource) -> ReadableSpan:
    """The span as the library writes it."""
    parent = _context(span.trace_id, span.parent_id, is_remote=span.kind == "server") if span.parent_id else None
    attributes = dict(span.attributes)
    return ReadableSpan(
        span.name,
        context=_context(span.trace_id, span.span_id, is_remote=False),
        parent=parent,
        resource=resource,
        attributes=attributes,
        kind=SpanKind.SERVER if span.kind == "server" else SpanKind.CLIENT,
        status=Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.UNSET),
        start_time=span.started_at,
        end_time=span.ended_at,
        instrumentation_scope=_SCOPE,
    )


def _context(trace_id: int, span: int, *, is_remote: bool) -> SpanContext:
    return SpanContext(trace_id, span, is_remote=is_remote, trace_flags=_SAMPLED)


def _keep_quiet() -> None:
    """What the library logs could hold fields that authenticate us; whether spans arrive is told by ourselves."""
    logger = logging.getLogger("opentelemetry")
    if not any(isinstance(one, logging.NullHandler) for one in logger.handlers):
        logger.addHandler(logging.NullHandler())
    logger.propagate = False
