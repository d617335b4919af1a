import msgspec
import pytest

from mainstay.model.catalogue import ABLE
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
from mainstay.wire.notes import EARLIER_THINKING, WritingNotes
from mainstay.wire.openai_responses.request_items import ItemWriter


def written(role: Role, *parts: Part, issuer: str = "openai") -> tuple[list[object], list[str]]:
    notes = WritingNotes(ABLE)
    writer = ItemWriter(issuer, notes)
    writer.write(Turn(role, parts))
    return list(msgspec.json.decode(msgspec.json.encode(writer.items))), list(notes.losses)


def test_what_the_model_made_keeps_its_order() -> None:
    items, losses = written(
        Role.ASSISTANT,
        Thinking("openai", "Hm", "gAAA"),
        Text("One"),
        Refusal("No"),
        ToolCall("call_1", "f", "{}"),
        Text("two"),
    )
    one = [{"type": "output_text", "text": "One"}, {"type": "refusal", "refusal": "No"}]
    assert items == [
        {"type": "reasoning", "encrypted_content": "gAAA", "summary": []},
        {"type": "message", "role": "assistant", "content": one},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "two"}]},
    ]
    assert losses == []


@pytest.mark.parametrize(
    "thinking", [Thinking("", "Hm", "gAAA"), Thinking("anthropic", "Hm", "sig"), Thinking("openai", "Hm")]
)
def test_only_its_issuer_gets_thinking_back(thinking: Thinking) -> None:
    assert written(Role.ASSISTANT, thinking, thinking) == ([], [EARLIER_THINKING])


def test_a_target_without_a_name_gets_no_thinking() -> None:
    assert written(Role.ASSISTANT, Thinking("", "Hm", "gAAA"), issuer="") == ([], [EARLIER_THINKING])


@pytest.mark.parametrize(
    ("part", "item"),
    [
        (Text("a"), {"type": "input_text", "text": "a"}),
        (
            Image("image/png", "AA"),
            {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "auto"},
        ),
        (Image(url="https://a", detail="low"), {"type": "input_image", "image_url": "https://a", "detail": "low"}),
        (
            Document(data="JVBE"),
            {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBE"},
        ),
        (Document(url="https://a/b.pdf", name="b"), {"type": "input_file", "file_url": "https://a/b.pdf"}),
        (Document("text/plain", text="Words", name="note"), {"type": "input_text", "text": "note\n\nWords"}),
        (Document("text/plain", text="Words"), {"type": "input_text", "text": "Words"}),
    ],
)
def test_what_a_user_shows(part: Part, item: dict[str, str]) -> None:
    assert written(Role.USER, part)[0] == [{"type": "message", "role": "user", "content": [item]}]


def test_system_turns_are_the_developers() -> None:
    ((item,), _) = written(Role.SYSTEM, Text("Be brief."))
    assert item == {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]}


@pytest.mark.parametrize(
    ("result", "output"),
    [
        (ToolResult("c"), ""),
        (ToolResult("c", (Text("a"), Text("b"))), "a\nb"),
        (ToolResult("c", (Text("a"),), is_error=True), "Error: a"),
    ],
)
def test_what_a_tool_says(result: ToolResult, output: str) -> None:
    assert written(Role.USER, result)[0] == [{"type": "function_call_output", "call_id": "c", "output": output}]


def test_what_a_tool_shows() -> None:
    ((item,), _) = written(Role.USER, ToolResult("c", (Image("image/png", "AA"),), is_error=True))
    assert isinstance(item, dict)
    assert [part["type"] for part in item["output"]] == ["input_text", "input_image"]


def test_results_stand_before_what_the_user_says_and_keep_their_ids() -> None:
    odd = "x" * 70
    items, _ = written(Role.USER, ToolResult(odd, (Text("a"),)), Text("b"))
    calls, _ = written(Role.ASSISTANT, ToolCall(odd, "f", "{}"))
    first, second = items
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert isinstance(calls[0], dict)
    assert first["call_id"] == calls[0]["call_id"] != odd
    assert second["role"] == "user"
