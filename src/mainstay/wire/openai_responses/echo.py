"""What a response says about its request."""

import msgspec

from mainstay.model.conversation import Prompt, Role, Text, Tool, ToolChoice, ToolMode
from mainstay.wire.codec import Identity
from mainstay.wire.json_bytes import Fields, raw
from mainstay.wire.openai_responses.items import NULL, response_object


class _Function(msgspec.Struct, tag_field="type", tag="function"):
    name: str
    description: str
    parameters: msgspec.Raw
    strict: bool


class _Custom(msgspec.Struct, tag_field="type", tag="custom"):
    name: str
    description: str


class _Named(msgspec.Struct):
    type: str
    name: str


def echo(prompt: Prompt, identity: Identity) -> Fields:
    """The response object as it begins, with what the caller asked for."""
    response = response_object(identity.id, identity.created, identity.model)
    choice = prompt.tool_choice or ToolChoice()
    effort = prompt.reasoning.effort if prompt.reasoning else None
    summary = "auto" if prompt.reasoning and prompt.reasoning.visible else None
    instructions = _instructions(prompt)
    return response | {
        "instructions": raw(instructions) if instructions else NULL,
        "max_output_tokens": raw(prompt.max_output_tokens),
        "parallel_tool_calls": raw(value=choice.parallel is not False),
        "reasoning": raw({"effort": effort.value if effort else None, "summary": summary}),
        "temperature": raw(prompt.sampling.temperature),
        "text": _text(prompt),
        "tool_choice": _choice(choice, prompt),
        "tools": raw([_tool(tool, prompt) for tool in prompt.tools]),
        "top_p": raw(prompt.sampling.top_p),
        "user": raw(prompt.end_user or None),
        "metadata": raw(prompt.metadata),
    }


def _instructions(prompt: Prompt) -> str:
    first = prompt.turns[0] if prompt.turns else None
    if first is None or first.role is not Role.SYSTEM:
        return ""
    return "\n\n".join(part.text for part in first.parts if isinstance(part, Text))


def _text(prompt: Prompt) -> msgspec.Raw:
    wanted = prompt.output_format
    if wanted is None:
        return raw({"format": {"type": "text"}})
    if not wanted.schema:
        return raw({"format": {"type": "json_object"}})
    schema = {"type": "json_schema", "name": wanted.name, "schema": msgspec.Raw(wanted.schema), "strict": wanted.strict}
    return raw({"format": schema})


def _choice(choice: ToolChoice, prompt: Prompt) -> msgspec.Raw:
    if choice.mode is not ToolMode.NAMED:
        return raw(choice.mode.value)
    return raw(_Named("custom" if choice.name in prompt.custom_tools else "function", choice.name))


def _tool(tool: Tool, prompt: Prompt) -> _Function | _Custom:
    if tool.name in prompt.custom_tools:
        return _Custom(tool.name, tool.description)
    return _Function(tool.name, tool.description, msgspec.Raw(tool.schema), bool(tool.strict))
