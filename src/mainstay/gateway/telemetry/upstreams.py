"""Upstreams as an exchange calls them that is part of a trace."""

from collections.abc import Callable
from typing import Final

import msgspec

from mainstay.gateway.driver import UpstreamAttempt, Upstreams
from mainstay.gateway.telemetry.context import TRACEPARENT, Trace, span_id, written
from mainstay.model.commands import Open
from mainstay.model.events import Event

_TRACESTATE: Final = "tracestate"


class TracedUpstreams:
    """Implements `gateway.driver.Upstreams`: each attempt's request names the attempt's span as its parent."""

    __slots__ = ("_record_id", "_trace", "_tracestate", "_upstreams")

    def __init__(self, upstreams: Upstreams, trace: Trace, record_id: str, tracestate: str) -> None:
        """For one exchange. `tracestate` is what its caller sent, empty for nothing; it is part of the trace."""
        self._upstreams = upstreams
        self._trace = trace
        self._record_id = record_id
        self._tracestate = tracestate

    def open(self, command: Open, deliver: Callable[[Event], None]) -> UpstreamAttempt:
        """Start the request."""
        own = [(TRACEPARENT, written(self._trace, span_id(self._record_id, command.attempt)))]
        if self._tracestate:
            own.append((_TRACESTATE, self._tracestate))
        kept = [field for field in command.headers if field[0] not in (TRACEPARENT, _TRACESTATE)]
        return self._upstreams.open(msgspec.structs.replace(command, headers=(*kept, *own)), deliver)
