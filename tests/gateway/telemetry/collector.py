"""A collector of spans (OTLP over HTTP), which may refuse or hang."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

WAIT_SECONDS = 20.0


class Collector(ThreadingHTTPServer):
    """Keeps what it takes. `status` is its answer; `is_hanging`: it gives none."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.is_hanging = False
        self.let_go = Event()
        self.paths: list[str] = []
        self.asked = Condition()
        self.resource: dict[str, str | int | float | bool] = {}
        self._spans: list[Span] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def spans(self) -> list[Span]:
        with self.asked:
            return list(self._spans)

    def take(self, path: str, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        with self.asked:
            self.paths.append(path)
            for of_resource in request.resource_spans:
                self.resource = attributes(of_resource.resource.attributes)
                for scope in of_resource.scope_spans:
                    self._spans.extend(scope.spans)
            self.asked.notify_all()

    def until(self, trace: str, count: int) -> list[Span]:
        """Wait until so many spans of a trace are here."""

        def found() -> list[Span]:
            return [one for one in self._spans if one.trace_id.hex() == trace]

        with self.asked:
            assert self.asked.wait_for(lambda: len(found()) >= count, WAIT_SECONDS), self._spans
            return found()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.is_hanging:
            self.server.let_go.wait(60)
        if self.server.status == 200:
            self.server.take(self.path, body)
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Quiet."""


def attributes(found: Iterable[KeyValue]) -> dict[str, str | int | float | bool]:
    """Attributes by name, lists as their first text."""
    return {one.key: _value(one.value) for one in found}


def _value(value: AnyValue) -> str | int | float | bool:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
        case "bool_value":
            return value.bool_value
        case _:
            return str(value.array_value.values[0].string_value)


@contextmanager
def running_collector() -> Iterator[Collector]:
    """A collector that runs until the end of the block."""
    with Collector() as collector:
        thread = Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            collector.let_go.set()
            collector.shutdown()
            thread.join(5)
