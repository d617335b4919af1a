import json

import msgspec
import pytest

from mainstay.model.conversation import Document, Image, Part, Text, Thinking, ToolCall, ToolResult
from mainstay.wire.anthropic.block_reader import read_content
from mainstay.wire.notes import ReadingNotes

PNG = {"type": "base64", "media_type": "image/png", "data": "aGk="}


def read(content: object) -> tuple[tuple[Part, ...], ReadingNotes]:
    notes = ReadingNotes()
    return read_content(msgspec.Raw(json.dumps(content).encode()), "messages[0].content", notes), notes


def parts(*blocks: dict[str, object]) -> tuple[Part, ...]:
    result, notes = read(list(blocks))
    assert (notes.mistake, notes.stays, notes.extras) == (None, (), ())
    return result


def mistake(content: object) -> str:
    _, notes = read(content)
    assert notes.mistake is not None
    return notes.mistake.message


@pytest.mark.parametrize(("content", "words"), [("Hi", ("Hi",)), ("", ()), ([], ())])
def test_a_string_is_a_block_of_text(content: object, words: tuple[str, ...]) -> None:
    assert read(content)[0] == tuple(Text(word) for word in words)


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ({"type": "text", "text": "Hi", "citations": None}, Text("Hi")),
        ({"type": "image", "source": PNG}, Image("image/png", "aGk=")),
        ({"type": "image", "source": {"type": "url", "url": "https://a"}}, Image(url="https://a")),
        (
            {"type": "document", "source": {**PNG, "media_type": "application/pdf"}, "title": "a.pdf"},
            Document("application/pdf", "aGk=", name="a.pdf"),
        ),
        (
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
            Document("text/plain", text="words"),
        ),
        (
            {"type": "document", "source": {"type": "url", "url": "https://a"}, "citations": {"enabled": False}},
            Document(url="https://a"),
        ),
        ({"type": "document", "source": {"type": "content", "content": "words"}}, Text("words")),
        (
            {"type": "document", "source": {"type": "content", "content": [{"type": "image", "source": PNG}]}},
            Image("image/png", "aGk="),
        ),
        ({"type": "tool_use", "id": "a", "name": "t", "input": {"b": 1.50}}, ToolCall("a", "t", '{"b": 1.5}')),
        ({"type": "tool_result", "tool_use_id": "a"}, ToolResult("a")),
        ({"type": "tool_result", "tool_use_id": "a", "content": "18"}, ToolResult("a", (Text("18"),))),
        (
            {
                "type": "tool_result",
                "tool_use_id": "a",
                "is_error": True,
                "content": [{"type": "text", "text": "no"}, {"type": "image", "source": PNG}],
            },
            ToolResult("a", (Text("no"), Image("image/png", "aGk=")), is_error=True),
        ),
        ({"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, Thinking("", "Hm.", "c2ln")),
        ({"type": "redacted_thinking", "data": "cmVk"}, Thinking(seal="cmVk", hidden=True)),
    ],
)
def test_every_block_that_others_know(block: dict[str, object], part: Part) -> None:
    assert parts(block) == (part,)


def test_the_bytes_of_arguments_are_kept() -> None:
    raw = msgspec.Raw(b'[{"type":"tool_use","id":"a","name":"t","input":{ "n" : 1.50 }}]')
    (call,) = read_content(raw, "", ReadingNotes())
    assert call == ToolCall("a", "t", '{ "n" : 1.50 }')


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, "block server_tool_use"),
        ({"type": "web_search_tool_result", "tool_use_id": "s", "content": []}, "block web_search_tool_result"),
        ({"type": "container_upload", "file_id": "f"}, "block container_upload"),
        ({"type": "of_tomorrow", "text": 7}, "block of_tomorrow"),
        ({"type": "image", "source": {"type": "file", "file_id": "f"}}, "file id"),
        ({"type": "document", "source": {"type": "file", "file_id": "f"}}, "file id"),
        ({"type": "image", "source": {"type": "telepathy"}}, "image source telepathy"),
        ({"type": "tool_result", "tool_use_id": "a", "content": [{"type": "search_result"}]}, "block search_result"),
    ],
)
def test_what_nobody_else_has_stays(block: dict[str, object], reason: str) -> None:
    _, notes = read([block])
    assert (notes.stays, notes.mistake) == ((reason,), None)


@pytest.mark.parametrize(
    ("block", "name"),
    [
        ({"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}, "cache_control"),
        ({"type": "text", "text": "Hi", "citations": [{"type": "char_location"}]}, "citations"),
        ({"type": "document", "source": {"type": "url", "url": "u"}, "citations": {"enabled": True}}, "citations"),
        ({"type": "document", "source": {"type": "url", "url": "u"}, "context": "mine"}, "document context"),
    ],
)
def test_what_nobody_else_has_and_may_be_left_out(block: dict[str, object], name: str) -> None:
    result, notes = read([block])
    assert (notes.extras, notes.mistake, len(result)) == ((name,), None, 1)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (None, "messages[0].content: "),
        ({"type": "text"}, "messages[0].content: "),
        (["Hi"], "messages[0].content[0]: "),
        ([{"text": "Hi"}], "messages[0].content[0]: type: "),
        ([{"type": "text", "text": "a"}, {"type": "text"}], "messages[0].content[1]: text: "),
        ([{"type": "image", "source": {"type": 7}}], "messages[0].content[0]: source.type: "),
        ([{"type": "tool_use", "id": "a", "name": "t", "input": "{}"}], "messages[0].content[0].input: "),
        ([{"type": "tool_result", "tool_use_id": "a", "content": 7}], "messages[0].content[0].content: "),
        (
            [{"type": "tool_result", "tool_use_id": "a", "content": [{"type": "redacted_thinking", "data": "x"}]}],
            "messages[0].content[0].content: ",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(content: object, place: str) -> None:
    assert mistake(content).startswith(place)


def test_documents_within_documents_come_to_an_end() -> None:
    depth = 2000
    opening = b'[{"type":"document","source":{"type":"content","content":'
    raw = msgspec.Raw(opening * depth + b'"x"' + b"}}]" * depth)
    notes = ReadingNotes()
    assert read_content(raw, "messages[0].content", notes) == ()
    assert notes.mistake is not None
