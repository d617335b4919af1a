"""Pictures and documents in a request."""

import re

from mainstay.model.conversation import Document, Image
from mainstay.wire.gemini.shape import Blob, FileData, Part

_IMAGE_TYPES = frozenset(("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"))
_PDF = "application/pdf"
_OWN_FILE = re.compile(r"gs://.+|https://generativelanguage\.googleapis\.com/[^/]+/files/.+")
"""Addresses that Gemini fetches: Google's own, and no other."""


def image_part(image: Image) -> Part | str:
    """The part, or in a few words what Gemini cannot take."""
    media_type = "image/jpeg" if image.media_type == "image/jpg" else image.media_type
    if image.url:
        return _file_part(image.url, media_type) or "images by URL"
    if media_type not in _IMAGE_TYPES:
        return f"images of type {media_type or 'unknown'}"
    return Part(inline_data=Blob(media_type, image.data))


def document_part(document: Document) -> Part | str:
    """The part, or in a few words what Gemini cannot take. A text has its name above its words."""
    if document.url:
        return _file_part(document.url, document.media_type) or "documents by URL"
    if not document.data:
        return Part(text=f"{document.name}\n\n{document.text}" if document.name else document.text)
    if document.media_type != _PDF and not document.media_type.startswith("text/"):
        return f"documents of type {document.media_type or 'unknown'}"
    return Part(inline_data=Blob(document.media_type, document.data))


def _file_part(url: str, media_type: str) -> Part | None:
    return Part(file_data=FileData(url, media_type)) if _OWN_FILE.fullmatch(url) else None
