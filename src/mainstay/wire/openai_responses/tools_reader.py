"""The tools of a Responses request, read into functions that every dialect knows."""

from collections.abc import Sequence

import msgspec

from mainstay.model.conversation import Tool, ToolChoice, ToolMode
from mainstay.wire.json_bytes import ABSENT, is_given
from mainstay.wire.notes import ReadingNotes
from mainstay.wire.openai_responses.calls import FREE_TEXT_SCHEMA

_NOT_ELSEWHERE = frozenset(
    (
        "apply_patch",
        "code_interpreter",
        "computer",
        "computer_use",
        "computer_use_preview",
        "file_search",
        "image_generation",
        "local_shell",
        "mcp",
        "shell",
    )
)
"""Tools whose absence would make another answer of it; the others are a help that a model can do without."""
_FREE_TEXT = "custom"
_OWN_TOOLS = frozenset(("function", _FREE_TEXT))
_MODES = {"auto": ToolMode.AUTO, "none": ToolMode.NONE, "required": ToolMode.REQUIRED}


class _Format(msgspec.Struct):
    type: str = "text"
    syntax: str = ""
    definition: str = ""


class OfferedTool(msgspec.Struct):
    """A tool as the caller offers it."""

    type: str = ""
    name: str = ""
    description: str | None = None
    parameters: msgspec.Raw = ABSENT
    strict: bool | None = None
    format: _Format | None = None


class NamedChoice(msgspec.Struct):
    """A tool choice that is more than a word."""

    type: str = ""
    name: str = ""


def read_tools(offered: Sequence[OfferedTool], notes: ReadingNotes) -> tuple[Tool, ...]:
    """The tools that another dialect can be offered; a tool of the provider that was only offered is left out."""
    tools: list[Tool] = []
    for tool in offered:
        if tool.type in _OWN_TOOLS:
            tools.append(_tool(tool))
        elif tool.type in _NOT_ELSEWHERE:
            notes.stay(f"tool {tool.type}")
        else:
            notes.drop(f"tool {tool.type}")
    return tuple(tools)


def free_text_tools(offered: Sequence[OfferedTool]) -> tuple[str, ...]:
    """The names of those that take free text."""
    return tuple([tool.name for tool in offered if tool.type == _FREE_TEXT])


def read_choice(
    choice: str | NamedChoice | None, tools: Sequence[Tool], notes: ReadingNotes, *, parallel: bool | None
) -> ToolChoice | None:
    """The rule for tools."""
    if choice is None:
        return None if parallel is None else ToolChoice(parallel=parallel)
    if isinstance(choice, NamedChoice):
        if choice.type in _OWN_TOOLS:
            return ToolChoice(ToolMode.NAMED, choice.name, parallel)
        notes.stay(f"tool choice {choice.type[:40]}")
        return None
    mode = _MODES.get(choice)
    if mode is None or (mode is ToolMode.REQUIRED and not tools):
        notes.stay(f"tool choice {choice[:40]}")
        return None
    return ToolChoice(mode, "", parallel)


def _tool(tool: OfferedTool) -> Tool:
    if tool.type == _FREE_TEXT:
        return Tool(tool.name, _described(tool), FREE_TEXT_SCHEMA)
    schema = {"schema": bytes(tool.parameters)} if is_given(tool.parameters) else {}
    return Tool(tool.name, tool.description or "", strict=tool.strict, **schema)


def _described(tool: OfferedTool) -> str:
    """Where the format is a grammar, only words can ask for it elsewhere."""
    description = tool.description or ""
    if tool.format is None or not tool.format.definition:
        return description
    rule = f"The parameter `input` must follow this {tool.format.syntax} grammar:\n{tool.format.definition}"
    return f"{description}\n\n{rule}".lstrip()
