"""What the Anthropic Messages API refuses: rules that its types alone do not say. Source: its documentation and the
wording of its errors."""

import re
from collections.abc import Iterator

import msgspec

from mainstay.lab.provider.anthropic_body import Block, Body, Message, result_blocks
from mainstay.lab.provider.ask import Problem

WITHOUT_SAMPLING = "2026-10-21"
"""API versions from this one on take no sampling parameters."""
BUDGET_TOKENS_MIN = 1024

_ID = re.compile(r"[a-zA-Z0-9_-]+")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_THINKING = frozenset({"thinking", "redacted_thinking"})
_ROLES = frozenset({"user", "assistant", "system"})


def problem_in(body: Body, version: str) -> Problem | None:
    """The first rule that the request breaks. `version` is that of the API."""
    return next(_problems(body, version), None)


def _problems(body: Body, version: str) -> Iterator[Problem]:
    yield from _tools(body)
    yield from _sampling(body, version)
    yield from _thinking(body)
    if isinstance(body.system, list) and not all(block.text for block in body.system):
        yield Problem("system: text content blocks must be non-empty", "system")
    for index, message in enumerate(body.messages):
        yield from _message(index, message, is_last=index == len(body.messages) - 1)
    yield from _pairs(body.messages)
    yield from _prefill(body.messages[-1])


def _tools(body: Body) -> Iterator[Problem]:
    names = [tool.name for tool in body.tools]
    for index, name in enumerate(names):
        if not _TOOL_NAME.fullmatch(name):
            yield Problem(f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'", "tools")
    if len(set(names)) < len(names):
        yield Problem("tools: Tool names must be unique.", "tools")
    if body.tool_choice is not None and not names:
        yield Problem("tool_choice may only be specified while providing tools", "tool_choice")
    if body.tool_choice is not None and body.tool_choice.type == "tool" and body.tool_choice.name not in names:
        yield Problem(f"Tool '{body.tool_choice.name}' not found in provided tools", "tool_choice")


def _sampling(body: Body, version: str) -> Iterator[Problem]:
    for name, value in (("temperature", body.temperature), ("top_p", body.top_p), ("top_k", body.top_k)):
        if value is not None and version >= WITHOUT_SAMPLING:
            yield Problem(f"{name}: Extra inputs are not permitted", name)
    if body.temperature is not None and not 0 <= body.temperature <= 1:
        yield Problem("temperature: range: 0..1", "temperature")
    if body.thinking.is_on and body.temperature not in (None, 1):
        yield Problem("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.", "temperature")


def _thinking(body: Body) -> Iterator[Problem]:
    thinking = body.thinking
    if thinking.is_on and body.tool_choice is not None and body.tool_choice.type in ("any", "tool"):
        yield Problem("Thinking may not be enabled when tool_choice forces tool use.", "thinking")
    if thinking.type != "enabled":
        return
    if thinking.budget_tokens < BUDGET_TOKENS_MIN:
        yield Problem("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024", "thinking")
    if body.max_tokens is not None and body.max_tokens <= thinking.budget_tokens:
        yield Problem("`max_tokens` must be greater than `thinking.budget_tokens`.", "max_tokens")
    turn = _open_tool_turn(body.messages)
    if turn is not None and not (turn.blocks and turn.blocks[0].type in _THINKING):
        yield Problem(
            "When `thinking` is enabled, a final `assistant` message must start with a thinking block "
            "(preceding the last set of `tool_use` and `tool_result` blocks).",
            "messages",
        )


def _open_tool_turn(messages: list[Message]) -> Message | None:
    """The assistant's message whose tool calls the last message answers."""
    has_results = any(block.type == "tool_result" for block in messages[-1].blocks)
    return messages[-2] if has_results and len(messages) > 1 else None


def _message(index: int, message: Message, *, is_last: bool) -> Iterator[Problem]:
    if message.role not in _ROLES:
        yield Problem(f"messages.{index}.role: Input should be 'user', 'assistant' or 'system'", "messages")
    is_prefill = is_last and message.role == "assistant"
    if not message.blocks and not is_prefill:
        yield Problem(f"messages.{index}: messages must have non-empty content", "messages")
    for place, block in enumerate(message.blocks):
        yield from _block(f"messages.{index}.content.{place}", block, message.role)


def _block(where: str, block: Block, role: str) -> Iterator[Problem]:
    match block.type:
        case "text":
            if not block.text:
                yield Problem("messages: text content blocks must be non-empty", "messages")
            elif not block.text.strip():
                yield Problem("messages: text content blocks must contain non-whitespace text", "messages")
        case "image":
            yield from _image(where, block, role)
        case "tool_use":
            yield from _tool_use(where, block, role)
        case "tool_result":
            if role != "user":
                yield Problem(f"{where}: `tool_result` blocks can only be in `user` messages", "messages")
            yield from _tool_result(where, block)


def _image(where: str, block: Block, role: str) -> Iterator[Problem]:
    source = block.source
    if role != "user":
        yield Problem(f"{where}: `image` blocks can only be in `user` messages", "messages")
    if source.type == "base64" and source.media_type not in _IMAGES:
        allowed = ", ".join(sorted(_IMAGES))
        yield Problem(f"{where}.image.source.base64.media_type: Input should be one of {allowed}", "messages")
    if source.type == "base64" and not source.data:
        yield Problem(f"{where}.image.source.base64: image cannot be empty", "messages")
    if source.type == "url" and not source.url.startswith(("https://", "http://")):
        yield Problem(f"{where}.image.source.url: Only HTTP URLs are supported", "messages")
    if source.type not in ("base64", "url", "file"):
        yield Problem(
            f"{where}.image.source: Input tag {source.type!r} does not match 'base64', 'url', 'file'", "messages"
        )


def _tool_use(where: str, block: Block, role: str) -> Iterator[Problem]:
    if role != "assistant":
        yield Problem(f"{where}: `tool_use` blocks can only be in `assistant` messages", "messages")
    if not _ID.fullmatch(block.id):
        yield Problem(f"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'", "messages")
    if not _TOOL_NAME.fullmatch(block.name):
        yield Problem(f"{where}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'", "messages")
    if not bytes(block.input).startswith(b"{"):
        yield Problem(f"{where}.tool_use.input: Input should be an object", "messages")


def _tool_result(where: str, block: Block) -> Iterator[Problem]:
    try:
        content = result_blocks(block)
    except msgspec.ValidationError as error:
        yield Problem(f"{where}.tool_result.content: {error}", "messages")
        return
    for place, inner in enumerate(content):
        if inner.type == "image":
            yield from _image(f"{where}.content.{place}", inner, "user")


def _pairs(messages: list[Message]) -> Iterator[Problem]:
    """Every call is answered in the very next message, every answer has its call, and results come first in theirs."""
    seen: set[str] = set()
    called: list[str] = []
    for index, message in enumerate(messages):
        answered = _leading_results(message) if message.role == "user" else []
        missing = [call_id for call_id in called if call_id not in answered]
        if missing:
            yield Problem(
                f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
                "next message.",
                "messages",
            )
        yield from _unexpected(index, message, called)
        called = [block.id for block in message.blocks if block.type == "tool_use"]
        if len(set(called)) < len(called) or seen.intersection(called):
            yield Problem("messages: `tool_use` ids must be unique", "messages")
        seen.update(called)
    if called:
        yield Problem(
            f"messages.{len(messages) - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(called)}.",
            "messages",
        )


def _leading_results(message: Message) -> list[str]:
    found: list[str] = []
    for block in message.blocks:
        if block.type != "tool_result":
            break
        found.append(block.tool_use_id)
    return found


def _unexpected(index: int, message: Message, called: list[str]) -> Iterator[Problem]:
    results = [block.tool_use_id for block in message.blocks if block.type == "tool_result"]
    for call_id in results:
        if call_id not in called:
            yield Problem(
                f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {call_id}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message.",
                "messages",
            )
    if len(set(results)) < len(results):
        yield Problem(f"messages.{index}: each tool_use must have a single result", "messages")


def _prefill(last: Message) -> Iterator[Problem]:
    if last.role == "assistant" and last.text != last.text.rstrip():
        yield Problem("messages: final assistant content cannot end with trailing whitespace", "messages")
