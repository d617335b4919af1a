"""Each attempt's request names the attempt's span."""

from mainstay.gateway.telemetry.context import Trace, span_id, written
from mainstay.gateway.telemetry.upstreams import TracedUpstreams
from mainstay.model.commands import Open
from mainstay.model.http import Headers
from tests.gateway.doubles import FakeUpstreams

TRACE = Trace(5, 6, 1)


def sent(headers: Headers, tracestate: str = "", attempt: int = 1) -> Headers:
    upstreams = FakeUpstreams([])
    traced = TracedUpstreams(upstreams, TRACE, "ex_1", tracestate)
    traced.open(Open(attempt, "alpha", "http://alpha", headers, b"", 1.0), lambda _event: None)
    return upstreams.attempts[-1].command.headers


def test_a_request_that_names_no_trace_gets_one() -> None:
    assert sent((("a", "b"),)) == (("a", "b"), ("traceparent", written(TRACE, span_id("ex_1", 1))))


def test_the_caller_s_span_is_not_the_parent_any_more() -> None:
    found = sent((("traceparent", written(TRACE, 6)), ("a", "b"), ("tracestate", "x=y")), "x=y", attempt=2)
    assert found == (("a", "b"), ("traceparent", written(TRACE, span_id("ex_1", 2))), ("tracestate", "x=y"))


def test_a_state_without_its_trace_is_left_out() -> None:
    assert dict(sent((("tracestate", "x=y"),))) == {"traceparent": written(TRACE, span_id("ex_1", 1))}
