"""The tools of a Responses request, read into functions that every dialect knows."""

from collections.abc import Sequence

import msgspec

from mainstay.model.conversation import Tool, ToolChoice, ToolMode
from mainstay.wire.json_bytes import ABSENT, is_given
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


class OfferedTools(msgspec.Struct, frozen=True):
    """What another dialect can be offered, and the names of what it cannot."""

    tools: tuple[Tool, ...]
    custom: tuple[str, ...]
    extras: tuple[str, ...]
    stays: tuple[str, ...]


def read_tools(offered: Sequence[OfferedTool]) -> OfferedTools:
    """The tools; a tool of the provider that was only offered is left out and named."""
    tools = tuple([_tool(tool) for tool in offered if tool.type in {"function", "custom"}])
    others = [tool.type for tool in offered if tool.type not in {"function", "custom"}]
    named = {f"tool {kind}": kind in _NOT_ELSEWHERE for kind in others}
    return OfferedTools(
        tools,
        tuple([tool.name for tool in offered if tool.type == "custom"]),
        tuple([name for name, stays in named.items() if not stays]),
        tuple([name for name, stays in named.items() if stays]),
    )


def read_choice(
    choice: str | NamedChoice | None, tools: Sequence[Tool], *, parallel: bool | None
) -> ToolChoice | str | None:
    """The rule for tools; text names a rule that no other dialect can keep."""
    if choice is None:
        return None if parallel is None else ToolChoice(parallel=parallel)
    if isinstance(choice, NamedChoice):
        if choice.type in {"function", "custom"}:
            return ToolChoice(ToolMode.NAMED, choice.name, parallel)
        return f"tool choice {choice.type}"
    mode = _MODES.get(choice)
    if mode is None:
        return f"tool choice {choice[:40]}"
    if mode is ToolMode.REQUIRED and not tools:
        return "tool choice required"
    return ToolChoice(mode, "", parallel)


def _tool(tool: OfferedTool) -> Tool:
    if tool.type == "custom":
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
