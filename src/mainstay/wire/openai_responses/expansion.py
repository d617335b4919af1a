"""Conversations that the gateway keeps: a request that names an earlier response, written out in full.

What was asked and answered before becomes input, so that any provider can go on from it. Instructions are not
inherited, as the public reference says.
"""

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.json_bytes import (
    ABSENT,
    BAD_JSON,
    FIELDS,
    ITEMS,
    Fields,
    is_given,
    raw,
    read_fields,
    read_integer,
    read_text,
    replace_fields,
)
from mainstay.wire.openai_responses.items import response_object as begun
from mainstay.wire.openai_responses.request import input_of, is_envelope
from mainstay.wire.refusal import refusal, unreadable
from mainstay.wire.sse import SseEvent, SseSplitter

EXPANDED_BYTES_MAX = 32 * 1024 * 1024

_OVER = frozenset(("response.completed", "response.incomplete", "response.failed"))
_LIFECYCLE = _OVER | {"response.created", "response.queued", "response.in_progress"}
_ENDED = frozenset(("completed", "incomplete", "failed", "cancelled"))
_ITEM_DONE = "response.output_item.done"
_PREVIOUS = "previous_response_id"
_BAD_REQUEST = 400


def expanded(body: bytes, history: tuple[tuple[bytes, bytes], ...]) -> bytes | Fault:
    """The request without `previous_response_id`, its input preceded by what was said before.

    `history` holds the request and the response object of each earlier response, the oldest first. A fault where the
    result would exceed `EXPANDED_BYTES_MAX`, or a body makes no sense.
    """
    items: list[msgspec.Raw] = []
    try:
        for asked, answered in history:
            items += input_of(FIELDS.decode(asked))
            items += _output(FIELDS.decode(answered))
        fields = FIELDS.decode(body)
        items += input_of(fields)
    except BAD_JSON as error:
        return unreadable(error)
    if sum(len(item) for item in items) + len(body) > EXPANDED_BYTES_MAX:
        problem = f"the conversation exceeds {EXPANDED_BYTES_MAX} bytes. Begin a new one."
        fault = refusal(_PREVIOUS, problem)
        return Fault(FaultKind.CONTEXT, fault.message, _BAD_REQUEST, "context_length_exceeded")
    return replace_fields(body, {_PREVIOUS: None, "input": raw(items)})


def response_object(events: bytes) -> bytes | None:
    """The response object in the last terminal event of a recorded stream; `None` where it has none."""
    for event in reversed(_split(events)):
        fields = read_fields(event.data or b"") or {}
        if read_text(fields.get("type")) in _OVER and "response" in fields:
            return bytes(fields["response"])
    return None


def in_progress_object(events: bytes, response_id: str, model: str = "") -> bytes:
    """What asking for a response answers while it runs, or when it never ended: the latest response object, with the
    items that are done. `model` is told before the first event has come."""
    response: Fields = {}
    items: dict[int, msgspec.Raw] = {}
    for event in _split(events):
        fields = read_fields(event.data or b"") or {}
        name = read_text(fields.get("type"))
        if name in _LIFECYCLE and "response" in fields:
            response = read_fields(fields["response"]) or response
        elif name == _ITEM_DONE and "item" in fields:
            items[read_integer(fields.get("output_index")) or 0] = fields["item"]
    if not response:
        response = begun(response_id, 0, model) | {"status": raw("queued")}
    if items and read_text(response.get("status")) not in _ENDED:
        response["output"] = raw([items[place] for place in sorted(items)])
    return msgspec.json.encode(response | {"id": raw(response_id)})


def _split(events: bytes) -> list[SseEvent]:
    splitter = SseSplitter(max(1, len(events)))
    return [*splitter.feed(events), *splitter.close()]


def _output(response: Fields) -> list[msgspec.Raw]:
    """The output of a response as input items: what an item is stays, what only named it at one provider goes."""
    value = response.get("output", ABSENT)
    return [_asinput_of(item) for item in ITEMS.decode(value)] if is_given(value) else []


def _asinput_of(item: msgspec.Raw) -> msgspec.Raw:
    fields = read_fields(item)
    if fields is None or (read_text(fields.get("type")) == "reasoning" and not is_envelope(item)):
        # A provider finds its own reasoning by its ciphertext and requires the id beside it.
        return item
    fields.pop("id", None)
    fields.pop("status", None)
    return raw(fields)
