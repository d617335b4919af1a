"""What providers say, and what a client makes of it."""

import msgspec

from mainstay.gateway.drafts.counting import after_events
from mainstay.gateway.drafts.entries import Beyond
from mainstay.wire.registry import DIALECTS
from tests.wire.openai_responses.native import response, usage


def block(name: str, data: dict[str, object]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode({"type": name, **data}))


MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [], "usage": {}}
OPENING = block("message_start", {"message": MESSAGE}) + block(
    "content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}
)
ENDING = (
    block("content_block_stop", {"index": 0})
    + block("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}})
    + block("message_stop", {})
)


def said(text: str) -> bytes:
    return block("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": text}})


WHOLE = (OPENING, said("Hello "), said("world."), ENDING)
"""A streamed answer of seven events, three of which are in the first two parts."""


def whole_response(response_id: str, text: str) -> bytes:
    """The body of a response that was not streamed."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    return msgspec.json.encode(response(response_id, "completed", [item], usage=usage()))


def rest(stream: bytes, after: int) -> bytes:
    """What a stream has behind so many events."""
    found = after_events(stream, after)
    assert not isinstance(found, Beyond)
    return found


def text_of(stream: bytes, dialect: str = "anthropic") -> str:
    """What a client would show."""
    reader = DIALECTS[dialect].frames()
    return "".join([frame.text for frame in (*reader.feed(stream), *reader.close())])
