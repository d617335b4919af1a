import msgspec
import pytest

from mainstay.lab.provider.ask import Ask, Problem, Result, Thinking
from mainstay.lab.provider.bedrock_read import SIGNATURE_PREFIX, read_converse
from tests.wire.bedrock.service import golden


def ask_of(body: bytes, *, stream: bool = False) -> Ask:
    ask = read_converse(body, "m", stream=stream)
    assert isinstance(ask, Ask), ask
    return ask


def body(**members: object) -> bytes:
    return msgspec.json.encode({"messages": [{"role": "user", "content": [{"text": "hello"}]}], **members})


def test_a_rich_request() -> None:
    ask = ask_of(golden("request.json"), stream=True)
    first, second, third = ask.conversation
    assert (ask.model, ask.stream, ask.system, ask.max_tokens) == ("m", True, "Be brief.", 4000)
    assert (first.text, first.images, first.documents) == (
        "Compare the picture with the report.",
        ("iVBORw0KGgo=",),
        1,
    )
    assert second.calls == ("tooluse_1", "tooluse_2")
    assert third.results == (Result("tooluse_1", "no such city"), Result("tooluse_2", "Here:", ("/9j/4AA=",)))
    assert [tool.name for tool in ask.tools] == ["weather", "camera"]
    assert (ask.stop_sequences, ask.end_user, ask.thinking) == (("END",), "user-7", Thinking.SHOWN)
    assert ask.schema is not None
    assert ask.schema.type == "object"


def test_a_plain_request() -> None:
    ask = ask_of(body())
    assert (ask.tools, ask.forced_tool, ask.schema, ask.thinking) == ((), "", None, Thinking.OFF)


@pytest.mark.parametrize(
    ("choice", "forced"), [({"any": {}}, "f"), ({"tool": {"name": "g"}}, "g"), ({"auto": {}}, ""), ({}, "")]
)
def test_forced_tools(choice: object, forced: str) -> None:
    tools: list[object] = [{"toolSpec": {"name": name, "inputSchema": {"json": {}}}} for name in ("f", "g")]
    assert ask_of(body(toolConfig={"tools": tools, "toolChoice": choice})).forced_tool == forced


def test_system_messages_join_the_system_text() -> None:
    messages = [{"role": role, "content": [{"text": role}]} for role in ("user", "system", "user")]
    ask = ask_of(body(system=[{"text": "first"}], messages=messages))
    assert ask.system == "first\nsystem"
    assert [said.role for said in ask.conversation] == ["user", "user"]


def test_reasoning_is_claimed_by_who_signed_it() -> None:
    signatures = (f"{SIGNATURE_PREFIX}abc-1", "somebody else")
    blocks = [{"reasoningContent": {"reasoningText": {"text": "Hm", "signature": one}}} for one in signatures]
    hello = {"role": "user", "content": [{"text": "hello"}]}
    ask = ask_of(body(messages=[hello, {"role": "assistant", "content": blocks}, hello]))
    assert [claim.maker for claim in ask.claims] == ["abc", ""]


@pytest.mark.parametrize("bad", [b"", b"{}", b'{"messages":7}', b"\xff", b'{"modelId":"m"}'])
def test_what_is_no_request_is_a_problem(bad: bytes) -> None:
    assert isinstance(read_converse(bad, "m", stream=False), Problem)


def test_a_schema_that_is_no_json_is_a_problem() -> None:
    wish = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{oops"}}}}
    assert isinstance(read_converse(body(outputConfig=wish), "m", stream=False), Problem)
