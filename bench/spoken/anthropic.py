"""Anthropic's Messages API."""

from bench.dialogue import (
    ANSWER_HEADERS,
    CONTENT_MARK,
    PATH,
    PROMPT_BYTES,
    REQUEST_HEADERS,
    closing_events,
    content_event,
    opening_events,
    request_body,
    trouble_of,
)
from bench.spoken.shape import Caller, Voice

DIALECT = "anthropic"


def body(model: str) -> bytes:
    """A streaming request."""
    return request_body(model, PROMPT_BYTES["1 KB"], is_stream=True)


VOICE = Voice(
    dialect=DIALECT,
    base="",
    suffix=PATH,
    content_type="text/event-stream; charset=utf-8",
    headers=ANSWER_HEADERS,
    opening=opening_events,
    content=content_event,
    closing=closing_events,
)
CALLER = Caller(DIALECT, PATH, REQUEST_HEADERS, body, CONTENT_MARK, trouble_of)
