"""What a request needs of whoever serves it, and what a candidate lacks of that."""

import msgspec

from mainstay.model.catalogue import Capabilities
from mainstay.model.conversation import Document, Effort, Image, Part, Prompt, Text, ToolResult
from mainstay.wire.continuation import CHARACTERS_PER_TOKEN

IMAGE_TOKENS = 1_600
"""What a picture of usual size counts for (Anthropic's and OpenAI's guides give 1,000 to 1,700)."""
DOCUMENT_CHARACTERS_PER_TOKEN = 40
"""Of base64: a page of a PDF is some 100 KB and 2,000 tokens."""


class Needs(msgspec.Struct, frozen=True):
    """Of one request. `output_tokens` is what the caller allows, 0 where it sets no limit."""

    input_tokens: int = 0
    output_tokens: int = 0
    tools: bool = False
    images: bool = False
    image_urls: bool = False
    documents: bool = False
    structured_output: bool = False
    prefill: bool = False


def needs_of(prompt: Prompt) -> Needs:
    """The needs of a request; tokens are estimated."""
    parts = [part for turn in prompt.turns for part in _flat(turn.parts)]
    images = [part for part in parts if isinstance(part, Image)]
    characters = sum(_characters(part) for part in parts)
    characters += sum(len(tool.schema) + len(tool.description) for tool in prompt.tools)
    return Needs(
        input_tokens=characters // CHARACTERS_PER_TOKEN + IMAGE_TOKENS * len(images),
        output_tokens=prompt.max_output_tokens or 0,
        tools=bool(prompt.tools),
        images=bool(images),
        image_urls=any(image.url for image in images),
        documents=any(isinstance(part, Document) for part in parts),
        structured_output=prompt.output_format is not None,
        prefill=prompt.prefill,
    )


def lacking(needs: Needs, able: Capabilities) -> str:
    """Why a candidate with these abilities cannot serve these needs; empty where it can. Unknown abilities count as
    present, but for prefill."""
    checks = (
        (needs.tools and able.tools is False, "no tools"),
        (needs.images and able.images is False, "no images"),
        (needs.image_urls and able.image_urls is False, "no images by URL"),
        (needs.documents and able.documents is False, "no documents"),
        (needs.structured_output and able.structured_output is False, "no structured output"),
        (needs.prefill and not able.prefill, "no prefill"),
    )
    missing = [reason for is_missing, reason in checks if is_missing]
    window = able.context_tokens
    if window is not None and needs.input_tokens >= window:
        missing.append(f"context window of {window} tokens, about {needs.input_tokens} needed")
    limit = able.output_tokens
    if limit is not None and needs.output_tokens > limit:
        missing.append(f"output limit of {limit} tokens, {needs.output_tokens} asked for")
    return ", ".join(missing)


def thinks(prompt: Prompt) -> bool:
    """Whether the caller asks for reasoning."""
    wish = prompt.reasoning
    return wish is not None and wish.effort is not Effort.NONE


def _flat(parts: tuple[Part, ...]) -> list[Part]:
    flat: list[Part] = []
    for part in parts:
        flat.append(part)
        if isinstance(part, ToolResult):
            flat.extend(part.parts)
    return flat


def _characters(part: Part) -> int:
    match part:
        case Text() | Document(data=""):
            return len(part.text)
        case Document():
            return len(part.data) * CHARACTERS_PER_TOKEN // DOCUMENT_CHARACTERS_PER_TOKEN
        case Image() | ToolResult():
            return 0
        case _:
            return sum(len(value) for value in msgspec.structs.astuple(part) if isinstance(value, str))
