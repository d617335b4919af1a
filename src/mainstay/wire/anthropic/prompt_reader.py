"""A caller's request to the Messages API, told in neutral words.

Every top-level field is one row of a table; what is not in it is a parameter that no other dialect has, named in
`Prompt.extras`. Source: the public reference of the Messages API and the types of its Python SDK.
"""

from collections.abc import Callable, Mapping

import msgspec

from mainstay.model.call import Call
from mainstay.model.conversation import (
    Effort,
    OutputFormat,
    Prompt,
    Reasoning,
    Role,
    Sampling,
    Text,
    Tool,
    ToolChoice,
    ToolMode,
    Turn,
)
from mainstay.model.fault import Fault
from mainstay.wire.anthropic.block_reader import CACHE_CONTROL, read_content
from mainstay.wire.anthropic.request import DIALECT
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, FIELDS, INTEGER, ITEMS, TEXT, is_given
from mainstay.wire.notes import ReadingNotes
from mainstay.wire.refusal import unreadable

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}
_EFFORTS = {effort.value: effort for effort in Effort if effort not in {Effort.NONE, Effort.MINIMAL}}
_CHOICES = {"auto": ToolMode.AUTO, "any": ToolMode.REQUIRED, "tool": ToolMode.NAMED, "none": ToolMode.NONE}
_TIERS = {"auto": "auto", "standard_only": "standard"}
_VISIBLE = {"summarized": True, "omitted": False}
_TOOL_FIELDS = frozenset(("name", "description", "input_schema", "strict", "type", CACHE_CONTROL))
_OUTPUT_FIELDS = frozenset(("effort", "format"))
_SCHEMA_FORMAT = "json_schema"


class _Message(msgspec.Struct):
    role: str
    content: msgspec.Raw


class _Tool(msgspec.Struct):
    name: str
    input_schema: msgspec.Raw
    description: str | None = None
    strict: bool | None = None


class _ToolChoice(msgspec.Struct):
    type: str
    name: str = ""
    disable_parallel_tool_use: bool | None = None


class _Thinking(msgspec.Struct):
    type: str
    budget_tokens: int | None = None
    display: str | None = None


class _OutputConfig(msgspec.Struct):
    effort: str | None = None
    format: msgspec.Raw = ABSENT


class _Format(msgspec.Struct):
    type: str
    schema: msgspec.Raw = ABSENT


class _Metadata(msgspec.Struct):
    user_id: str | None = None


_MESSAGES = msgspec.json.Decoder(list[_Message])
_TOOL = msgspec.json.Decoder(_Tool)
_TOOL_CHOICE = msgspec.json.Decoder(_ToolChoice)
_THINKING = msgspec.json.Decoder(_Thinking)
_OUTPUT_CONFIG = msgspec.json.Decoder(_OutputConfig)
_FORMAT = msgspec.json.Decoder(_Format)
_METADATA = msgspec.json.Decoder(_Metadata)
_STRINGS = msgspec.json.Decoder(tuple[str, ...])
_NUMBER = msgspec.json.Decoder(float)


def read_prompt(call: Call) -> Prompt | Fault:
    """The request, or the caller's first mistake in it."""
    try:
        fields = FIELDS.decode(call.body)
    except BAD_JSON as error:
        return unreadable(error)
    reading = _Reading(call)
    for name, value in fields.items():
        if is_given(value):
            reading.take(name, value)
    return reading.prompt()


class _Reading:
    """One request while it is read, field by field."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._notes = ReadingNotes()
        self._system: tuple[Turn, ...] = ()
        self._turns: tuple[Turn, ...] = ()
        self._tools: tuple[Tool, ...] = ()
        self._choice: ToolChoice | None = None
        self._stop_sequences: tuple[str, ...] = ()
        self._temperature: float | None = None
        self._top_p: float | None = None
        self._top_k: int | None = None
        self._format: OutputFormat | None = None
        self._thinking: Reasoning | None = None
        self._effort: Effort | None = None
        self._end_user = ""
        self._tier = ""

    def take(self, name: str, value: msgspec.Raw) -> None:
        """Read one field."""
        reading = _READINGS.get(name)
        if reading is None:
            self._notes.drop(name)
            return
        try:
            reading(self, value)
        except BAD_JSON as error:
            self._notes.wrong(name, unreadable(error).message)

    def prompt(self) -> Prompt | Fault:
        """Everything that was read."""
        call, notes = self._call, self._notes
        if call.max_output_tokens == 0:
            notes.stay("max_tokens of 0")
        if notes.mistake is not None:
            return notes.mistake
        turns = self._system + self._turns
        return Prompt(
            dialect=DIALECT,
            model=call.model,
            turns=turns,
            stream=call.stream,
            tools=self._tools,
            tool_choice=self._choice,
            max_output_tokens=call.max_output_tokens,
            stop_sequences=self._stop_sequences,
            sampling=Sampling(self._temperature, self._top_p, self._top_k),
            output_format=self._format,
            reasoning=self._reasoning(),
            end_user=self._end_user,
            service_tier=self._tier,
            prefill=bool(turns) and turns[-1].role is Role.ASSISTANT,
            extras=notes.extras,
            stays=notes.stays,
        )

    def _reasoning(self) -> Reasoning | None:
        thinking = self._thinking
        if thinking is None:
            return None if self._effort is None else Reasoning(self._effort)
        if thinking.effort is Effort.NONE:
            return thinking
        return Reasoning(self._effort, thinking.budget_tokens, thinking.visible)

    def read_system(self, value: msgspec.Raw) -> None:
        """The system prompt."""
        parts = read_content(value, "system", self._notes)
        if any(not isinstance(part, Text) for part in parts):
            self._notes.wrong("system", "a system prompt holds text only.")
        if parts:
            self._system = (Turn(Role.SYSTEM, parts),)

    def read_messages(self, value: msgspec.Raw) -> None:
        """The conversation."""
        turns: list[Turn] = []
        for number, message in enumerate(_MESSAGES.decode(value)):
            role = _ROLES.get(message.role)
            if role is None:
                self._notes.wrong(f"messages[{number}].role", "the role is unknown. Send user, assistant or system.")
                return
            parts = read_content(message.content, f"messages[{number}].content", self._notes)
            turns.append(Turn(role, parts))
        self._turns = tuple(turns)

    def read_tools(self, value: msgspec.Raw) -> None:
        """What the model may call."""
        self._tools = tuple(tool for raw in ITEMS.decode(value) if (tool := self._read_tool(raw)) is not None)

    def _read_tool(self, value: msgspec.Raw) -> Tool | None:
        fields = FIELDS.decode(value)
        kind = fields.get("type", ABSENT)
        if is_given(kind) and bytes(kind) != b'"custom"':
            self._notes.stay(f"tool {TEXT.decode(kind)}")
            return None
        for name in fields:
            if name not in _TOOL_FIELDS and is_given(fields[name]):
                self._notes.drop(f"{name} of tools")
        if is_given(fields.get(CACHE_CONTROL, ABSENT)):
            self._notes.drop(CACHE_CONTROL)
        tool = _TOOL.decode(value)
        return Tool(tool.name, tool.description or "", bytes(tool.input_schema), tool.strict)

    def read_tool_choice(self, value: msgspec.Raw) -> None:
        """The rule for tools."""
        choice = _TOOL_CHOICE.decode(value)
        mode = _CHOICES.get(choice.type)
        if mode is None:
            self._notes.stay(f"tool_choice {choice.type}")
            return
        single = choice.disable_parallel_tool_use
        self._choice = ToolChoice(mode, choice.name, None if single is None else not single)

    def read_stop_sequences(self, value: msgspec.Raw) -> None:
        """Where the model has to stop."""
        self._stop_sequences = _STRINGS.decode(value)

    def read_temperature(self, value: msgspec.Raw) -> None:
        """Chance."""
        self._temperature = _NUMBER.decode(value)

    def read_top_p(self, value: msgspec.Raw) -> None:
        """Chance."""
        self._top_p = _NUMBER.decode(value)

    def read_top_k(self, value: msgspec.Raw) -> None:
        """Chance."""
        self._top_k = INTEGER.decode(value)

    def read_thinking(self, value: msgspec.Raw) -> None:
        """The wish for thinking; forms that are not known here count as one."""
        thinking = _THINKING.decode(value)
        if thinking.type == "disabled":
            self._thinking = Reasoning(Effort.NONE)
            return
        if thinking.type not in {"enabled", "adaptive"}:
            self._notes.drop(f"thinking {thinking.type}")
        self._thinking = Reasoning(None, thinking.budget_tokens, _VISIBLE.get(thinking.display or ""))

    def read_output_config(self, value: msgspec.Raw) -> None:
        """Effort and the format of the answer."""
        config = _OUTPUT_CONFIG.decode(value)
        for name in FIELDS.decode(value).keys() - _OUTPUT_FIELDS:
            self._notes.drop(f"output_config.{name}")
        if config.effort is not None:
            self._effort = _EFFORTS.get(config.effort)
            if self._effort is None:
                self._notes.drop(f"effort {config.effort}")
        if is_given(config.format):
            self.read_format(config.format)

    def read_format(self, value: msgspec.Raw) -> None:
        """The format of the answer. The API always holds the model to a schema."""
        read = _FORMAT.decode(value)
        if read.type != _SCHEMA_FORMAT or not is_given(read.schema):
            self._notes.stay(f"output format {read.type}")
            return
        self._format = OutputFormat(bytes(read.schema), strict=True)

    def read_metadata(self, value: msgspec.Raw) -> None:
        """Whom the caller serves."""
        self._end_user = _METADATA.decode(value).user_id or ""
        for name in FIELDS.decode(value):
            if name != "user_id":
                self._notes.drop(f"metadata.{name}")

    def read_service_tier(self, value: msgspec.Raw) -> None:
        """Which capacity may serve."""
        tier = TEXT.decode(value)
        self._tier = _TIERS.get(tier, "")
        if not self._tier:
            self._notes.drop(f"service_tier {tier}")

    def read_speed(self, value: msgspec.Raw) -> None:
        """Only another speed than the standard one is a wish."""
        if TEXT.decode(value) != "standard":
            self._notes.drop("speed")

    def read_inference_geo(self, value: msgspec.Raw) -> None:
        """A rule about where data may go, which another provider could not be held to."""
        if TEXT.decode(value) != "global":
            self._notes.stay("inference_geo")

    def stays(self, name: str) -> None:
        """A field that ties the request to its provider."""
        self._notes.stay(name)

    def passes(self, _: msgspec.Raw) -> None:
        """A field that `read_call` has read."""


def _staying(name: str) -> Callable[[_Reading, msgspec.Raw], None]:
    return lambda reading, _: reading.stays(name)


_READINGS: Mapping[str, Callable[[_Reading, msgspec.Raw], None]] = {
    "model": _Reading.passes,
    "max_tokens": _Reading.passes,
    "stream": _Reading.passes,
    "system": _Reading.read_system,
    "messages": _Reading.read_messages,
    "tools": _Reading.read_tools,
    "tool_choice": _Reading.read_tool_choice,
    "stop_sequences": _Reading.read_stop_sequences,
    "temperature": _Reading.read_temperature,
    "top_p": _Reading.read_top_p,
    "top_k": _Reading.read_top_k,
    "thinking": _Reading.read_thinking,
    "output_config": _Reading.read_output_config,
    "output_format": _Reading.read_format,
    "metadata": _Reading.read_metadata,
    "service_tier": _Reading.read_service_tier,
    "speed": _Reading.read_speed,
    "inference_geo": _Reading.read_inference_geo,
    "container": _staying("container"),
    "mcp_servers": _staying("mcp_servers"),
    "thread": _staying("thread"),
}
