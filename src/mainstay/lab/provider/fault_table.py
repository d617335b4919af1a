"""The table of faults: each with what it does and the parameters it takes. Data only; `perform` acts on it."""

from enum import Enum

import msgspec

Value = str | int | float | bool


class Parameter(msgspec.Struct, frozen=True):
    """One setting of a fault. The type of `default` is the type of the setting; `choices` bounds a text."""

    name: str
    default: Value
    meaning: str
    choices: tuple[str, ...] = ()


class FaultGroup(Enum):
    """Where a fault sets in."""

    NONE = "none"
    CONNECTION = "connection"
    """The transport fails or falls silent."""
    STATUS = "status"
    """Another answer than a success."""
    STREAM = "stream"
    """The bytes of a success are wrong, missing or late."""
    ANSWER = "answer"
    """A well-formed answer that is no good."""
    HARMLESS = "harmless"
    """Unusual, but a correct client gets the whole answer."""


class FaultEntry(msgspec.Struct, frozen=True):
    """One row of the table."""

    group: FaultGroup
    description: str
    parameters: tuple[Parameter, ...] = ()


_AFTER = Parameter("after", 40, "characters of text that come through first")
_CUT_PHASE = Parameter("phase", "content", "how far it gets", ("headers", "preamble", "content", "tool", "before-end"))
_STALL_PHASE = Parameter(
    "phase", "content", "how far it gets", ("connect", "headers", "preamble", "content", "tool", "end")
)
_ERROR_PLACE = Parameter("at", "content", "where in the stream", ("start", "preamble", "content"))
_DELAY = Parameter("delay", 0.0, "seconds before the answer")
_BODY = Parameter("body", "json", "kind of body", ("json", "html", "text", "empty"))
_FORM = Parameter("form", "seconds", "how the wait is written", ("seconds", "milliseconds", "date", "nonsense", "none"))
_WAIT = (Parameter("retry_after", 2.0, "seconds to wait"), _FORM)
_MAY_WAIT = (
    Parameter("retry_after", 2.0, "seconds to wait"),
    Parameter("form", "none", "how the wait is written", _FORM.choices),
)


def _row(group: FaultGroup, description: str, *parameters: Parameter) -> FaultEntry:
    return FaultEntry(group, description, parameters)


def _status(description: str, *parameters: Parameter, body: str = "json") -> FaultEntry:
    default_body = Parameter(_BODY.name, body, _BODY.meaning, _BODY.choices)
    return FaultEntry(FaultGroup.STATUS, description, (*parameters, default_body, _DELAY))


FAULTS: dict[str, FaultEntry] = {
    "ok": _row(FaultGroup.NONE, "no fault"),
    "refuse": _row(FaultGroup.CONNECTION, "no connection; for good: the port is closed"),
    "reset-before-headers": _row(FaultGroup.CONNECTION, "connection reset before the first byte"),
    "close-early": _row(FaultGroup.CONNECTION, "connection closed in order before the first byte"),
    "reset": _row(FaultGroup.CONNECTION, "connection reset in the middle of the answer", _AFTER),
    "cut": _row(
        FaultGroup.CONNECTION,
        "the answer breaks off",
        _CUT_PHASE,
        _AFTER,
        Parameter("clean", default=False, meaning="HTTP ends in order, only the terminal marker is missing"),
        Parameter("torn", default=False, meaning="half of the next event still comes"),
    ),
    "stall": _row(FaultGroup.CONNECTION, "silence for ever", _STALL_PHASE, _AFTER),
    "pings-only": _row(
        FaultGroup.STREAM,
        "nothing but keep-alives for a while, then the rest",
        Parameter("after", 0, _AFTER.meaning),
        Parameter("seconds", 5.0, "how long"),
        Parameter("interval", 1.0, "seconds between keep-alives"),
    ),
    "slow": _row(FaultGroup.STREAM, "a trickle", Parameter("chars_per_second", 10.0, "speed of the text")),
    "dribble-headers": _row(
        FaultGroup.STREAM, "the header comes in small pieces", Parameter("seconds", 2.0, "how long it takes")
    ),
    "status": _status(
        "any status",
        Parameter("code", 500, "HTTP status"),
        Parameter("type", "api_error", "type (and code) in the body"),
        Parameter("message", "A fault on demand.", "message in the body"),
    ),
    "overloaded": _status("529 overloaded_error; OpenAI: 503 slow_down", *_MAY_WAIT),
    "throttle": _status("429 with a time to wait", *_WAIT),
    "ramp-limit": _status("429 because traffic grew too fast", *_WAIT),
    "credit-balance": _status("400 that means: no credit left (OpenAI: with a code)"),
    "insufficient-quota": _status("OpenAI: 429 insufficient_quota; Anthropic: 400 usage limit reached"),
    "spend-limit": _status("429 that waiting does not help: spend limit reached"),
    "billing": _status("402 billing trouble"),
    "auth": _status("401 credential refused"),
    "forbidden": _status("403 not permitted"),
    "not-found": _status("404 unknown or retired model"),
    "timeout-408": _status("408 request timeout"),
    "conflict": _status("409 conflict"),
    "bad-request": _status("400 the request is wrong"),
    "too-large": _status("413 request too large"),
    "context": _status("400 longer than the context window"),
    "unprocessable": _status("422 unprocessable"),
    "server-error": _status("500 internal error"),
    "bad-gateway": _status("502 from a proxy, HTML", body="html"),
    "unavailable": _status("503 unavailable", *_MAY_WAIT),
    "gateway-timeout": _status("504 timeout"),
    "unknown-status": _status("a status nobody documents", Parameter("code", 520, "HTTP status"), body="empty"),
    "inband-error": _row(
        FaultGroup.STREAM,
        "200, then an error event in the stream (not streamed: an error object as the answer)",
        Parameter("type", "overloaded_error", "the error's type"),
        Parameter("event", "error", "how OpenAI Responses tells it: `error` or `response.failed`", ("error", "failed")),
        _ERROR_PLACE,
        _AFTER,
    ),
    "truncated-json": _row(FaultGroup.STREAM, "JSON broken off, yet HTTP ends in order"),
    "malformed-event": _row(FaultGroup.STREAM, "one event in the middle is no JSON; the rest is whole"),
    "no-done": _row(FaultGroup.STREAM, "stop reason, but no terminal marker"),
    "early-finish": _row(FaultGroup.STREAM, "terminal marker, but no stop reason"),
    "wrong-length": _row(
        FaultGroup.STREAM,
        "content-length is wrong, then the connection closes",
        Parameter("by", 10, "bytes too many (negative: too few)"),
    ),
    "html-200": _row(FaultGroup.ANSWER, "200 with a web page"),
    "empty": _row(
        FaultGroup.ANSWER,
        "a success that says nothing",
        Parameter("what", "content", "what is missing", ("content", "choices")),
    ),
    "refusal": _row(FaultGroup.ANSWER, "the model refuses"),
    "content-filter": _row(FaultGroup.ANSWER, "a filter stops the text", _AFTER),
    "tool-broken-json": _row(FaultGroup.ANSWER, "arguments of the tool call are no JSON"),
    "tool-same-ids": _row(FaultGroup.ANSWER, "all tool calls of the answer have one id"),
    "thinking-only": _row(FaultGroup.ANSWER, "reasoning, but no text"),
    "split": _row(FaultGroup.HARMLESS, "every few bytes are sent alone", Parameter("bytes", 1, "size of a piece")),
    "packed": _row(FaultGroup.HARMLESS, "all events in one piece"),
    "crlf": _row(FaultGroup.HARMLESS, "lines end in CR LF"),
    "empty-data": _row(FaultGroup.HARMLESS, "an event without payload in the middle"),
    "comments": _row(FaultGroup.HARMLESS, "a comment after every event"),
    "gzip": _row(FaultGroup.HARMLESS, "the body is compressed, asked for or not"),
    "unknown-event": _row(FaultGroup.HARMLESS, "an event of an unknown type in the middle"),
}
