"""What we write of Responses: items of an output and the response object around them.

Every member that the official SDK's types require is there. Source: those types (`openai.types.responses`).
"""

import msgspec

from mainstay.model.frame import Usage
from mainstay.wire.json_bytes import Fields, raw

RESPONSE_PREFIX = "resp_"
EXCHANGE_PREFIX = "ex_"
TEXT_PART = "output_text"
REFUSAL_PART = "refusal"

NULL = msgspec.Raw(b"null")


class OutputText(msgspec.Struct, tag_field="type", tag=TEXT_PART):
    """Words of an answer."""

    text: str = ""
    annotations: list[msgspec.Raw] = []
    logprobs: list[msgspec.Raw] = []


class RefusalText(msgspec.Struct, tag_field="type", tag=REFUSAL_PART):
    """Words of a refusal."""

    refusal: str = ""


class Message(msgspec.Struct, tag_field="type", tag="message"):
    """A message of the model."""

    id: str
    status: str
    content: list[OutputText | RefusalText]
    role: str = "assistant"


class FunctionCall(msgspec.Struct, tag_field="type", tag="function_call"):
    """A call of a function; the client answers under `call_id`."""

    id: str
    status: str
    name: str
    arguments: str
    call_id: str


class CustomCall(msgspec.Struct, tag_field="type", tag="custom_tool_call"):
    """A call of a tool that takes free text."""

    id: str
    status: str
    name: str
    input: str
    call_id: str


class SummaryText(msgspec.Struct, tag_field="type", tag="summary_text"):
    """Words of reasoning."""

    text: str


class ReasoningItem(msgspec.Struct, tag_field="type", tag="reasoning"):
    """Reasoning, visible as a summary and sealed."""

    id: str
    summary: list[SummaryText]
    encrypted_content: str | None = None


Item = Message | FunctionCall | CustomCall | ReasoningItem


class _InputDetails(msgspec.Struct):
    cached_tokens: int
    cache_write_tokens: int


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: int


class _Usage(msgspec.Struct):
    input_tokens: int
    input_tokens_details: _InputDetails
    output_tokens: int
    output_tokens_details: _OutputDetails
    total_tokens: int


def bare_id(response_id: str) -> str:
    """What is particular in the id of a response or an exchange; the ids of its items are made of it."""
    return response_id.removeprefix(RESPONSE_PREFIX).removeprefix(EXCHANGE_PREFIX)


def response_id(identity: str) -> str:
    """The id of a response: as it is where it is one already, else made of an exchange's."""
    return identity if identity.startswith(RESPONSE_PREFIX) else RESPONSE_PREFIX + bare_id(identity)


def usage_object(usage: Usage) -> msgspec.Raw:
    """The `usage` member."""
    return raw(
        _Usage(
            usage.input_tokens,
            _InputDetails(usage.cached_tokens, usage.cache_write_tokens),
            usage.output_tokens,
            _OutputDetails(usage.reasoning_tokens),
            usage.input_tokens + usage.output_tokens,
        )
    )


def response_object(identity: str, created: int, model: str) -> Fields:
    """A response that has only begun; `created` is in whole seconds since 1970."""
    return {
        "id": raw(response_id(identity)),
        "object": raw("response"),
        "created_at": raw(created),
        "status": raw("in_progress"),
        "background": raw(value=False),
        "error": NULL,
        "incomplete_details": NULL,
        "instructions": NULL,
        "max_output_tokens": NULL,
        "model": raw(model),
        "output": raw([]),
        "parallel_tool_calls": raw(value=True),
        "previous_response_id": NULL,
        "reasoning": raw({"effort": None, "summary": None}),
        "temperature": NULL,
        "text": raw({"format": {"type": "text"}}),
        "tool_choice": raw("auto"),
        "tools": raw([]),
        "top_p": NULL,
        "truncation": raw("disabled"),
        "usage": NULL,
        "user": NULL,
        "metadata": raw({}),
    }
