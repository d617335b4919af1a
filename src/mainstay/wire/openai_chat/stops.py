"""Finish reasons of Chat Completions and what they mean, both ways.

Source: the public reference (`stop`, `length`, `tool_calls`, `content_filter`, `function_call`); the others as seen in
the sources of self-hosted servers and aggregators.
"""

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.piece import Stop
from mainstay.wire.reader import STREAM_STATUS

_END = Stop.END

_MEANINGS: dict[str, Stop] = {
    "stop": Stop.END,
    "length": Stop.LENGTH,
    "max_tokens": Stop.LENGTH,
    "model_length": Stop.CONTEXT,
    "tool_calls": Stop.TOOL,
    "function_call": Stop.TOOL,
    "content_filter": Stop.FILTER,
}
_FAILURES: dict[str, FaultKind] = {
    "error": FaultKind.UNKNOWN,
    "abort": FaultKind.SERVER,
    "insufficient_system_resource": FaultKind.OVERLOAD,
}
_WORDS: dict[Stop, str] = {
    Stop.END: "stop",
    Stop.LENGTH: "length",
    Stop.TOOL: "tool_calls",
    Stop.SEQUENCE: "stop",
    Stop.REFUSAL: "content_filter",
    Stop.FILTER: "content_filter",
    Stop.CONTEXT: "length",
    Stop.PAUSE: "stop",
}
CUTS_OFF = frozenset({Stop.LENGTH, Stop.CONTEXT, Stop.FILTER})
"""Stops that may fall into the middle of a tool call."""


def stop_of(finish_reason: str) -> Stop:
    """What a finish reason means; one that nobody knows is an end."""
    return _MEANINGS.get(finish_reason, _END)


def failure_of(finish_reason: str) -> Fault | None:
    """The fault of a finish reason that says that the answer is not one."""
    kind = _FAILURES.get(finish_reason)
    if kind is None:
        return None
    return Fault(kind, "The provider ended its answer with an error.", STREAM_STATUS, f"finish_{finish_reason}"[:60])


def finish_reason_of(stop: Stop, *, has_refusal: bool) -> str:
    """The word for a stop. A refusal in words ends like any answer; one without words looks like a filter's work."""
    return "stop" if has_refusal and stop is Stop.REFUSAL else _WORDS[stop]


def told_stop(stop: Stop, *, has_calls: bool, has_refusal: bool, sequence: str) -> Stop:
    """What an ending means once it is known what came before it."""
    if stop is not _END:
        return stop
    if has_calls:
        return Stop.TOOL
    if has_refusal:
        return Stop.REFUSAL
    return Stop.SEQUENCE if sequence else stop
