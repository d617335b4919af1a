"""Parts of turns, written as content blocks."""

import base64
import binascii

import msgspec

from mainstay.model.conversation import Document, Image, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from mainstay.wire.anthropic.body import (
    Base64Source,
    Block,
    DocumentBlock,
    Held,
    ImageBlock,
    RedactedThinkingBlock,
    TextBlock,
    TextSource,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UrlSource,
)
from mainstay.wire.anthropic.words import CALL_IDS
from mainstay.wire.json_bytes import is_object
from mainstay.wire.notes import EARLIER_THINKING, WritingNotes
from mainstay.wire.tool_ids import ConversationIds

_PDF = "application/pdf"
_PICTURES = frozenset(("image/jpeg", "image/png", "image/gif", "image/webp"))
_SAME_PICTURE = {"image/jpg": "image/jpeg"}
_SECURE = "https://"
_NO_WISH = frozenset(("", "auto"))


class PartWriter:
    """Writes the parts of one conversation. Ids of tool calls and what the target lacks are kept in mind."""

    __slots__ = ("_issuer", "_notes", "ids")

    def __init__(self, issuer: str, notes: WritingNotes) -> None:
        """`issuer` is the target's name: only its own thinking goes back to it."""
        self._issuer = issuer
        self._notes = notes
        self.ids = ConversationIds(CALL_IDS)

    def answer_block(self, part: Part) -> Block | None:
        """What the assistant said, or `None` for what is left out."""
        match part:
            case Text(text) | Refusal(text):
                return TextBlock(text) if text.strip() else None
            case ToolCall():
                return self._call(part)
            case Thinking():
                return self._thinking(part)
            case ToolResult():
                self._notes.bar("tool results in an assistant turn")
            case _:
                self._notes.bar("images or documents in an assistant turn")
        return None

    def result_block(self, result: ToolResult) -> Block | None:
        """What a tool gave back."""
        call_id = self.ids.result(result.call_id)
        if call_id is None:
            self._notes.bar(f"a tool result without its call ({result.call_id[:80]})")
            return None
        content = tuple(block for part in result.parts if (block := self.held_block(part)) is not None)
        return ToolResultBlock(call_id, content, result.is_error)

    def held_block(self, part: Part) -> Held | None:
        """What a user, or a tool, shows."""
        match part:
            case Text(text) | Refusal(text):
                return TextBlock(text) if text.strip() else None
            case Image():
                return self._image(part)
            case Document():
                return self._document(part)
            case _:
                self._notes.bar("tool calls or thinking in a user turn")
        return None

    def _call(self, call: ToolCall) -> Block | None:
        if not is_object(call.arguments):
            self._notes.bar(f"the arguments of the tool call {call.id[:80]} are no JSON object")
            return None
        return ToolUseBlock(self.ids.call(call.id), call.name, msgspec.Raw(call.arguments.encode()))

    def _thinking(self, thinking: Thinking) -> Block | None:
        if not thinking.issuer or thinking.issuer != self._issuer or not thinking.seal:
            self._notes.lose(EARLIER_THINKING)
            return None
        if thinking.hidden:
            return RedactedThinkingBlock(thinking.seal)
        return ThinkingBlock(thinking.text, thinking.seal)

    def _image(self, image: Image) -> Held | None:
        if image.detail not in _NO_WISH:
            self._notes.lose("image detail")
        if image.url:
            source = self._url(image.url, "images")
            return ImageBlock(source) if source is not None else None
        kind = image.media_type.lower()
        kind = _SAME_PICTURE.get(kind, kind)
        if kind not in _PICTURES:
            self._notes.bar(f"images of the type {kind[:80] or 'unknown'}")
            return None
        return ImageBlock(Base64Source(kind, image.data))

    def _url(self, url: str, what: str) -> UrlSource | None:
        if self._notes.able.image_urls is False and what == "images":
            self._notes.bar("images by URL")
            return None
        if not url.lower().startswith(_SECURE):
            self._notes.bar(f"{what} by a URL that is not https")
            return None
        return UrlSource(url)

    def _document(self, document: Document) -> Held | None:
        source: Base64Source | UrlSource | TextSource | None
        if document.url:
            source = self._url(document.url, "documents")
        elif document.media_type == _PDF and document.data:
            source = Base64Source(_PDF, document.data)
        elif document.data:
            source = self._decoded(document)
        else:
            source = TextSource(document.text) if document.text.strip() else None
        return DocumentBlock(source, document.name or None) if source is not None else None

    def _decoded(self, document: Document) -> TextSource | None:
        """The API takes PDFs and plain text; text of any kind is plain text."""
        if document.media_type.startswith("text/") or document.media_type == "application/json":
            try:
                return TextSource(base64.b64decode(document.data, validate=True).decode())
            except (ValueError, binascii.Error):
                self._notes.bar("a text document that is not UTF-8")
                return None
        self._notes.bar(f"documents of the type {document.media_type[:80] or 'unknown'}")
        return None
