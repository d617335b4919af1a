import base64

import pytest

from mainstay.model.conversation import (
    Document,
    Image,
    Part,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from mainstay.model.fault import Blame, Fault
from tests.wire.openai_chat.crossing import golden, read_request, try_request

U, A, S = Role.USER, Role.ASSISTANT, Role.SYSTEM
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def turns(*messages: dict[str, object]) -> tuple[Turn, ...]:
    return read_request({"messages": list(messages)}).turns


def parts(*content: object) -> tuple[Part, ...]:
    (turn,) = turns({"role": "user", "content": list(content)})
    return turn.parts


def stays(*messages: dict[str, object]) -> tuple[str, ...]:
    return read_request({"messages": list(messages)}).stays


def test_a_whole_conversation() -> None:
    assert read_request(golden("request_full.json")).turns == (
        Turn(S, (Text("You help travellers."),)),
        Turn(S, (Text("Be brief."), Text("Use metric units."))),
        Turn(
            U,
            (
                Text("Where was this taken, and what is the weather there?"),
                Image("image/png", "iVBORw0KGgo=", detail="low"),
                Image(url="https://pictures.example/tower.jpg"),
                Document("application/pdf", "JVBERi0xLjc=", name="route.pdf"),
            ),
        ),
        Turn(A, (ToolCall("call_a", "weather", '{"city": "Paris"}'), ToolCall("call_b", "clock", "{}"))),
        Turn(
            U,
            (ToolResult("call_a", (Text("18 degrees"),)), ToolResult("call_b", (Text("12:00"), Text("UTC")))),
        ),
        Turn(S, (Text("The user is in a hurry."),)),
        Turn(A, (Text("Paris, 18 degrees."),)),
        Turn(U, (Text("And who is the man in the picture?"),)),
        Turn(A, (Refusal("I cannot tell."),)),
        Turn(U, (Text("Then tell me about the tower."),)),
    )


def test_old_functions_get_ids() -> None:
    _, asked, given = read_request(golden("request_old_functions.json")).turns
    (call,) = asked.parts
    assert isinstance(call, ToolCall)
    assert (call.name, call.arguments) == ("weather", '{"city": "Rome"}')
    assert given == Turn(U, (ToolResult(call.id, (Text("20 degrees"),)),))


def test_reasoning_of_earlier_turns_has_no_known_issuer() -> None:
    assert turns({"role": "assistant", "content": "a", "reasoning_content": "Hm"}) == (
        Turn(A, (Thinking(text="Hm"), Text("a"))),
    )


def test_an_empty_message_is_no_turn() -> None:
    assert turns({"role": "user", "content": ""}, {"role": "assistant", "content": None}) == ()


def test_a_result_may_be_empty_and_ends_with_the_next_message() -> None:
    result: dict[str, object] = {"role": "tool", "tool_call_id": "c", "content": ""}
    assert turns(result, {"role": "user", "content": "a"}, result) == (
        Turn(U, (ToolResult("c"),)),
        Turn(U, (Text("a"),)),
        Turn(U, (ToolResult("c"),)),
    )


def test_a_result_may_hold_a_picture() -> None:
    image = {"type": "image_url", "image_url": "https://a.example/b.png"}
    (turn,) = turns({"role": "tool", "tool_call_id": "c", "content": [image]})
    assert turn.parts == (ToolResult("c", (Image(url="https://a.example/b.png"),)),)


def test_a_text_file_is_text() -> None:
    data = "data:text/markdown;base64," + base64.b64encode("# Ü".encode()).decode()
    file = {"type": "file", "file": {"filename": "a.md", "file_data": data}}
    assert parts(file) == (Document("text/markdown", text="# Ü", name="a.md"),)


def test_a_text_file_that_is_none_stays_bytes() -> None:
    file = {"type": "file", "file": {"file_data": "data:text/plain;base64,/w=="}}
    assert parts(file) == (Document("text/plain", "/w=="),)


def test_a_file_without_a_type_is_a_pdf() -> None:
    assert parts({"type": "file", "file": {"file_data": "JVBERi0="}}) == (Document(data="JVBERi0="),)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AA"}}]}, "input_audio"),
        ({"role": "user", "content": [{"type": "video_url", "video_url": {"url": "u"}}]}, "block video_url"),
        ({"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}, "file id"),
        ({"role": "assistant", "audio": {"id": "audio_1"}}, "audio id"),
        ({"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {}}]}, "custom tool"),
        (
            {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{"}}]},
            "broken arguments of an earlier tool call",
        ),
    ],
)
def test_what_cannot_cross(message: dict[str, object], reason: str) -> None:
    assert stays(message) == (reason,)


def test_what_is_left_out() -> None:
    text = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}, "prompt_cache_breakpoint": {}}
    prompt = read_request({"messages": [{"role": "user", "name": "Ann", "content": [text]}]})
    assert prompt.extras == ("prompt_cache_breakpoint", "cache_control", "name of a message")


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"role": "narrator", "content": "a"}, "messages[1].role"),
        ({"role": "tool", "content": "a"}, "messages[1].tool_call_id"),
        ({"role": "user", "content": [{"type": "image_url"}]}, "messages[1].content[0].image_url"),
        ({"role": "user", "content": [{"type": "file", "file": {}}]}, "messages[1].content[0].file"),
        ({"role": "tool", "tool_call_id": "c", "content": [{"type": "file"}]}, "messages[1].content[0].file"),
        ({"role": "user", "content": 7}, "messages[1].content"),
    ],
)
def test_what_makes_no_sense(message: dict[str, object], field: str) -> None:
    fault = try_request({"messages": [{"role": "user", "content": "a"}, message]})
    assert isinstance(fault, Fault)
    assert fault.blame is Blame.CALLER
    assert fault.message.startswith(f"{field}: ")


def test_parts_of_an_earlier_answer() -> None:
    content = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
        {"type": "refusal", "refusal": "I cannot."},
        {"type": "text", "text": ""},
    ]
    ((_, parts_told),) = [(turn.role, turn.parts) for turn in turns({"role": "assistant", "content": content})]
    assert [type(part) for part in parts_told] == [Thinking, Refusal]
