import base64

import msgspec
import pytest

from mainstay.model.conversation import Document, Image, Text, Thinking, ToolCall
from mainstay.wire.bedrock.blocks import (
    DOCUMENT_FORMATS,
    Block,
    Unable,
    call_block,
    document_block,
    image_block,
    reasoning_block,
    result_text,
    text_block,
)
from mainstay.wire.tool_ids import DistinctNames


def json_of(block: Block | Unable | None) -> object:
    assert isinstance(block, Block)
    return msgspec.json.decode(msgspec.json.encode(block))


def document(**fields: str) -> object:
    block = document_block(Document(**fields), DistinctNames())
    return json_of(block) if isinstance(block, Block) else block


def test_text() -> None:
    assert json_of(text_block(" hi ")) == {"text": " hi "}
    assert text_block(" \n\t ") is None
    assert result_text(Text("")) == []
    assert [json_of(block) for block in result_text(Text("a"))] == [{"text": "a"}]


@pytest.mark.parametrize(("media_type", "kind"), [("image/png", "png"), ("IMAGE/JPG", "jpeg"), ("image/webp", "webp")])
def test_pictures_by_value(media_type: str, kind: str) -> None:
    block = image_block(Image(media_type, "AAAA"))
    assert json_of(block) == {"image": {"format": kind, "source": {"bytes": "AAAA"}}}


def test_pictures_that_cannot_be_told() -> None:
    assert image_block(Image(url="https://a.example/b.png")) == Unable("images by URL")
    assert image_block(Image("image/tiff", "AAAA")) == Unable("images of type image/tiff")


@pytest.mark.parametrize(("media_type", "kind"), DOCUMENT_FORMATS.items())
def test_documents_by_value(media_type: str, kind: str) -> None:
    expected = {"format": kind, "name": "a b", "source": {"bytes": "AAAA"}}
    assert document(media_type=media_type, data="AAAA", name="a_b") == {"document": expected}


def test_documents_as_text_are_sent_as_bytes() -> None:
    data = base64.b64encode("Wörter".encode()).decode()
    expected = {"format": "txt", "name": "document", "source": {"bytes": data}}
    assert document(text="Wörter") == {"document": expected}
    assert document(text="Wörter", media_type="text/markdown") == {"document": {**expected, "format": "md"}}


def test_documents_that_cannot_be_told() -> None:
    assert document(url="https://a.example/b.pdf") == Unable("documents by URL")
    assert document(media_type="application/zip", data="AAAA") == Unable("documents of type application/zip")
    assert document() == Unable("empty documents")


def test_documents_of_one_name_are_told_apart() -> None:
    given = DistinctNames(separator=" ")
    blocks = [document_block(Document(data="AAAA", name="a"), given) for _ in range(3)]
    assert [block.document.name for block in blocks if isinstance(block, Block) and block.document] == [
        "a",
        "a 2",
        "a 3",
    ]


def test_calls_keep_the_bytes_of_their_arguments() -> None:
    block = call_block(ToolCall("x", "f", '{"a": 1.50, "b": 12345678901234567890}'), "call_1")
    assert isinstance(block, Block)
    assert b'"input":{"a": 1.50, "b": 12345678901234567890}' in msgspec.json.encode(block)


def test_calls_that_cannot_be_told() -> None:
    assert call_block(ToolCall("x", "a.b", "{}"), "x") == Unable("a tool named 'a.b'")
    for arguments in ("", "[]", '{"a":', "{} {}"):
        assert call_block(ToolCall("x", "f", arguments), "x") == Unable(
            "a tool call whose arguments are no JSON object"
        )


def test_reasoning() -> None:
    open_one = {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}}
    assert json_of(reasoning_block(Thinking("b", "Hm", "s"))) == open_one
    assert json_of(reasoning_block(Thinking("b", "", "s", hidden=True))) == {
        "reasoningContent": {"redactedContent": "s"}
    }
