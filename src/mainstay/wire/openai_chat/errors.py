"""Errors of Chat Completions: what they mean, and how ours look.

Source: OpenAI's public error reference; types of vLLM and numeric codes of aggregators as seen in their sources.
"""

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
from mainstay.wire.json_bytes import BAD_JSON
from mainstay.wire.sse import write_event

TABLE = Table(
    specific={
        "server_is_overloaded": FaultKind.OVERLOAD,
        "slow_down": FaultKind.OVERLOAD,
        "overloaded_error": FaultKind.OVERLOAD,
        "engine_overloaded": FaultKind.OVERLOAD,
        "rate_limit_exceeded": FaultKind.THROTTLE,
        "rate_limit_error": FaultKind.THROTTLE,
        "insufficient_quota": FaultKind.BILLING,
        "billing_hard_limit_reached": FaultKind.BILLING,
        "billing_not_active": FaultKind.BILLING,
        "billing_error": FaultKind.BILLING,
        "usage_limit_reached": FaultKind.BILLING,
        "invalid_api_key": FaultKind.AUTH,
        "account_deactivated": FaultKind.AUTH,
        "authentication_error": FaultKind.AUTH,
        "permission_error": FaultKind.AUTH,
        "permission_denied": FaultKind.AUTH,
        "context_length_exceeded": FaultKind.CONTEXT,
        "invalid_encrypted_content": FaultKind.SEALED,
        "model_not_found": FaultKind.MODEL_GONE,
        "not_found_error": FaultKind.MODEL_GONE,
        "NotFoundError": FaultKind.MODEL_GONE,
    },
    general={
        "server_error": FaultKind.SERVER,
        "api_error": FaultKind.SERVER,
        "timeout_error": FaultKind.SERVER,
        "internal_error": FaultKind.SERVER,
        "internal_server_error": FaultKind.SERVER,
        "InternalServerError": FaultKind.SERVER,
        "invalid_request_error": FaultKind.REQUEST,
        "BadRequestError": FaultKind.REQUEST,
        "content_filter": FaultKind.REQUEST,
        "content_policy_violation": FaultKind.REQUEST,
    },
)

OVERLOADED = "server_is_overloaded"
"""What clients of this API take for a reason to wait and to try again."""
_SUCCESS = 200
_SERVER_ERRORS_FROM = 500
_ERRORS = range(400, 600)

_TYPES: dict[int, str] = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class _Error(msgspec.Struct):
    message: str | None = None
    type: str | None = None
    code: str | int | None = None


class _Body(msgspec.Struct):
    error: _Error | str


class _FlatBody(msgspec.Struct, tag_field="object", tag="error"):
    """The shape of older vLLM: the error object without its envelope."""

    message: str
    type: str | None = None
    code: str | int | None = None


class _RawError(msgspec.Struct):
    error: msgspec.Raw


class _OwnError(msgspec.Struct):
    message: str
    type: str
    code: str
    param: None = None


class _ErrorBody(msgspec.Struct):
    error: _OwnError | msgspec.Raw


_BODY = msgspec.json.Decoder(_Body)
_FLAT_BODY = msgspec.json.Decoder(_FlatBody)
_RAW_ERROR = msgspec.json.Decoder(_RawError)


class _Reading(msgspec.Struct, frozen=True):
    complaint: Complaint
    status: int | None
    """A status that stood in the place of the code, as aggregators and vLLM send it."""


def classify(status: int, headers: Headers, body: bytes, wall: float) -> Fault:
    """The fault of a response that is not a success."""
    reading = _read(body)
    complaint = Complaint() if reading is None else reading.complaint
    return http_fault(kind_of(TABLE, status, complaint), complaint, status, headers, body, wall)


def classify_inside(body: bytes) -> Fault | None:
    """The fault that an error inside a success names, or `None` where the bytes hold no error object."""
    reading = _read(body)
    if reading is None:
        return None
    kind = kind_of(TABLE, reading.status or _SUCCESS, reading.complaint)
    return inner_fault(kind, reading.complaint, _SUCCESS, body)


def error_reply(fault: Fault, exchange_id: str) -> Reply:
    """The whole error response for a fault."""
    if is_providers_answer(fault):
        return provider_reply(fault)
    said = words(fault, exchange_id)
    return own_reply(fault, said.status, _body(fault, said))


def error_event(fault: Fault, exchange_id: str) -> bytes:
    """The event that ends a failed stream."""
    return write_event(_body(fault, words(fault, exchange_id)))


def _body(fault: Fault, said: Words) -> bytes:
    if may_quote(fault):
        try:
            return msgspec.json.encode(_ErrorBody(_RAW_ERROR.decode(fault.body).error))
        except BAD_JSON:
            pass
    server = said.status >= _SERVER_ERRORS_FROM
    kind = _TYPES.get(said.status, "server_error" if server else "invalid_request_error")
    # Our own reason for turning somebody away stands in the record.
    code = OVERLOADED if fault.kind is FaultKind.SHED else said.code or fault.kind.value
    return msgspec.json.encode(_ErrorBody(_OwnError(said.message, kind, code)))


def _read(body: bytes) -> _Reading | None:
    try:
        error = _BODY.decode(body).error
    except BAD_JSON:
        return _read_flat(body)
    return _Reading(Complaint(message=error), None) if isinstance(error, str) else _reading(error)


def _read_flat(body: bytes) -> _Reading | None:
    try:
        flat = _FLAT_BODY.decode(body)
    except BAD_JSON:
        return None
    return _reading(_Error(flat.message, flat.type, flat.code))


def _reading(error: _Error) -> _Reading:
    code = error.code if isinstance(error.code, str) else ""
    status = error.code if isinstance(error.code, int) and error.code in _ERRORS else None
    return _Reading(Complaint(error.type or "", code, error.message or ""), status)
