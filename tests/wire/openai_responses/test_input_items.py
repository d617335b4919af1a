import json

import pytest

from mainstay.model.conversation import Document, Image, Part, Refusal, Role, Text, Thinking, ToolCall, ToolResult, Turn
from mainstay.wire import envelope
from mainstay.wire.json_bytes import raw
from mainstay.wire.notes import ReadingNotes
from mainstay.wire.openai_responses.input_items import InputReader
from mainstay.wire.refusal import refusal


def read(*items: dict[str, object]) -> InputReader:
    return noted(*items)[0]


def noted(*items: dict[str, object]) -> tuple[InputReader, ReadingNotes]:
    notes = ReadingNotes()
    reader = InputReader(notes)
    reader.read(raw(items))
    return reader, notes


def shown(**part: object) -> tuple[Part, ...]:
    (turn,) = read({"role": "user", "content": [part]}).turns
    return turn.parts


def test_a_string_is_what_the_user_says() -> None:
    reader = InputReader(ReadingNotes())
    reader.instructions("Be brief.")
    reader.read(raw("Hi"))
    assert reader.turns == [Turn(Role.SYSTEM, (Text("Be brief."),)), Turn(Role.USER, (Text("Hi"),))]


def test_what_the_model_made_in_a_row_is_one_turn_and_users_speak_one_at_a_time() -> None:
    reader = read(
        {"role": "user", "content": "a"},
        {"role": "user", "content": "b"},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No"}]},
        {"type": "function_call", "call_id": "1", "name": "f"},
        {"type": "function_call_output", "call_id": "1", "output": ""},
        {"role": "user", "content": ""},
    )
    assert reader.turns == [
        Turn(Role.USER, (Text("a"),)),
        Turn(Role.USER, (Text("b"),)),
        Turn(Role.ASSISTANT, (Refusal("No"), ToolCall("1", "f", "{}"))),
        Turn(Role.USER, (ToolResult("1"),)),
    ]


def test_our_envelope_is_opened_and_a_foreign_seal_stays_closed() -> None:
    ours = Thinking("anthropic", "Hm", "sig")
    reader = read(
        {"type": "reasoning", "encrypted_content": envelope.seal(ours)},
        {"type": "reasoning", "summary": [{"text": "A"}, {"text": "B"}], "encrypted_content": "gAAA"},
    )
    assert reader.turns == [Turn(Role.ASSISTANT, (ours, Thinking("", "A\n\nB", "gAAA")))]


@pytest.mark.parametrize(
    ("part", "read_as"),
    [
        ({"type": "input_image", "image_url": "data:image/png;base64,AA=="}, Image("image/png", "AA==")),
        (
            {"type": "input_image", "image_url": "https://a/b", "detail": "high"},
            Image(url="https://a/b", detail="high"),
        ),
        ({"type": "input_file", "file_url": "https://a/b.pdf"}, Document("", url="https://a/b.pdf")),
        ({"type": "input_file", "file_data": "data:text/csv;charset=utf-8;base64,AA"}, Document("text/csv", "AA")),
        ({"type": "input_file", "file_data": "JVBE", "filename": "a"}, Document("application/pdf", "JVBE", name="a")),
    ],
)
def test_pictures_and_documents(part: dict[str, object], read_as: Part) -> None:
    assert shown(**part) == (read_as,)


def test_broken_arguments_cannot_cross() -> None:
    _, notes = noted({"type": "function_call", "call_id": "1", "name": "f", "arguments": "{oops"})
    assert notes.stays == ("function_call with broken arguments",)


def test_each_name_is_told_once() -> None:
    _, notes = noted({"type": "x"}, {"type": "x"}, {"type": "web_search_call"}, {"type": "web_search_call"})
    assert (notes.stays, notes.extras) == (("item x",), ("item web_search_call",))


@pytest.mark.parametrize("kind", ["function_call", "custom_tool_call", "function_call_output"])
def test_a_call_without_an_id_is_a_mistake(kind: str) -> None:
    _, notes = noted({"type": kind, "name": "f", "input": "", "output": "", "arguments": json.dumps({})})
    assert notes.mistake == refusal("input[0].call_id", "this field is required. Add it.")
