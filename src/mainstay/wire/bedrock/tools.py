"""The tools of a request as Converse wants them.

It knows no "none" and asks for tools wherever the conversation holds calls: where the caller offers none (any more),
the model is told in words not to call any.
"""

import msgspec

from mainstay.model.catalogue import Capabilities
from mainstay.model.conversation import Prompt, Tool, ToolChoice, ToolMode
from mainstay.wire.bedrock import names
from mainstay.wire.notes import WritingNotes

NO_CALLS = "Do not call any tool in this answer."
LOST_NONE = "tool_choice none told in words"
LOST_PARALLEL = "parallel_tool_calls"
LOST_STRICT = "strict tools"

_ANY_OBJECT = msgspec.Raw(b'{"type":"object","properties":{}}')
_NONE, _AUTO, _NAMED = ToolMode.NONE, ToolMode.AUTO, ToolMode.NAMED


class InputSchema(msgspec.Struct):
    """The JSON Schema of a tool's arguments."""

    json: msgspec.Raw


class ToolSpec(msgspec.Struct, rename="camel", omit_defaults=True):
    """One tool."""

    name: str
    input_schema: InputSchema
    description: str = ""
    strict: bool = False


class OfferedTool(msgspec.Struct, rename="camel"):
    """One entry of the list of tools."""

    tool_spec: ToolSpec


class Nothing(msgspec.Struct):
    """An empty object."""


class NamedTool(msgspec.Struct):
    """The tool that must be called."""

    name: str


class Choice(msgspec.Struct, omit_defaults=True):
    """Exactly one member is there."""

    any: Nothing | None = None
    tool: NamedTool | None = None


class ToolConfig(msgspec.Struct, rename="camel", omit_defaults=True):
    """Tools and the rule for them."""

    tools: list[OfferedTool]
    tool_choice: Choice | None = None


class Offer(msgspec.Struct, frozen=True):
    """The tools of one request. `words` is what the system prompt must say besides."""

    config: ToolConfig | None = None
    words: str = ""

    @property
    def is_forced(self) -> bool:
        """Whether a tool must be called."""
        return self.config is not None and self.config.tool_choice is not None


def offer(prompt: Prompt, called: list[str], notes: WritingNotes) -> Offer:
    """The tools for a target; `called` are the names of those that the conversation calls."""
    bad = next((tool.name for tool in prompt.tools if not names.is_tool_name(tool.name)), None)
    if bad is not None:
        notes.bar(f"a tool named {bad[:80]!r}")
    choice = prompt.tool_choice
    if not prompt.tools or (choice is not None and choice.mode is _NONE):
        return _withheld(prompt, called, notes)
    _note_losses(prompt, notes)
    return Offer(_config(prompt.tools, notes.able, _rule(choice)))


def _rule(choice: ToolChoice | None) -> Choice | None:
    if choice is None or choice.mode is _AUTO:
        return None
    return Choice(tool=NamedTool(choice.name)) if choice.mode is _NAMED else Choice(any=Nothing())


def _withheld(prompt: Prompt, called: list[str], notes: WritingNotes) -> Offer:
    if not called:
        return Offer()
    notes.lose(LOST_NONE)
    known = {tool.name for tool in prompt.tools}
    config = _config(prompt.tools, notes.able)
    config.tools += [_unknown(name) for name in called if name not in known]
    return Offer(config, NO_CALLS)


def _config(tools: tuple[Tool, ...], able: Capabilities, choice: Choice | None = None) -> ToolConfig:
    may_be_strict = able.structured_output is True
    specs = [
        ToolSpec(
            tool.name,
            InputSchema(msgspec.Raw(tool.schema)),
            tool.description if tool.description.strip() else "",
            may_be_strict and tool.strict is True,
        )
        for tool in tools
    ]
    return ToolConfig([OfferedTool(spec) for spec in specs], choice)


def _unknown(name: str) -> OfferedTool:
    return OfferedTool(ToolSpec(name, InputSchema(_ANY_OBJECT)))


def _note_losses(prompt: Prompt, notes: WritingNotes) -> None:
    choice, able = prompt.tool_choice, notes.able
    if any(tool.strict for tool in prompt.tools) and able.structured_output is not True:
        notes.lose(LOST_STRICT)
    # A model that cannot call in parallel anyway keeps the promise by itself.
    if choice is not None and choice.parallel is False and able.parallel_tools is not False:
        notes.lose(LOST_PARALLEL)
