import pytest

from mainstay.model.conversation import Document, Image
from mainstay.wire.gemini.media import document_part, image_part
from mainstay.wire.gemini.shape import Blob, FileData, Part


def test_a_picture_by_value() -> None:
    assert image_part(Image("image/png", "eA==")) == Part(inline_data=Blob("image/png", "eA=="))
    assert image_part(Image("image/jpg", "eA==")) == Part(inline_data=Blob("image/jpeg", "eA=="))


@pytest.mark.parametrize("url", ["gs://bucket/a.png", "https://generativelanguage.googleapis.com/v1beta/files/abc"])
def test_googles_own_addresses_are_files(url: str) -> None:
    assert image_part(Image("image/png", url=url)) == Part(file_data=FileData(url, "image/png"))
    assert document_part(Document(url=url)) == Part(file_data=FileData(url, "application/pdf"))


def test_what_gemini_cannot_take_is_named() -> None:
    assert image_part(Image(url="https://example.test/a.png")) == "images by URL"
    assert image_part(Image("image/gif", "eA==")) == "images of type image/gif"
    assert image_part(Image("", "eA==")) == "images of type unknown"
    assert document_part(Document(url="https://example.test/a.pdf")) == "documents by URL"
    assert document_part(Document("application/zip", "eA==")) == "documents of type application/zip"


def test_documents_by_value_and_as_text() -> None:
    assert document_part(Document(data="eA==")) == Part(inline_data=Blob("application/pdf", "eA=="))
    assert document_part(Document("text/plain", "eA==")) == Part(inline_data=Blob("text/plain", "eA=="))
    assert document_part(Document(text="words")) == Part(text="words")
    assert document_part(Document(text="words", name="notes")) == Part(text="notes\n\nwords")
