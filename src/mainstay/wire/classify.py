"""Classification by status and by the provider's machine-readable words, from a table that each dialect fills in.

In this order, the first that knows wins: the code, the type where it is specific, an overload or another status that
speaks for itself, the type where it is general. What nobody knows is `UNKNOWN`, a kind of its own. Source: the error
tables of both providers, and `docs/faults.md`.
"""

from collections.abc import Mapping

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.wire.headers import response_headers
from mainstay.wire.retry_after import wait_seconds

MESSAGE_CHARACTERS_MAX = 500
"""A fault's message goes to terminals and callers; the whole of it stays in the body."""
CODE_CHARACTERS_MAX = 200
"""A fault's code goes into records and answers."""

_SUCCESS, _CLIENT_ERRORS_FROM, _SERVER_ERRORS_FROM, _ERRORS_BEFORE = 200, 400, 500, 600

_STATUSES: Mapping[int, FaultKind] = {
    401: FaultKind.AUTH,
    402: FaultKind.BILLING,
    403: FaultKind.AUTH,
    408: FaultKind.TRANSIENT,
    409: FaultKind.TRANSIENT,
    429: FaultKind.THROTTLE,
    500: FaultKind.SERVER,
    502: FaultKind.SERVER,
    503: FaultKind.SERVER,
    504: FaultKind.SERVER,
    529: FaultKind.OVERLOAD,
}


class Complaint(msgspec.Struct, frozen=True):
    """What a provider's error object says: its words for machines, and its prose."""

    type: str = ""
    code: str = ""
    message: str = ""


class Table(msgspec.Struct, frozen=True):
    """A dialect's knowledge. `specific` holds codes and types that mean the same under every status; `general` holds
    types that only count where the status says nothing better, as it never does inside a stream."""

    specific: Mapping[str, FaultKind]
    general: Mapping[str, FaultKind]
    spend_limit_suffix: str = "_spend_limit_reached"


def kind_of(table: Table, status: int, complaint: Complaint) -> FaultKind:
    """The kind of fault that a status and an error object name together."""
    if complaint.code.endswith(table.spend_limit_suffix):
        return FaultKind.BILLING
    for word in (complaint.code, complaint.type):
        if word in table.specific:
            return table.specific[word]
    if status in _STATUSES:
        return _STATUSES[status]
    if _CLIENT_ERRORS_FROM <= status < _SERVER_ERRORS_FROM:
        return FaultKind.REQUEST
    for word in (complaint.code, complaint.type):
        if word in table.general:
            return _unless_theirs(table.general[word], status)
    return FaultKind.UNKNOWN


def http_fault(kind: FaultKind, complaint: Complaint, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
    """The fault of a whole response, with everything that lets it reach the caller unchanged."""
    return Fault(
        kind=kind,
        message=complaint.message[:MESSAGE_CHARACTERS_MAX] or f"The provider answered with status {status}.",
        status=status,
        code=(complaint.code or complaint.type)[:CODE_CHARACTERS_MAX],
        wait_seconds=wait_seconds(status, headers, wall),
        headers=response_headers(headers),
        body=body,
    )


def inner_fault(kind: FaultKind, complaint: Complaint, status: int, body: bytes) -> Fault:
    """The fault of an error that came inside a success."""
    return Fault(
        kind=kind,
        message=complaint.message[:MESSAGE_CHARACTERS_MAX] or "The provider reported an error inside its answer.",
        status=status,
        code=(complaint.code or complaint.type)[:CODE_CHARACTERS_MAX],
        body=body,
    )


def malformed(message: str, code: str = "malformed_answer") -> Fault:
    """The fault of an answer, whole or streamed, that makes no sense or cannot be told in another dialect."""
    return Fault(FaultKind.MALFORMED, message, _SUCCESS, code)


def _unless_theirs(kind: FaultKind, status: int) -> FaultKind:
    """A 5xx is the provider's fault, whatever its body says about the request."""
    theirs = _SERVER_ERRORS_FROM <= status < _ERRORS_BEFORE
    return FaultKind.UNKNOWN if theirs and kind is FaultKind.REQUEST else kind
