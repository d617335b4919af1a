"""Bedrock's errors: what they mean.

The name of an error is in the header `x-amzn-errortype` (perhaps with a URL behind a colon) or in the body's `__type`
or `code` (perhaps with a namespace before a hash), inside a stream in the header of an exception, there with a small
first letter. Source: the service description, Amazon's page on troubleshooting Bedrock's error codes, and the common
errors of signed requests.
"""

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.wire.bedrock.event_stream import ERROR, Message
from mainstay.wire.classify import Complaint, Table, http_fault, inner_fault, kind_of
from mainstay.wire.headers import header
from mainstay.wire.json_bytes import BAD_JSON

TABLE = Table(
    specific={
        "ThrottlingException": FaultKind.THROTTLE,
        "TooManyRequestsException": FaultKind.THROTTLE,
        "ServiceQuotaExceededException": FaultKind.THROTTLE,
        "AccessDeniedException": FaultKind.AUTH,
        "UnrecognizedClientException": FaultKind.AUTH,
        "InvalidClientTokenId": FaultKind.AUTH,
        "ExpiredTokenException": FaultKind.AUTH,
        "ExpiredToken": FaultKind.AUTH,
        "RequestExpired": FaultKind.AUTH,
        "InvalidSignatureException": FaultKind.AUTH,
        "SignatureDoesNotMatch": FaultKind.AUTH,
        "IncompleteSignatureException": FaultKind.AUTH,
        "IncompleteSignature": FaultKind.AUTH,
        "MissingAuthenticationTokenException": FaultKind.AUTH,
        "MissingAuthenticationToken": FaultKind.AUTH,
        "OptInRequired": FaultKind.AUTH,
        "ResourceNotFoundException": FaultKind.MODEL_GONE,
        "UnknownOperationException": FaultKind.MODEL_GONE,
        "ModelNotReadyException": FaultKind.TRANSIENT,
        "ModelTimeoutException": FaultKind.SERVER,
        "ModelErrorException": FaultKind.SERVER,
        "ModelStreamErrorException": FaultKind.SERVER,
        "InternalServerException": FaultKind.SERVER,
        "InternalFailure": FaultKind.SERVER,
        "ServiceUnavailableException": FaultKind.OVERLOAD,
        "ServiceUnavailable": FaultKind.OVERLOAD,
    },
    general={"ValidationException": FaultKind.REQUEST},
)

_SUCCESS = 200
_VALIDATION = "ValidationException"
_ACCESS_DENIED = "AccessDeniedException"
_RETRY_AFTER = "x-amz-retry-after"

# The only prose that we read: for these the service has no word of its own but "validation" and "access denied". A
# model that the account may not use says nothing against the credential.
_CONTEXT_PROSE = (
    "input is too long",
    "prompt is too long",
    "too many input tokens",
    "too many tokens in the prompt",
    "exceed context limit",
    "exceeds the context",
    "context window",
    "maximum context length",
)
_MODEL_PROSE = (
    "model identifier is invalid",
    "on-demand throughput",
    "model is not supported",
    "access to the model",
    "end of its life",
)


class _Body(msgspec.Struct):
    message: str | None = None
    upper_message: str | None = msgspec.field(name="Message", default=None)
    type: str | None = msgspec.field(name="__type", default=None)
    code: str | None = None


_BODY = msgspec.json.Decoder(_Body)


def classify(status: int, headers: Headers, body: bytes, wall: float) -> Fault:
    """The fault of a response that is not a success."""
    complaint = _complaint(header(headers, "x-amzn-errortype") or "", body)
    asked = header(headers, _RETRY_AFTER)
    if asked is not None:
        headers = (("retry-after-ms", asked), *headers)
    return http_fault(_kind(status, complaint), complaint, status, headers, body, wall)


def classify_inside(body: bytes) -> Fault | None:
    """The fault that an error object in a success names, or `None` where the bytes hold none."""
    complaint = _complaint("", body)
    return inner_fault(_kind(_SUCCESS, complaint), complaint, _SUCCESS, body) if complaint.code else None


def classify_message(message: Message) -> Fault:
    """The fault of an exception or an error inside an event stream."""
    heading = message.heading
    complaint = _complaint(heading.type, message.payload)
    if heading.kind == ERROR:
        words = heading.headers.get(":error-message")
        complaint = Complaint("", complaint.code, words if isinstance(words, str) else "")
    return inner_fault(_kind(_SUCCESS, complaint), complaint, _SUCCESS, message.payload)


def _complaint(name: str, body: bytes) -> Complaint:
    try:
        said = _BODY.decode(body)
    except BAD_JSON:
        said = _Body()
    name = name or said.type or said.code or ""
    name = name.partition(":")[0].rpartition("#")[2].strip()
    return Complaint("", name[:1].upper() + name[1:], said.message or said.upper_message or "")


def _kind(status: int, complaint: Complaint) -> FaultKind:
    kind = kind_of(TABLE, status, complaint)
    prose = complaint.message.lower()
    if complaint.code in {_VALIDATION, _ACCESS_DENIED} and any(words in prose for words in _MODEL_PROSE):
        return FaultKind.MODEL_GONE
    if complaint.code == _VALIDATION and any(words in prose for words in _CONTEXT_PROSE):
        return FaultKind.CONTEXT
    return kind
