"""What the official Python SDK makes of our bytes: its request types, and its own parser and accumulator of streams."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
from anthropic import Anthropic
from anthropic.types import Message
from anthropic.types.message_create_params import MessageCreateParams
from pydantic import TypeAdapter

_REQUEST: TypeAdapter[object] = TypeAdapter(MessageCreateParams)
# The SDK's types are those of the API's next version; the one that we speak still has these.
_OLDER_VERSION = frozenset(("temperature", "top_p", "top_k"))


def whole(value: object) -> Any:  # noqa: ANN401 (any JSON)
    """The value with every lazy list of the SDK's types read to its end, which checks it."""
    if isinstance(value, dict):
        return {key: whole(one) for key, one in value.items()}
    if isinstance(value, list | Iterator):
        return [whole(one) for one in value]
    return value


def request(body: bytes) -> dict[str, Any]:
    """The request as JSON, if its shape is that of the SDK's types, nothing unknown among it."""
    data: dict[str, Any] = json.loads(body)
    known = {name: value for name, value in data.items() if name not in _OLDER_VERSION}
    assert whole(_REQUEST.validate_python(known)) == known
    return data


def heard(content_type: str, body: bytes) -> Anthropic:
    """A client that gets this answer to whatever it asks."""
    answer = httpx2.Response(200, headers={"content-type": content_type}, content=body)
    transport = httpx2.MockTransport(lambda _: answer)
    return Anthropic(api_key="k", base_url="http://provider", http_client=httpx2.Client(transport=transport))


def streamed(stream: bytes) -> Message:
    """The message that the SDK accumulates from a stream."""
    with (
        heard("text/event-stream", stream) as client,
        client.messages.stream(model="m", max_tokens=9, messages=[{"role": "user", "content": "?"}]) as events,
    ):
        return events.get_final_message()


def answered(body: bytes) -> Message:
    """The message that the SDK reads from a whole answer."""
    with heard("application/json", body) as client:
        return client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "?"}])
