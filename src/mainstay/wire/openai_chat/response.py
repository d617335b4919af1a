"""Whole answers of Chat Completions: are they what they promise to be?"""

import msgspec

from mainstay.model.call import Call
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Answer, Usage
from mainstay.model.http import Reply
from mainstay.wire.classify import malformed
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given, is_object
from mainstay.wire.openai_chat.errors import classify_inside

EMPTY_FINISHES = frozenset(("stop", "tool_calls", "function_call", ""))
"""Finish reasons that promise content. The others (a filter, a limit) explain its absence."""

_SUCCESS = 200


class InputDetails(msgspec.Struct, gc=False):
    """What the input is made of."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class OutputDetails(msgspec.Struct, gc=False):
    """What the output is made of."""

    reasoning_tokens: int | None = None


class TokenCounts(msgspec.Struct, gc=False):
    """The `usage` object. `prompt_tokens` counts all input, cached or not."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None


class _Message(msgspec.Struct):
    content: str | list[msgspec.Raw] | None = None
    refusal: str | None = None
    tool_calls: list[msgspec.Raw] | None = None
    function_call: msgspec.Raw = ABSENT
    audio: msgspec.Raw = ABSENT


class _Function(msgspec.Struct):
    arguments: str | None = None


class _Call(msgspec.Struct):
    function: _Function | None = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: TokenCounts | None = None
    error: msgspec.Raw = ABSENT


class _Model(msgspec.Struct, tag_field="object", tag="model"):
    id: str
    created: int = 0
    owned_by: str = "mainstay"


class _Models(msgspec.Struct, tag_field="object", tag="list"):
    data: list[_Model]


_COMPLETION = msgspec.json.Decoder(_Completion)
_CALL = msgspec.json.Decoder(_Call)
_SILENT = _Message()
_NO_INPUT_DETAILS = InputDetails()
_NO_OUTPUT_DETAILS = OutputDetails()


def usage(counts: TokenCounts) -> Usage:
    """The same numbers in the words of the house."""
    return usage_of(
        counts.prompt_tokens,
        counts.completion_tokens,
        counts.prompt_tokens_details,
        counts.completion_tokens_details,
    )


def usage_of(
    input_tokens: int | None, output_tokens: int | None, of_input: InputDetails | None, of_output: OutputDetails | None
) -> Usage:
    """Numbers that both protocols of OpenAI tell, under names of their own."""
    given, made = of_input or _NO_INPUT_DETAILS, of_output or _NO_OUTPUT_DETAILS
    return Usage(
        input_tokens or 0,
        output_tokens or 0,
        given.cached_tokens or 0,
        cache_write_tokens=given.cache_write_tokens or 0,
        reasoning_tokens=made.reasoning_tokens or 0,
    )


def read_answer(_: Call, body: bytes) -> Answer:
    """Check a whole 200 body for validity and read its usage."""
    return check(body)


def check(body: bytes) -> Answer:
    """The same for a body that nobody's call stands behind."""
    try:
        completion = _COMPLETION.decode(body)
    except BAD_JSON:
        return Answer(_invalid(body))
    if is_given(completion.error):
        return Answer(_invalid(body))
    if not completion.choices or not all(_is_answer(choice) for choice in completion.choices):
        return Answer(Fault(FaultKind.EMPTY, "The provider's answer is empty.", _SUCCESS, "empty_answer"))
    counts = completion.usage
    said = usage(counts) if counts else None
    broken = any(_is_broken(call) for one in completion.choices for call in (one.message or _SILENT).tool_calls or ())
    return Answer(None, said, completion.choices[0].finish_reason or "", tools_broken=broken)


def models_reply(models: tuple[str, ...]) -> Reply:
    """The answer to `GET /v1/models`."""
    return _reply(_Models([_Model(model) for model in models]))


def model_reply(model: str) -> Reply:
    """The answer to `GET /v1/models/{id}`."""
    return _reply(_Model(model))


def _invalid(body: bytes) -> Fault:
    """A body that is not the answer asked for may still be an error in the clothes of a success."""
    message = "The provider's answer is not a completion of this protocol."
    return classify_inside(body) or malformed(message)


def _is_answer(choice: _Choice) -> bool:
    if (choice.finish_reason or "") not in EMPTY_FINISHES:
        return True
    message = choice.message
    if message is None:
        return False
    said = message.content or message.refusal or message.tool_calls
    return bool(said) or is_given(message.function_call) or is_given(message.audio)


def _is_broken(call: msgspec.Raw) -> bool:
    """Whether a tool call's arguments are no object. A server of arguments that are none at all has no parameters."""
    try:
        function = _CALL.decode(call).function
    except BAD_JSON:
        return False
    arguments = function.arguments if function else None
    return bool(arguments and arguments.strip()) and not is_object(arguments or "")


def _reply(value: _Model | _Models) -> Reply:
    return Reply(200, (("content-type", "application/json"),), msgspec.json.encode(value))
