"""What Converse refuses: rules that its types alone do not say. Source: the service description's patterns and notes,
and the wording of its errors."""

import binascii
import re
from collections.abc import Iterator

from mainstay.lab.provider.ask import Problem
from mainstay.lab.provider.bedrock_body import Block, Body, Media, Message

BUDGET_TOKENS_MIN = 1024
METADATA_ENTRIES_MAX = 16

_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_DOCUMENT_NAME = re.compile(r"(?!.*\s\s)[a-zA-Z0-9\s()\[\]-]{1,200}")
_METADATA = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")
_IMAGES = frozenset({"png", "jpeg", "gif", "webp"})
_DOCUMENTS = frozenset({"pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"})
_ROLES = frozenset({"user", "assistant", "system"})


def problem_in(body: Body) -> Problem | None:
    """The first rule that the request breaks."""
    return next(_problems(body), None)


def _problems(body: Body) -> Iterator[Problem]:
    if not body.messages:
        yield Problem("The messages field must hold at least one message.")
        return
    if body.messages[0].role == "assistant":
        yield Problem("A conversation must start with a user message. Try again with such a conversation.")
    yield from _parameters(body)
    yield from _tools(body)
    before = ""
    for index, message in enumerate(body.messages):
        if message.role == before:
            yield Problem("A conversation must alternate between user and assistant roles.")
        before = message.role
        yield from _message(f"messages.{index}", message)
    yield from _document_names(body.messages)
    yield from _pairs(body.messages)
    yield from _prefill(body.messages[-1])


def _parameters(body: Body) -> Iterator[Problem]:
    inference = body.inference_config
    if inference.max_tokens is not None and inference.max_tokens < 1:
        yield Problem("inferenceConfig.maxTokens must be at least 1.")
    for name, value in (("temperature", inference.temperature), ("topP", inference.top_p)):
        if value is not None and not 0 <= value <= 1:
            yield Problem(f"inferenceConfig.{name} must be from 0 to 1.")
    if any(not sequence.strip() for sequence in inference.stop_sequences):
        yield Problem("inferenceConfig.stopSequences: each stop sequence must contain non-whitespace.")
    if any(not block.text.strip() for block in body.system):
        yield Problem("The text field of a system block is blank.")
    metadata = body.request_metadata
    if len(metadata) > METADATA_ENTRIES_MAX or not all(
        _METADATA.fullmatch(text) for pair in metadata.items() for text in pair
    ):
        yield Problem("requestMetadata does not match its pattern.")
    yield from _thinking(body)


def _thinking(body: Body) -> Iterator[Problem]:
    thinking, inference = body.additional_model_request_fields.thinking, body.inference_config
    if not thinking.is_on:
        return
    if inference.temperature not in (None, 1):
        yield Problem("`temperature` may only be set to 1 when thinking is enabled.")
    choice = body.tool_config.tool_choice if body.tool_config else None
    if choice is not None and (choice.any is not None or choice.tool is not None):
        yield Problem("Thinking may not be enabled when tool_choice forces tool use.")
    if thinking.type != "enabled":
        return
    if thinking.budget_tokens < BUDGET_TOKENS_MIN:
        yield Problem("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if inference.max_tokens is not None and inference.max_tokens <= thinking.budget_tokens:
        yield Problem("`max_tokens` must be greater than `thinking.budget_tokens`.")
    last = next((message for message in reversed(body.messages) if message.role == "assistant"), None)
    if last and any(block.tool_use for block in last.content) and last.content[0].reasoning_content is None:
        yield Problem("Expected `thinking` or `redacted_thinking`, but found `tool_use`.")


def _tools(body: Body) -> Iterator[Problem]:
    uses_tools = any(block.tool_use or block.tool_result for message in body.messages for block in message.content)
    if body.tool_config is None:
        if uses_tools:
            yield Problem("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
        return
    names = [tool.tool_spec.name for tool in body.tool_config.tools]
    if not names:
        yield Problem("toolConfig.tools must hold at least one tool.")
    for tool in body.tool_config.tools:
        if not _TOOL_NAME.fullmatch(tool.tool_spec.name):
            yield Problem("toolConfig.tools: a name does not match the pattern [a-zA-Z0-9_-]{1,64}.")
        if tool.tool_spec.description == "":
            yield Problem("toolConfig.tools: a description is empty.")
    named = body.tool_config.tool_choice.tool
    if named is not None and named.name not in names:
        yield Problem(f"toolConfig.toolChoice names a tool that is not there: {named.name}")


def _message(where: str, message: Message) -> Iterator[Problem]:
    if message.role not in _ROLES:
        yield Problem(f"{where}.role must be user, assistant or system.")
    if not message.content:
        yield Problem(f"The content field in the Message object at {where} is empty.")
    blocks = message.content
    for place, block in enumerate(blocks):
        yield from _block(f"{where}.content.{place}", block, message.role)
    if any(block.document for block in blocks) and not any(block.text for block in blocks):
        yield Problem(f"{where}: a text block is required beside documents.")


def _block(where: str, block: Block, role: str) -> Iterator[Problem]:
    if block.text is not None and not block.text.strip():
        yield Problem(f"The text field in the ContentBlock object at {where} is blank.")
    if role == "assistant" and (block.image or block.document or block.tool_result):
        yield Problem(f"{where}: this block may only stand in messages of the user.")
    if role == "user" and (block.tool_use or block.reasoning_content):
        yield Problem(f"{where}: this block may only stand in messages of the assistant.")
    if block.tool_use and not (_ID.fullmatch(block.tool_use.tool_use_id) and _TOOL_NAME.fullmatch(block.tool_use.name)):
        yield Problem(f"{where}.toolUse does not match its patterns.")
    pictures = [block.image, *(inner.image for inner in (block.tool_result.content if block.tool_result else ()))]
    for image in pictures:
        if image is not None:
            yield from _media(where, image, _IMAGES)
    if block.document is not None:
        yield from _media(where, block.document, _DOCUMENTS)
        if not _DOCUMENT_NAME.fullmatch(block.document.name):
            yield Problem(f"{where}.document.name holds characters that are not allowed.")


def _media(where: str, media: Media, formats: frozenset[str]) -> Iterator[Problem]:
    if media.format not in formats:
        yield Problem(f"{where}: the format {media.format!r} is not supported.")
    try:
        data = binascii.a2b_base64(media.source.bytes)
    except binascii.Error:
        data = b""
    if not data:
        yield Problem(f"{where}: the bytes are empty or no base64.")


def _document_names(messages: list[Message]) -> Iterator[Problem]:
    names = [block.document.name for message in messages for block in message.content if block.document]
    if len(set(names)) < len(names):
        yield Problem("Messages contain duplicate document names.")


def _pairs(messages: list[Message]) -> Iterator[Problem]:
    """Every call is answered in the very next message, first of all, and every answer has its call."""
    seen: set[str] = set()
    called: list[str] = []
    for index, message in enumerate(messages):
        results = [block.tool_result.tool_use_id for block in message.content if block.tool_result]
        if sorted(results) != sorted(called):
            yield Problem(
                f"messages.{index}: the toolResult blocks must match the toolUse blocks of the previous turn."
            )
        if results and any(block.tool_result is None for block in message.content[: len(results)]):
            yield Problem(f"messages.{index}: toolResult blocks must come first.")
        called = [block.tool_use.tool_use_id for block in message.content if block.tool_use]
        if len(set(called)) < len(called) or seen.intersection(called):
            yield Problem("messages: `tool_use` ids must be unique")
        seen.update(called)
    if called:
        yield Problem("messages: toolUse blocks without toolResult blocks at the end.")


def _prefill(last: Message) -> Iterator[Problem]:
    if last.role == "assistant" and last.text != last.text.rstrip():
        yield Problem("messages: final assistant content cannot end with trailing whitespace")
