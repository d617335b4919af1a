"""Anthropic's errors: what they mean, and how ours look.

Source: the public error reference of the Messages API, and its streaming page for errors inside a stream.
"""

import re

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers, Reply
from mainstay.wire.classify import Complaint, Table, http_fault, inner_fault, kind_of
from mainstay.wire.error_reply import (
    Words,
    is_providers_answer,
    may_quote,
    own_reply,
    provider_reply,
    words,
)
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given
from mainstay.wire.sse import write_event

TABLE = Table(
    specific={
        "overloaded_error": FaultKind.OVERLOAD,
        "compaction_unavailable": FaultKind.OVERLOAD,
        "rate_limit_error": FaultKind.THROTTLE,
        "ramp_limit_exceeded": FaultKind.THROTTLE,
        "billing_error": FaultKind.BILLING,
        "authentication_error": FaultKind.AUTH,
        "permission_error": FaultKind.AUTH,
        "not_found_error": FaultKind.MODEL_GONE,
        "conflict_error": FaultKind.TRANSIENT,
    },
    general={
        "api_error": FaultKind.SERVER,
        "timeout_error": FaultKind.SERVER,
        "server_error": FaultKind.SERVER,
        "invalid_request_error": FaultKind.REQUEST,
        "request_too_large": FaultKind.REQUEST,
    },
)

_BAD_REQUEST = 400
_OVERLOADED = 529
_SUCCESS = 200
_OVERLOADS = frozenset((FaultKind.OVERLOAD, FaultKind.SHED))

# The only prose that we read. Anthropic says these things with a plain 400 `invalid_request_error` and no code, and the
# first group is about the operator's account: taken for the caller's mistake it would stop every request for good.
_SIGNATURE_PROSE = re.compile(r"invalid `?signature`? in `?(?:redacted_)?thinking`? block")
_ACCOUNT_PROSE = ("credit balance", "spend limit", "spending limit", "usage limit")
_CONTEXT_PROSE = "prompt is too long"

_TYPES: dict[int, str] = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class _Details(msgspec.Struct):
    error_code: str | None = None


class _Error(msgspec.Struct):
    type: str
    message: str | None = None
    details: msgspec.Raw = ABSENT


class _Body(msgspec.Struct):
    error: _Error


class _RawError(msgspec.Struct):
    error: msgspec.Raw
    request_id: str | None = None


class OwnError(msgspec.Struct):
    """The error object in our own words."""

    type: str
    message: str


class ErrorBody(msgspec.Struct, tag_field="type", tag="error"):
    """The body of an error response, and the data of an error event."""

    error: OwnError | msgspec.Raw
    request_id: str


_BODY = msgspec.json.Decoder(_Body)
_RAW_ERROR = msgspec.json.Decoder(_RawError)
_DETAILS = msgspec.json.Decoder(_Details)


def read_complaint(body: bytes) -> Complaint | None:
    """What the error object in a body says, or `None` where there is none."""
    try:
        error = _BODY.decode(body).error
    except BAD_JSON:
        return None
    return Complaint(error.type, _error_code(error.details), error.message or "")


def classify(status: int, headers: Headers, body: bytes, wall: float) -> Fault:
    """The fault of a response that is not a success."""
    complaint = read_complaint(body) or Complaint()
    return http_fault(_kind(status, complaint), complaint, status, headers, body, wall)


def classify_inside(body: bytes) -> Fault | None:
    """The fault that an error inside a success names, or `None` where the bytes hold no error object."""
    complaint = read_complaint(body)
    if complaint is None:
        return None
    return inner_fault(_kind(_SUCCESS, complaint), complaint, _SUCCESS, body)


def error_reply(fault: Fault, exchange_id: str) -> Reply:
    """The whole error response for a fault."""
    if is_providers_answer(fault):
        return provider_reply(fault)
    said = words(fault, exchange_id)
    status = _OVERLOADED if fault.kind in _OVERLOADS else said.status
    return own_reply(fault, status, _body(fault, said, status))


def error_event(fault: Fault, exchange_id: str) -> bytes:
    """The event that ends a failed stream."""
    said = words(fault, exchange_id)
    status = _OVERLOADED if fault.kind in _OVERLOADS else said.status
    return write_event(_body(fault, said, status), b"error")


def _body(fault: Fault, said: Words, status: int) -> bytes:
    error: OwnError | msgspec.Raw = OwnError(_TYPES.get(status, _type_of_class(status)), said.message)
    request_id = said.exchange_id
    if may_quote(fault):
        try:
            quoted = _RAW_ERROR.decode(fault.body)
        except BAD_JSON:
            pass
        else:
            error, request_id = quoted.error, quoted.request_id or request_id
    return msgspec.json.encode(ErrorBody(error, request_id))


def _kind(status: int, complaint: Complaint) -> FaultKind:
    kind = kind_of(TABLE, status, complaint)
    if kind is FaultKind.REQUEST and status in {_BAD_REQUEST, _SUCCESS} and complaint.type == "invalid_request_error":
        return _kind_of_prose(complaint.message.lower())
    return kind


def _kind_of_prose(message: str) -> FaultKind:
    if _SIGNATURE_PROSE.search(message):
        return FaultKind.SEALED
    if any(prose in message for prose in _ACCOUNT_PROSE):
        return FaultKind.BILLING
    return FaultKind.CONTEXT if _CONTEXT_PROSE in message else FaultKind.REQUEST


def _error_code(details: msgspec.Raw) -> str:
    if not is_given(details):
        return ""
    try:
        return _DETAILS.decode(details).error_code or ""
    except BAD_JSON:
        return ""


def _type_of_class(status: int) -> str:
    return "invalid_request_error" if _BAD_REQUEST <= status < 500 else "api_error"  # noqa: PLR2004 (HTTP class)
