"""Whole answers of Responses: are they what they promise to be?"""

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Answer, Usage
from mainstay.wire.classify import malformed
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given, is_object, read_text
from mainstay.wire.openai_chat.response import InputDetails, OutputDetails, usage_of
from mainstay.wire.openai_responses.errors import classify_inside, complaint_fault

COMPLETED = "completed"
INCOMPLETE = "incomplete"
FAILED = "failed"

_SUCCESS = 200
_SILENT_ITEMS = frozenset(("reasoning", "message"))


class TokenCounts(msgspec.Struct, gc=False):
    """The `usage` object. `input_tokens` counts all input, cached or not."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


class Incompletion(msgspec.Struct):
    """Why a response is incomplete."""

    reason: str | None = None


class _Said(msgspec.Struct):
    text: str | None = None
    refusal: str | None = None


class _Item(msgspec.Struct):
    type: str = ""
    content: list[_Said] | None = None
    arguments: msgspec.Raw = ABSENT


class _Response(msgspec.Struct):
    output: list[_Item]
    status: str | None = None
    error: msgspec.Raw = ABSENT
    incomplete_details: Incompletion | None = None
    usage: TokenCounts | None = None


_RESPONSE = msgspec.json.Decoder(_Response)


def usage(counts: TokenCounts) -> Usage:
    """The same numbers in the words of the house."""
    return usage_of(
        counts.input_tokens, counts.output_tokens, counts.input_tokens_details, counts.output_tokens_details
    )


def stop_reason(status: str, details: Incompletion | None) -> str:
    """The word for why an answer ended: its status, or the reason that an incomplete one gives."""
    return (details.reason if details else None) or status


def read_answer(body: bytes) -> Answer:
    """Check a whole 200 body for validity and read its usage. One that is only queued is an answer, too."""
    try:
        response = _RESPONSE.decode(body)
    except BAD_JSON:
        return Answer(invalid(body))
    if response.status == FAILED or is_given(response.error):
        return Answer(complaint_fault(response.error, body) or invalid(body))
    if (response.status or COMPLETED) == COMPLETED and not any(_says_something(item) for item in response.output):
        return Answer(empty())
    counts = response.usage
    reason = stop_reason(response.status or COMPLETED, response.incomplete_details)
    broken = any(_is_broken(item) for item in response.output)
    return Answer(None, usage(counts) if counts else None, reason, tools_broken=broken)


def empty() -> Fault:
    """The fault of a completed answer that says nothing."""
    return Fault(FaultKind.EMPTY, "The provider's answer is empty.", _SUCCESS, "empty_answer")


def invalid(body: bytes) -> Fault:
    """A body that is not the answer asked for may still be an error in the clothes of a success."""
    message = "The provider's answer is not a response of this protocol."
    return classify_inside(body) or malformed(message)


def _says_something(item: _Item) -> bool:
    if item.type not in _SILENT_ITEMS:
        return True
    return item.type == "message" and any(part.text or part.refusal for part in item.content or ())


def _is_broken(item: _Item) -> bool:
    """Whether a function call's arguments are no object. None at all are those of a function without parameters."""
    if item.type != "function_call":
        return False
    arguments = read_text(item.arguments)
    return bool(arguments.strip()) and not is_object(arguments)
