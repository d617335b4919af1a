"""The whole error response of a fault, up to the body, which each dialect words in its own way.

A provider's own answer passes unchanged. Two things never do: a refusal of *our* credential (law 7: nobody but the
gateway's operator can act on it), and a fault that came inside a success.
"""

import math

import msgspec

from mainstay.model.fault import Blame, Fault, FaultKind
from mainstay.model.http import Headers, Reply

RETRY_AFTER_SECONDS_MAX = 60
"""Longer values hang one official SDK and keep another from trying at all."""

SERVICE_UNAVAILABLE = 503
_BAD_GATEWAY = 502
_ERRORS_FROM, _ERRORS_BEFORE = 400, 600
_OF_CREDENTIALS = frozenset((401, 403))

# What we answer with where no usable status came from the provider or from whoever raised the fault.
_STATUS: dict[FaultKind, int] = {
    FaultKind.OVERLOAD: SERVICE_UNAVAILABLE,
    FaultKind.THROTTLE: 429,
    FaultKind.BILLING: 402,
    FaultKind.AUTH: SERVICE_UNAVAILABLE,
    FaultKind.MODEL_GONE: 404,
    FaultKind.TRANSIENT: SERVICE_UNAVAILABLE,
    FaultKind.REQUEST: 400,
    FaultKind.CONTEXT: 400,
    FaultKind.CALLER_LEFT: 499,
    FaultKind.DEADLINE: 504,
    FaultKind.NO_CANDIDATE: SERVICE_UNAVAILABLE,
    FaultKind.REFUSED: 400,
    FaultKind.ALLOWANCE: 429,
    FaultKind.SHED: SERVICE_UNAVAILABLE,
    FaultKind.DRAINED: SERVICE_UNAVAILABLE,
    FaultKind.INTERNAL: 500,
}

_TRY_LATER = "Send the request again later."
_WHAT_TO_DO: dict[FaultKind, str] = {
    FaultKind.BILLING: "Ask the operator of this gateway to settle the provider's account.",
    FaultKind.AUTH: "Ask the operator of this gateway to renew the credential.",
    FaultKind.MODEL_GONE: "Ask for another model, or ask the operator of this gateway to map this one.",
    FaultKind.REQUEST: "Correct the request.",
    FaultKind.CONTEXT: "Shorten the request, or ask for a model with a larger context.",
    FaultKind.REFUSED: "Correct the request.",
    FaultKind.NO_CANDIDATE: "Change the request, the model's candidates or the workload.",
    FaultKind.DRAINED: "Send the request again, or ask for the rest by this id.",
    FaultKind.INTERNAL: "Send the request again; if it stays, report it with this id.",
    FaultKind.DEADLINE: "Send the request again, or allow it more time.",
}
_MAY_HELP = frozenset(
    (FaultKind.THROTTLE, FaultKind.NO_CANDIDATE, FaultKind.REFUSED, FaultKind.ALLOWANCE, FaultKind.SHED)
)
_RETRIED = frozenset((FaultKind.REFUSED, FaultKind.INTERNAL, FaultKind.DRAINED, FaultKind.SHED))
"""Another try may do, so the SDKs' own rules hold."""


class Words(msgspec.Struct, frozen=True):
    """What a dialect's error body is made of."""

    status: int
    message: str
    code: str
    exchange_id: str


def is_providers_answer(fault: Fault) -> bool:
    """Whether the fault carries a provider's whole response that the caller may see as it came."""
    return (
        bool(fault.body)
        and _is_error(fault.status)
        and fault.kind is not FaultKind.AUTH
        and fault.status not in _OF_CREDENTIALS
    )


def may_quote(fault: Fault) -> bool:
    """Whether the caller may see the provider's error object."""
    return bool(fault.body) and fault.kind is not FaultKind.AUTH


def words(fault: Fault, exchange_id: str) -> Words:
    """Status and message for a fault that we answer in our own words."""
    message = fault.message
    if fault.kind is FaultKind.AUTH:
        message = "The provider refused the gateway's own credential."
    # The refusal of a token and of an allowance say themselves what to do: the request is as it should be.
    is_about_token = fault.kind is FaultKind.REFUSED and fault.status in _OF_CREDENTIALS
    is_told = is_about_token or fault.kind is FaultKind.ALLOWANCE
    what_to_do = "" if is_told else f" {_what_to_do(fault)}"
    text = f"{_sentence(message)}{what_to_do} (exchange {exchange_id})"
    return Words(_status(fault), text, "" if fault.kind is FaultKind.AUTH else fault.code, exchange_id)


def provider_reply(fault: Fault) -> Reply:
    """The provider's own response, with the advice that its fault deserves after all our tries."""
    headers = fault.headers
    if fault.blame in {Blame.PROVIDER, Blame.NOBODY}:
        headers = (*_without(headers, ("x-should-retry",)), ("x-should-retry", "false"))
    return Reply(fault.status, headers, fault.body)


def own_reply(fault: Fault, status: int, body: bytes) -> Reply:
    """A response in our own words; a provider's rate headers stay with it."""
    headers: Headers = (("content-type", "application/json"),)
    if fault.kind is not FaultKind.AUTH and (_is_error(fault.status) or fault.status == 0):
        headers += tuple((name, value) for name, value in fault.headers if not name.startswith("content-"))
    return Reply(status, _with_advice(fault, headers), body)


def _with_advice(fault: Fault, headers: Headers) -> Headers:
    names = {name for name, _ in headers}
    waits = fault.wait_seconds is not None and fault.kind in _MAY_HELP
    if waits and fault.wait_seconds is not None and "retry-after" not in names:
        headers = (*headers, ("retry-after", str(_whole_seconds(fault.wait_seconds))))
    is_callers = fault.blame is Blame.CALLER and fault.kind is not FaultKind.ALLOWANCE
    if waits or fault.kind in _RETRIED or is_callers:
        return headers
    return (*_without(headers, ("x-should-retry",)), ("x-should-retry", "false"))


def _what_to_do(fault: Fault) -> str:
    if fault.kind is FaultKind.SHED and fault.wait_seconds is not None:
        # In words, too: inside a stream there is no `retry-after`.
        return f"Send the request again in {_whole_seconds(fault.wait_seconds)} s."
    return _WHAT_TO_DO.get(fault.kind, _TRY_LATER)


def _whole_seconds(wait_seconds: float) -> int:
    return min(max(1, math.ceil(wait_seconds)), RETRY_AFTER_SECONDS_MAX)


def _status(fault: Fault) -> int:
    if fault.kind is FaultKind.AUTH:
        return SERVICE_UNAVAILABLE
    ours = fault.kind in {FaultKind.REFUSED, FaultKind.REQUEST}
    if _is_error(fault.status) and (ours or fault.status not in _OF_CREDENTIALS):
        return fault.status
    return _STATUS.get(fault.kind, _BAD_GATEWAY)


def _sentence(message: str) -> str:
    """The message with a full stop, for another sentence follows it."""
    message = message.rstrip()
    return message if message.endswith((".", "!", "?")) else f"{message}."


def _is_error(status: int) -> bool:
    return _ERRORS_FROM <= status < _ERRORS_BEFORE


def _without(headers: Headers, names: tuple[str, ...]) -> Headers:
    return tuple((name, value) for name, value in headers if name not in names)
