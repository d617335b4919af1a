from typing import Any

import msgspec
import pytest

from mainstay.lab.provider.bedrock_body import Body
from mainstay.lab.provider.bedrock_rules import problem_in
from tests.wire.bedrock.service import golden

TOOLS = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {}}}}]}
HELLO = {"text": "hello"}
PICTURE = {"image": {"format": "png", "source": {"bytes": "AAAA"}}}
DOCUMENT = {"document": {"format": "pdf", "name": "a", "source": {"bytes": "AAAA"}}}
ON = {"type": "enabled", "budget_tokens": 2000}


def call(call_id: str = "1", name: str = "f") -> dict[str, object]:
    return {"toolUse": {"toolUseId": call_id, "name": name, "input": {}}}


def result(call_id: str = "1") -> dict[str, object]:
    return {"toolResult": {"toolUseId": call_id, "content": []}}


def user(*blocks: object) -> dict[str, object]:
    return {"role": "user", "content": blocks}


def assistant(*blocks: object) -> dict[str, object]:
    return {"role": "assistant", "content": blocks}


def problem(*messages: object, **members: Any) -> str:  # noqa: ANN401 (any member)
    body = msgspec.json.decode(msgspec.json.encode({"messages": messages or [user(HELLO)], **members}), type=Body)
    found = problem_in(body)
    return found.message if found else ""


def test_good_requests() -> None:
    assert problem() == ""
    assert problem_in(msgspec.json.decode(golden("request.json"), type=Body)) is None
    assert problem(user(HELLO), assistant(call()), user(result(), PICTURE), toolConfig=TOOLS) == ""


@pytest.mark.parametrize(
    ("messages", "members", "words"),
    [
        ([assistant(HELLO), user(HELLO)], {}, "must start with a user message"),
        ([user(HELLO), user(HELLO)], {}, "must alternate"),
        ([user()], {}, "is empty"),
        ([user({"text": " "})], {}, "is blank"),
        ([{"role": "tool", "content": [HELLO]}], {}, "role must be"),
        ([user(HELLO), assistant(PICTURE), user(HELLO)], {}, "messages of the user"),
        ([user(call())], {"toolConfig": TOOLS}, "messages of the assistant"),
        ([user(HELLO), assistant(call()), user(result())], {}, "toolConfig field must be defined"),
        ([user(HELLO), assistant(call()), user(HELLO)], {"toolConfig": TOOLS}, "must match the toolUse blocks"),
        ([user(result())], {"toolConfig": TOOLS}, "must match the toolUse blocks"),
        ([user(HELLO), assistant(call()), user(HELLO, result())], {"toolConfig": TOOLS}, "must come first"),
        ([user(HELLO), assistant(call())], {"toolConfig": TOOLS}, "at the end"),
        ([user(HELLO), assistant(call("é")), user(result("é"))], {"toolConfig": TOOLS}, "does not match its patterns"),
        (
            [user(HELLO), assistant(call(), call()), user(result(), result())],
            {"toolConfig": TOOLS},
            "ids must be unique",
        ),
        ([user(HELLO), assistant({"text": "Once "})], {}, "trailing whitespace"),
        ([user(DOCUMENT)], {}, "beside documents"),
        ([user(HELLO, DOCUMENT, DOCUMENT)], {}, "duplicate document names"),
        ([user({"image": {"format": "tiff", "source": {"bytes": "AAAA"}}})], {}, "not supported"),
        ([user({"image": {"format": "png", "source": {"bytes": "A"}}})], {}, "no base64"),
        (
            [user(HELLO, {"document": {"format": "pdf", "name": "a_b", "source": {"bytes": "AAAA"}}})],
            {},
            "characters that are not allowed",
        ),
    ],
)
def test_messages_that_are_refused(messages: list[object], members: dict[str, object], words: str) -> None:
    assert words in problem(*messages, **members)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"inferenceConfig": {"maxTokens": 0}}, "maxTokens"),
        ({"inferenceConfig": {"temperature": 1.5}}, "temperature"),
        ({"inferenceConfig": {"topP": -1}}, "topP"),
        ({"inferenceConfig": {"stopSequences": [" "]}}, "stopSequences"),
        ({"system": [{"text": ""}]}, "system block is blank"),
        ({"requestMetadata": {"a": "ü"}}, "requestMetadata"),
        ({"requestMetadata": {str(number): "" for number in range(17)}}, "requestMetadata"),
        ({"toolConfig": {"tools": []}}, "at least one tool"),
        ({"toolConfig": {"tools": [{"toolSpec": {"name": "a.b", "inputSchema": {"json": {}}}}]}}, "pattern"),
        (
            {"toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {}}, "description": ""}}]}},
            "description is empty",
        ),
        ({"toolConfig": {**TOOLS, "toolChoice": {"tool": {"name": "g"}}}}, "that is not there: g"),
        (
            {
                "additionalModelRequestFields": {"thinking": ON},
                "toolConfig": {**TOOLS, "toolChoice": {"any": {}}},
            },
            "forces tool use",
        ),
        (
            {"additionalModelRequestFields": {"thinking": ON}, "inferenceConfig": {"maxTokens": 2000}},
            "must be greater than",
        ),
        (
            {"additionalModelRequestFields": {"thinking": ON}, "inferenceConfig": {"temperature": 0.5}},
            "may only be set to 1",
        ),
        ({"additionalModelRequestFields": {"thinking": {"type": "enabled"}}}, "1024"),
    ],
)
def test_parameters_that_are_refused(members: dict[str, object], words: str) -> None:
    assert words in problem(**members)


def test_reasoning_must_come_before_calls() -> None:
    members = {"toolConfig": TOOLS, "additionalModelRequestFields": {"thinking": ON}}
    assert "but found `tool_use`" in problem(user(HELLO), assistant(call()), user(result()), **members)
    reasoning = {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}}
    assert problem(user(HELLO), assistant(reasoning, call()), user(result()), **members) == ""


def test_a_request_needs_messages() -> None:
    found = problem_in(Body())
    assert found is not None
    assert "at least one message" in found.message
