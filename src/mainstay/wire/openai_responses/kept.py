"""Reads a recorded stream for those who ask for its response again."""

import msgspec

from mainstay.wire.json_bytes import BAD_JSON, raw, replace_fields
from mainstay.wire.openai_responses.expansion import in_progress_object
from mainstay.wire.openai_responses.items import response_object
from mainstay.wire.sse import SseSplitter


class _Numbered(msgspec.Struct):
    sequence_number: int = -1


_NUMBERED = msgspec.json.Decoder(_Numbered)


def events_through(stream: bytes, number: int) -> int | None:
    """How many events with data stand in the stream up to the one with this sequence number; `None` where no event has
    it yet. A negative number stands before all."""
    if number < 0:
        return 0
    splitter = SseSplitter(max(1, len(stream)))
    count = 0
    for event in splitter.feed(stream) + splitter.close():
        if event.data is None:
            continue
        own = _number(event.data)
        if own > number:
            return count
        count += 1
        if own == number:
            return count
    return None


class Asked(msgspec.Struct, frozen=True):
    """What is known of a response from its request; `created` is in whole seconds since 1970."""

    id: str
    model: str
    created: int = 0
    background: bool = False


def running_object(stream: bytes, asked: Asked) -> bytes:
    """What asking for a response answers while it runs."""
    background = {"background": raw(value=asked.background)}
    if not stream:
        response = response_object(asked.id, asked.created, asked.model)
        return msgspec.json.encode(response | background | {"status": raw("queued")})
    return replace_fields(in_progress_object(stream, asked.id), background)


def cancelled_object(stream: bytes, asked: Asked) -> bytes:
    """What asking for a response answers when it was cancelled: what had been said by then."""
    return replace_fields(running_object(stream, asked), {"status": raw("cancelled")})


def failed_object(stream: bytes, asked: Asked) -> bytes:
    """What asking for a response answers when it failed on the way: what had been said by then, and that it can be gone
    on with."""
    message = "the answer was interrupted; streaming it again goes on with it"
    changes = {"status": raw("failed"), "error": raw({"code": "server_error", "message": message})}
    return replace_fields(running_object(stream, asked), changes)


def _number(data: bytes) -> int:
    try:
        return _NUMBERED.decode(data).sequence_number
    except BAD_JSON:
        return -1
