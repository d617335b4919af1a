"""Requests to the fake Gemini, and what it does with them."""

import msgspec

from mainstay.lab.provider.fault import parse_fault
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.steps import Body, Head

Json = dict[str, object]
TOOLS: list[object] = [
    {
        "functionDeclarations": [
            {"name": "weather", "parametersJsonSchema": {"properties": {"city": {"type": "string"}}}}
        ]
    }
]


def user(*parts: object) -> Json:
    return {"role": "user", "parts": list(parts)}


def model(*parts: object) -> Json:
    return {"role": "model", "parts": list(parts)}


def text(said: str) -> Json:
    return {"text": said}


def request(*contents: object, name: str = "gemini-3-pro", stream: bool = False, **fields: object) -> ProviderRequest:
    verb, query = ("streamGenerateContent", "alt=sse") if stream else ("generateContent", "")
    body = msgspec.json.encode({"contents": contents or [user(text("hello"))], **fields})
    return ProviderRequest("POST", f"/v1beta/models/{name}:{verb}", query, body=body)


def performed(asked: ProviderRequest, fault: str = "ok", key: str | None = None) -> tuple[int, bytes]:
    """The status and the body."""
    steps = perform(asked, parse_fault(fault), Personality(key=key))
    head = next(step for step in steps if isinstance(step, Head))
    return head.status, b"".join(step.data for step in steps if isinstance(step, Body))


def message_of(asked: ProviderRequest) -> str:
    """How a request that is wrong is refused."""
    status, body = performed(asked)
    assert status == 400
    return str(msgspec.json.decode(body)["error"]["message"])
