"""Errors of Responses. Whole error responses look and mean the same as in Chat Completions; what differs is how a
failure is told inside an answer: a flat `error` event, or a response whose status is `failed`.

Source: the public streaming reference; the words that a coding client acts on, as seen in its source.
"""

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.classify import Complaint, Table, inner_fault, kind_of
from mainstay.wire.error_reply import words
from mainstay.wire.json_bytes import BAD_JSON
from mainstay.wire.openai_chat.errors import OVERLOADED, TABLE, classify, classify_inside, error_reply

__all__ = ("classify", "classify_inside", "complaint_fault", "error_reply", "failure")

_SUCCESS = 200

INSIDE = Table(
    specific={
        **TABLE.specific,
        "usage_not_included": FaultKind.BILLING,
        "invalid_prompt": FaultKind.REQUEST,
        "previous_response_not_found": FaultKind.REQUEST,
        "data_residency_mismatch": FaultKind.REQUEST,
        "bio_policy": FaultKind.REQUEST,
        "misalignment_policy_violation": FaultKind.REQUEST,
        "vector_store_timeout": FaultKind.SERVER,
        "failed_to_download_image": FaultKind.REQUEST,
        "empty_image_file": FaultKind.REQUEST,
        "unsupported_image_media_type": FaultKind.REQUEST,
    },
    general=TABLE.general,
)
"""What the codes of a failed response mean, besides those of Chat Completions."""
_IMAGE_CODES = ("invalid_image", "image_", "invalid_base64_image")

_CODES: dict[FaultKind, str] = {
    FaultKind.OVERLOAD: OVERLOADED,
    FaultKind.SHED: OVERLOADED,
    FaultKind.THROTTLE: "rate_limit_exceeded",
    FaultKind.BILLING: "insufficient_quota",
    FaultKind.CONTEXT: "context_length_exceeded",
    FaultKind.REQUEST: "invalid_prompt",
    FaultKind.REFUSED: "invalid_prompt",
}
_ANY_OTHER = "server_error"
_RETRIED = "rate_limit_exceeded"
_WORTH_A_WAIT = frozenset((FaultKind.THROTTLE, FaultKind.NO_CANDIDATE, FaultKind.SHED))
# Codes that clients know; a provider's own code passes where it is one of them.
_KNOWN = frozenset((*_CODES.values(), _ANY_OTHER, "slow_down", "usage_not_included", "vector_store_timeout"))


class Failure(msgspec.Struct):
    """The `error` member of a failed response."""

    code: str
    message: str


class _Named(msgspec.Struct):
    code: str | None = None
    message: str | None = None
    type: str | None = None


_NAMED = msgspec.json.Decoder(_Named)


def complaint_fault(error: bytes | msgspec.Raw, body: bytes) -> Fault | None:
    """The fault of a bare error object (`{"code", "message"}`); `None` where the bytes are none. `body` is what the
    caller may see of it: the whole event or answer."""
    try:
        named = _NAMED.decode(error)
    except BAD_JSON:
        return None
    # A flat event says `error` for a type, which is no type of error.
    kind = "" if named.type in {None, "error"} else named.type or ""
    complaint = Complaint(kind, named.code or "", named.message or "")
    given = complaint.code.startswith(_IMAGE_CODES)
    found = FaultKind.REQUEST if given else kind_of(INSIDE, _SUCCESS, complaint)
    return inner_fault(found, complaint, _SUCCESS, body)


def failure(fault: Fault, exchange_id: str) -> Failure:
    """What a failed response says about the fault, in the words that clients act on."""
    said = words(fault, exchange_id)
    code = said.code if said.code in _KNOWN else _CODES.get(fault.kind, _ANY_OTHER)
    message = said.message
    if fault.wait_seconds is not None and fault.kind in _WORTH_A_WAIT:
        # Clients read the wait from the prose, and only beside this code.
        return Failure(_RETRIED, f"{message} Please try again in {max(fault.wait_seconds, 0.0):.1f}s.")
    return Failure(code, message)
