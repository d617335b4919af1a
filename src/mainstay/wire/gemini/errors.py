"""Errors of the Gemini API: what they mean.

Source: Google's error model (`google.rpc.Status` with `ErrorInfo` and `RetryInfo`), the troubleshooting page of the
Gemini API and that of Vertex AI. The status words mean the same under every HTTP status.
"""

import re

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.wire.classify import Complaint, Table, http_fault, inner_fault, kind_of
from mainstay.wire.json_bytes import BAD_JSON
from mainstay.wire.retry_after import WAIT_SECONDS_MAX

TABLE = Table(
    specific={
        "API_KEY_INVALID": FaultKind.AUTH,
        "API_KEY_EXPIRED": FaultKind.AUTH,
        "SERVICE_DISABLED": FaultKind.AUTH,
        "BILLING_DISABLED": FaultKind.BILLING,
        "RESOURCE_EXHAUSTED": FaultKind.THROTTLE,
        "UNAVAILABLE": FaultKind.OVERLOAD,
        "INTERNAL": FaultKind.SERVER,
        "DEADLINE_EXCEEDED": FaultKind.SERVER,
        "DATA_LOSS": FaultKind.SERVER,
        "ABORTED": FaultKind.TRANSIENT,
        "CANCELLED": FaultKind.TRANSIENT,
        "UNAUTHENTICATED": FaultKind.AUTH,
        "PERMISSION_DENIED": FaultKind.AUTH,
        "NOT_FOUND": FaultKind.MODEL_GONE,
        # The account is without billing, or its region is not served: no request of this key can succeed.
        "FAILED_PRECONDITION": FaultKind.BILLING,
    },
    general={
        "INVALID_ARGUMENT": FaultKind.REQUEST,
        "OUT_OF_RANGE": FaultKind.REQUEST,
    },
)

_SUCCESS = 200
_INVALID_ARGUMENT = "INVALID_ARGUMENT"
# The only prose that we read: a prompt beyond the context window has no machine-readable word of its own.
_CONTEXT_PROSE = re.compile(r"token count.{0,60}exceeds", re.IGNORECASE | re.DOTALL)
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s")


class _Detail(msgspec.Struct):
    """One of several messages that share a list; the reason is `ErrorInfo`'s, the delay `RetryInfo`'s."""

    reason: str = ""
    retry_delay: str = msgspec.field(name="retryDelay", default="")


class _Error(msgspec.Struct):
    message: str = ""
    status: str = ""
    details: list[_Detail | None] = []


class _PlainError(msgspec.Struct):
    message: str = ""
    status: str = ""


class _Body(msgspec.Struct):
    error: _Error


class _PlainBody(msgspec.Struct):
    """The same with details of shapes that we do not know."""

    error: _PlainError


class _Reading(msgspec.Struct, frozen=True):
    complaint: Complaint
    retry_delay: str = ""


# Without `alt=sse` a stream is one array, and its error the only item of it.
_BODY = msgspec.json.Decoder(_Body | list[_Body])
_PLAIN_BODY = msgspec.json.Decoder(_PlainBody | list[_PlainBody])


def classify(status: int, headers: Headers, body: bytes, wall: float) -> Fault:
    """The fault of a response that is not a success. A `RetryInfo` in the body counts where no header asks to wait."""
    reading = _read(body) or _Reading(Complaint())
    complaint = reading.complaint
    fault = http_fault(_kind(status, complaint), complaint, status, headers, body, wall)
    if fault.wait_seconds is not None:
        return fault
    return msgspec.structs.replace(fault, wait_seconds=_seconds(reading.retry_delay))


def classify_inside(body: bytes) -> Fault | None:
    """The fault that an error inside a success names, or `None` where the bytes hold no error object."""
    reading = _read(body)
    if reading is None:
        return None
    complaint = reading.complaint
    fault = inner_fault(_kind(_SUCCESS, complaint), complaint, _SUCCESS, body)
    return msgspec.structs.replace(fault, wait_seconds=_seconds(reading.retry_delay))


def _kind(status: int, complaint: Complaint) -> FaultKind:
    kind = kind_of(TABLE, status, complaint)
    if kind is FaultKind.REQUEST and complaint.type == _INVALID_ARGUMENT and _CONTEXT_PROSE.search(complaint.message):
        return FaultKind.CONTEXT
    return kind


def _read(body: bytes) -> _Reading | None:
    try:
        found = _BODY.decode(body)
    except BAD_JSON:
        return _read_plain(body)
    bodies = found if isinstance(found, list) else [found]
    return _reading(bodies[0].error) if bodies else None


def _read_plain(body: bytes) -> _Reading | None:
    try:
        found = _PLAIN_BODY.decode(body)
    except BAD_JSON:
        return None
    bodies = found if isinstance(found, list) else [found]
    return _Reading(Complaint(bodies[0].error.status, "", bodies[0].error.message)) if bodies else None


def _reading(error: _Error) -> _Reading:
    details = [detail for detail in error.details if detail is not None]
    reason = next((detail.reason for detail in details if detail.reason in TABLE.specific), "")
    delay = next((detail.retry_delay for detail in details if detail.retry_delay), "")
    return _Reading(Complaint(error.status, reason, error.message), delay)


def _seconds(duration: str) -> float | None:
    """The seconds of a protobuf duration (`34s`, `34.07s`), or `None` where it is none."""
    found = _DURATION.fullmatch(duration)
    return min(float(found[1]), WAIT_SECONDS_MAX) if found else None
