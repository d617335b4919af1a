"""A request to the Messages API, written from neutral words for callers of other dialects."""

import msgspec

from mainstay.model.conversation import OutputFormat, Prompt, Sampling, Tool, ToolChoice, ToolMode
from mainstay.model.fault import Fault
from mainstay.wire.anthropic import body
from mainstay.wire.anthropic.request import VERSION
from mainstay.wire.anthropic.thinking_writer import write_thinking
from mainstay.wire.anthropic.turn_writer import Conversation
from mainstay.wire.codec import Target, Written
from mainstay.wire.guaranteed_schema import fitted
from mainstay.wire.json_bytes import read_fields, read_text, replace_fields
from mainstay.wire.notes import WritingNotes

PATH = "/v1/messages"
OUTPUT_TOKENS = 8192
"""The limit where neither caller nor configuration names one: the API wants one, and every model can write as much."""

_HEADERS = (("anthropic-version", VERSION),)
_TEMPERATURE_MAX = 1.0
_THINKING_TOP_P_MIN = 0.95
_USER_ID_CHARACTERS_MAX = 256
_CLAUDE = "claude"
_AUTO, _NONE = ToolMode.AUTO, ToolMode.NONE
_CHOICES = {_AUTO: "auto", ToolMode.REQUIRED: "any", ToolMode.NAMED: "tool", _NONE: "none"}
_TIERS = {"auto": "auto", "standard": "standard_only", "priority": "auto"}
_FAITHFUL_TIERS = frozenset(("", "auto", "standard"))
_ANY_JSON = "Answer with one JSON object and nothing else: no prose around it and no code fence."
_OBJECT = msgspec.Raw(b'"object"')
_ANY_OBJECT = msgspec.Raw(b'{"type":"object"}')


def write_prompt(prompt: Prompt, target: Target) -> Written | Fault:
    """The request, or why this target cannot be asked."""
    notes = WritingNotes(target.capabilities)
    written = _Writing(prompt, target, notes).request()
    if notes.obstacle is not None:
        return notes.obstacle
    return Written(PATH, msgspec.json.encode(written), _HEADERS, notes.losses)


class _Writing:
    """One request while it is written."""

    def __init__(self, prompt: Prompt, target: Target, notes: WritingNotes) -> None:
        self._prompt = prompt
        self._model = target.model
        self._notes = notes
        self._conversation = Conversation(target.issuer, notes)

    def request(self) -> body.Body:
        """Everything; the notes know what is missing."""
        prompt, conversation = self._prompt, self._conversation
        conversation.write(prompt.turns, prefill=prompt.prefill)
        schema = self._format()
        wish = write_thinking(
            prompt, self._model, self._max_tokens(), may_think=conversation.thinks_before_calls(), notes=self._notes
        )
        sampling = self._sampling(is_thinking=wish.thinking is not None)
        tools, choice = self._tools()
        self._leave_out()
        return body.Body(
            model=self._model,
            max_tokens=wish.max_tokens,
            messages=conversation.messages,
            system=_system(conversation.system),
            stream=prompt.stream,
            stop_sequences=self._stop_sequences(),
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            tools=tools,
            tool_choice=choice,
            thinking=wish.thinking,
            output_config=body.OutputConfig(wish.effort, schema) if wish.effort or schema else None,
            metadata=self._metadata(),
            service_tier=self._service_tier(),
        )

    def _max_tokens(self) -> int:
        asked, limit = self._prompt.max_output_tokens, self._notes.able.output_tokens
        if asked is None:
            return limit or OUTPUT_TOKENS
        if limit is not None and limit < asked:
            self._notes.lose(f"output limit lowered to {limit} tokens")
            return limit
        return asked

    def _format(self) -> body.Format | None:
        wanted = self._prompt.output_format
        if wanted is None:
            return None
        if not wanted.schema:
            self._notes.lose("json mode")
            self._conversation.system.append(_ANY_JSON)
            return None
        return self._schema_format(wanted)

    def _schema_format(self, wanted: OutputFormat) -> body.Format | None:
        schema = fitted(wanted.schema, self._notes.lose)
        if schema is None:
            self._notes.bar("a schema of the answer that is no object")
            return None
        return body.Format(msgspec.Raw(schema))

    def _sampling(self, *, is_thinking: bool) -> Sampling:
        """Chance, as far as the target knows it."""
        asked, notes = self._prompt.sampling, self._notes
        for name, value in (("seed", asked.seed), ("frequency_penalty", asked.frequency_penalty or None)):
            if value is not None:
                notes.lose(name)
        if asked.presence_penalty:
            notes.lose("presence_penalty")
        temperature, top_p, top_k = asked.temperature, asked.top_p, asked.top_k
        if temperature is not None and temperature > _TEMPERATURE_MAX:
            notes.lose("temperature above 1")
            temperature = _TEMPERATURE_MAX
        if notes.able.sampling is False:
            return self._without(temperature, top_p, top_k)
        if is_thinking:
            narrow = top_p if top_p is None or top_p < _THINKING_TOP_P_MIN else None
            self._without(temperature, narrow, top_k)
            return Sampling(top_p=None if narrow is not None else top_p)
        if temperature is not None and top_p is not None and _CLAUDE in self._model:
            # Claude since 4.1 refuses both together.
            self._without(None, top_p, None)
            top_p = None
        return Sampling(temperature, top_p, top_k)

    def _without(self, temperature: float | None, top_p: float | None, top_k: int | None) -> Sampling:
        """Leave these out; nothing is lost where they say what holds anyway."""
        if temperature is not None and temperature != 1:
            self._notes.lose("temperature")
        if top_p is not None and top_p != 1:
            self._notes.lose("top_p")
        if top_k is not None:
            self._notes.lose("top_k")
        return Sampling()

    def _tools(self) -> tuple[tuple[body.Tool, ...], body.ToolChoice | None]:
        prompt = self._prompt
        if prompt.tools:
            return tuple(self._tool(tool) for tool in prompt.tools), self._choice(prompt.tool_choice)
        if prompt.tool_choice is not None and prompt.tool_choice.mode not in {_AUTO, _NONE}:
            self._notes.lose("tool choice without tools")
        called = self._conversation.called_tools()
        if not called:
            return (), None
        # A history with tool calls is refused where no tools are named; none of these may be called.
        return tuple(body.Tool(name, _ANY_OBJECT) for name in called), body.ToolChoice(_CHOICES[_NONE])

    def _tool(self, tool: Tool) -> body.Tool:
        schema: bytes | None = self._object_schema(tool)
        strict = tool.strict
        if strict and self._notes.able.structured_output is False:
            self._notes.lose("strict tools")
            strict = None
        if strict and schema is not None:
            schema = fitted(schema, self._notes.lose)
        return body.Tool(tool.name, msgspec.Raw(schema or b"{}"), tool.description, strict)

    def _object_schema(self, tool: Tool) -> bytes | None:
        fields = read_fields(tool.schema)
        kind = read_text((fields or {}).get("type"))
        if fields is None or kind not in {"", "object"}:
            self._notes.bar(f"the arguments of the tool {tool.name[:80]} are no object")
            return None
        return tool.schema if kind else replace_fields(tool.schema, {"type": _OBJECT})

    def _choice(self, choice: ToolChoice | None) -> body.ToolChoice | None:
        choice = choice or ToolChoice()
        single = None if choice.parallel is None else not choice.parallel
        if self._notes.able.parallel_tools is False:
            single = True
        if choice.mode is _NONE:
            return body.ToolChoice(_CHOICES[_NONE])
        if self._prompt.tool_choice is None and single is None:
            return None
        return body.ToolChoice(_CHOICES[choice.mode], choice.name, single)

    def _stop_sequences(self) -> tuple[str, ...]:
        asked = self._prompt.stop_sequences
        kept = tuple(one for one in asked if one.strip())
        if len(kept) < len(asked):
            self._notes.lose("stop sequences of white space")
        return kept

    def _metadata(self) -> body.Metadata | None:
        user = self._prompt.end_user
        if len(user) > _USER_ID_CHARACTERS_MAX:
            self._notes.lose("end user")
            return None
        return body.Metadata(user) if user else None

    def _service_tier(self) -> str | None:
        tier = self._prompt.service_tier
        if tier not in _FAITHFUL_TIERS:
            self._notes.lose(f"service tier {tier}")
        return _TIERS.get(tier)

    def _leave_out(self) -> None:
        if self._prompt.metadata:
            self._notes.lose("metadata")


def _system(texts: list[str]) -> str | tuple[body.TextBlock, ...] | None:
    if not texts:
        return None
    return texts[0] if len(texts) == 1 else tuple(body.TextBlock(text) for text in texts)
