"""The content blocks of Converse, and how parts of a conversation become such.

Binary values are base64 in JSON, so pictures and documents pass as they came. Source: the service description
(`ContentBlock` and what it holds).
"""

import base64

import msgspec

from mainstay.model.conversation import Document, Image, Text, Thinking, ToolCall
from mainstay.wire.bedrock import names
from mainstay.wire.json_bytes import is_object
from mainstay.wire.tool_ids import DistinctNames

IMAGE_FORMATS = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/jpg": "jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
}
DOCUMENT_FORMATS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
_TEXT_FORMATS = frozenset(("csv", "html", "txt", "md"))


class Source(msgspec.Struct):
    """Where a picture or document is: in base64."""

    bytes: str


class ImageBlock(msgspec.Struct):
    """A picture."""

    format: str
    source: Source


class DocumentBlock(msgspec.Struct):
    """A document."""

    format: str
    name: str
    source: Source


class ToolUse(msgspec.Struct, rename="camel"):
    """A call of a tool."""

    tool_use_id: str
    name: str
    input: msgspec.Raw


class ToolResultBlock(msgspec.Struct, rename="camel", omit_defaults=True):
    """What a tool gave back. `status` is left to its default, success, where it can be: not every model takes it."""

    tool_use_id: str
    content: "list[Block]"
    status: str | None = None


class ReasoningText(msgspec.Struct, omit_defaults=True):
    """Reasoning with its maker's signature."""

    text: str
    signature: str | None = None


class Reasoning(msgspec.Struct, rename="camel", omit_defaults=True):
    """Either open or hidden reasoning."""

    reasoning_text: ReasoningText | None = None
    redacted_content: str | None = None


class Block(msgspec.Struct, rename="camel", omit_defaults=True):
    """One content block: exactly one member is there."""

    text: str | None = None
    image: ImageBlock | None = None
    document: DocumentBlock | None = None
    tool_use: ToolUse | None = None
    tool_result: ToolResultBlock | None = None
    reasoning_content: Reasoning | None = None


class Unable(msgspec.Struct, frozen=True):
    """What Converse cannot be told, in a few words."""

    what: str


def text_block(text: str) -> Block | None:
    """Words; `None` for blank ones, which are refused."""
    return Block(text=text) if text.strip() else None


def image_block(image: Image) -> Block | Unable:
    """A picture by value."""
    if image.url:
        return Unable("images by URL")
    kind = IMAGE_FORMATS.get(image.media_type.lower())
    if kind is None:
        return Unable(f"images of type {image.media_type[:40] or 'unknown'}")
    return Block(image=ImageBlock(kind, Source(image.data)))


def document_block(document: Document, given: DistinctNames) -> Block | Unable:
    """A document by value. `given` are the names of those before it; its own joins them."""
    if document.url:
        return Unable("documents by URL")
    kind = DOCUMENT_FORMATS.get(document.media_type.lower())
    data = document.data
    if document.text:
        kind = kind if kind in _TEXT_FORMATS else "txt"
        data = base64.b64encode(document.text.encode("utf-8", "replace")).decode()
    if kind is None:
        return Unable(f"documents of type {document.media_type[:80] or 'unknown'}")
    if not data:
        return Unable("empty documents")
    name = given.take(names.document_name(document.name))
    return Block(document=DocumentBlock(kind, name, Source(data)))


def call_block(call: ToolCall, written_id: str) -> Block | Unable:
    """A call of a tool under the id that the request gives it."""
    if not names.is_tool_name(call.name):
        return Unable(f"a tool named {call.name[:80]!r}")
    if not is_object(call.arguments):
        return Unable("a tool call whose arguments are no JSON object")
    return Block(tool_use=ToolUse(written_id, call.name, msgspec.Raw(call.arguments.encode())))


def reasoning_block(thinking: Thinking) -> Block:
    """Reasoning that goes back to its maker."""
    if thinking.hidden:
        return Block(reasoning_content=Reasoning(redacted_content=thinking.seal))
    return Block(reasoning_content=Reasoning(ReasoningText(thinking.text, thinking.seal or None)))


def result_text(part: Text) -> list[Block]:
    """Words of a tool's result."""
    block = text_block(part.text)
    return [] if block is None else [block]
