"""The official SDK as a judge: it reads a stream or an answer, and its types must accept every event."""

import httpx2
import openai
from openai.types.responses import ParsedResponse, Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.wire.openai_responses.native import Json, events

_EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)


def client(body: bytes, content_type: str) -> openai.OpenAI:
    """A client whose every request is answered with this body."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": content_type}, content=body)

    transport = httpx2.MockTransport(answer)
    return openai.OpenAI(
        api_key="none", base_url="http://test/v1", max_retries=0, http_client=httpx2.Client(transport=transport)
    )


def streamed(stream: bytes) -> ParsedResponse[None]:
    """The response as the SDK's accumulator puts it together from a stream; it checks ids, places and ends."""
    with client(stream, "text/event-stream") as sdk, sdk.responses.stream(model="m", input="Hi") as reading:
        reading.until_done()
        return reading.get_final_response()


def whole(body: bytes) -> Response:
    """The response as the SDK reads it."""
    with client(body, "application/json") as sdk:
        return sdk.responses.create(model="m", input="Hi")


def checked(stream: bytes) -> list[Json]:
    """The events of a stream, each valid by the SDK's types and numbered one after the other."""
    told = events(stream)
    for event in told:
        _EVENT.validate_python(event)
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    return told
