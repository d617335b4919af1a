"""Requests of Converse and ConverseStream, written from a prompt.

Source: the service description (`ConverseRequest`). What Converse has no word for goes, for models that are known to
take it there, into `additionalModelRequestFields`; else it is left out and named.
"""

import re
from typing import TypeVar

import msgspec

from mainstay.model.conversation import Effort, OutputFormat, Prompt, Reasoning
from mainstay.model.fault import Fault
from mainstay.wire.bedrock import claude, messages, tools
from mainstay.wire.bedrock.messages import Conversation, Message, SystemBlock
from mainstay.wire.bedrock.signature import model_segment
from mainstay.wire.bedrock.tools import Offer, ToolConfig
from mainstay.wire.codec import Target, Written
from mainstay.wire.guaranteed_schema import fitted
from mainstay.wire.notes import WritingNotes

JSON_WORDS = "Answer with one JSON object and nothing else."
METADATA_ENTRIES_MAX = 16

_NOVA, _NOVA_THAT_THINKS = "amazon.nova", "amazon.nova-2"
_NOVA_EFFORTS = {Effort.MINIMAL: "low", Effort.LOW: "low", Effort.MEDIUM: "medium"}
_NOVA_EFFORT = "medium"
_TIERS = {"standard": "default", "priority": "priority", "flex": "flex"}
_METADATA = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}")
_END_USER = "end_user"
_Value = TypeVar("_Value")


class Inference(msgspec.Struct, rename="camel", omit_defaults=True):
    """The parameters that all models share."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: list[str] = []


class NovaInference(msgspec.Struct, rename="camel"):
    """Nova's own parameters."""

    top_k: int


class NovaReasoning(msgspec.Struct, rename="camel"):
    """Nova's reasoning."""

    type: str
    max_reasoning_effort: str


class Additional(msgspec.Struct, omit_defaults=True):
    """Parameters in the words of the model behind Converse: the first two are Claude's, the others Nova's."""

    top_k: int | None = None
    thinking: claude.ThinkingField | None = None
    inference_config: NovaInference | None = msgspec.field(name="inferenceConfig", default=None)
    reasoning_config: NovaReasoning | None = msgspec.field(name="reasoningConfig", default=None)


class JsonSchema(msgspec.Struct):
    """The schema of the answer, as text."""

    schema: str
    name: str


class Structure(msgspec.Struct, rename="camel"):
    """How the answer is built."""

    json_schema: JsonSchema


class TextFormat(msgspec.Struct):
    """The format of the answer."""

    type: str
    structure: Structure


class OutputConfig(msgspec.Struct, rename="camel", omit_defaults=True):
    """Format and effort."""

    text_format: TextFormat | None = None
    effort: str | None = None


class Tier(msgspec.Struct):
    """A service tier."""

    type: str


class Body(msgspec.Struct, rename="camel", omit_defaults=True):
    """A request."""

    messages: list[Message]
    system: list[SystemBlock] = []
    inference_config: Inference | None = None
    tool_config: ToolConfig | None = None
    additional_model_request_fields: Additional | None = None
    output_config: OutputConfig | None = None
    request_metadata: dict[str, str] = {}
    service_tier: Tier | None = None


def write_prompt(prompt: Prompt, target: Target) -> Written | Fault:
    """The request, or what the target cannot do."""
    notes = WritingNotes(target.capabilities)
    conversation = messages.tell(prompt, target.issuer, notes)
    offer = tools.offer(prompt, conversation.tool_names, notes)
    if prompt.max_output_tokens == 0:
        notes.bar("a request for no output")
    if notes.obstacle is not None:
        return notes.obstacle
    return _Writer(prompt, target.model, notes, conversation, offer).written()


class _Writer:
    """Fills the body of one request."""

    def __init__(
        self, prompt: Prompt, model: str, notes: WritingNotes, conversation: Conversation, offer: Offer
    ) -> None:
        self._prompt = prompt
        self._model = model
        self._notes = notes
        self._version = claude.version_of(model)
        self._body = Body(conversation.messages, conversation.system, tool_config=offer.config)
        self._inference = Inference()
        self._additional = Additional()
        self._output = OutputConfig()
        if offer.words:
            self._body.system.append(SystemBlock(offer.words))
        self._may_think = not offer.is_forced and not prompt.prefill
        self._calls_without_thinking = conversation.calls_without_thinking

    def written(self) -> Written:
        """The request."""
        self._limit()
        self._sample()
        self._reason()
        self._shape()
        self._label()
        body = self._body
        body.inference_config = _unless_empty(self._inference, Inference())
        body.additional_model_request_fields = _unless_empty(self._additional, Additional())
        body.output_config = _unless_empty(self._output, OutputConfig())
        operation = "converse-stream" if self._prompt.stream else "converse"
        path = f"/model/{model_segment(self._model)}/{operation}"
        return Written(path, msgspec.json.encode(body), losses=self._notes.losses)

    def _limit(self) -> None:
        """Where the answer must end."""
        asked, most = self._prompt.max_output_tokens, self._notes.able.output_tokens
        if asked is not None and most is not None and asked > most:
            self._notes.lose("max_output_tokens")
            asked = most
        self._inference.max_tokens = asked
        stops = [stop for stop in self._prompt.stop_sequences if stop.strip()]
        if len(stops) < len(self._prompt.stop_sequences):
            self._notes.lose("stop sequences of white space")
        self._inference.stop_sequences = stops

    def _sample(self) -> None:
        """The parameters of chance."""
        wish, able = self._prompt.sampling, self._notes.able.sampling
        self._notes.lose_given(
            {
                "seed": wish.seed,
                "frequency_penalty": wish.frequency_penalty,
                "presence_penalty": wish.presence_penalty,
            }
        )
        takes = able if able is not None else claude.takes_sampling(self._version)
        if not takes:
            self._notes.lose_given({"temperature": wish.temperature, "top_p": wish.top_p, "top_k": wish.top_k})
            return
        inference = self._inference
        if wish.temperature is not None:
            if wish.temperature > 1:
                self._notes.lose("temperature above 1")
            inference.temperature = min(wish.temperature, 1.0)
        if wish.temperature is not None and claude.takes_one_of_both(self._version):
            self._notes.lose_given({"top_p": wish.top_p})
        else:
            inference.top_p = wish.top_p
        self._sample_top_k(wish.top_k)

    def _sample_top_k(self, top_k: int | None) -> None:
        if top_k is None:
            return
        if self._version is not None:
            self._additional.top_k = top_k
        elif _NOVA in self._model:
            self._additional.inference_config = NovaInference(top_k)
        else:
            self._notes.lose("top_k")

    def _reason(self) -> None:
        """Reasoning, in the words of models that are known."""
        wish = self._prompt.reasoning
        if wish is None or wish.effort is Effort.NONE:
            return
        if self._notes.able.thinking is False:
            self._notes.lose("reasoning")
        elif self._version is not None:
            self._reason_as_claude(wish, self._version)
        elif _NOVA_THAT_THINKS in self._model and self._may_think:
            self._reason_as_nova(wish)
        else:
            self._notes.lose("reasoning")

    def _reason_as_claude(self, wish: Reasoning, version: tuple[int, int]) -> None:
        # With a budget of tokens a call must come after reasoning of its own; adaptive reasoning does not mind.
        is_possible = self._may_think and (claude.is_adaptive(version) or not self._calls_without_thinking)
        thinks = claude.thinking(wish, version, self._inference.max_tokens) if is_possible else None
        if thinks is None:
            self._notes.lose("reasoning")
            return
        inference, additional = self._inference, self._additional
        temperature = inference.temperature if inference.temperature != 1 else None
        self._notes.lose_given({"temperature": temperature, "top_p": inference.top_p, "top_k": additional.top_k})
        inference.temperature = inference.top_p = additional.top_k = None
        additional.thinking = thinks.field
        self._output.effort = thinks.effort or None
        if thinks.loss:
            self._notes.lose(thinks.loss)

    def _reason_as_nova(self, wish: Reasoning) -> None:
        # More than medium would forbid limits and sampling.
        effort = _NOVA_EFFORTS.get(wish.effort, _NOVA_EFFORT) if wish.effort else _NOVA_EFFORT
        if wish.effort not in _NOVA_EFFORTS:
            self._notes.lose("reasoning budget" if wish.effort is None else "reasoning effort above medium")
        self._additional.reasoning_config = NovaReasoning("enabled", effort)

    def _shape(self) -> None:
        """Structured output."""
        wish = self._prompt.output_format
        if wish is None:
            return
        if wish.schema:
            self._output.text_format = _text_format(self._fitted(wish))
            return
        self._notes.lose("json mode")
        self._body.system.append(SystemBlock(JSON_WORDS))

    def _fitted(self, wish: OutputFormat) -> OutputFormat:
        """Claude's schemas are of the same guaranteed form wherever it is served."""
        if self._version is None:
            return wish
        schema = fitted(wish.schema, self._notes.lose)
        return wish if schema is None else msgspec.structs.replace(wish, schema=schema)

    def _label(self) -> None:
        """What does not change the answer."""
        prompt = self._prompt
        given = dict(prompt.metadata)
        kept = {name: text for name, text in given.items() if _is_metadata(name) and _is_metadata(text)}
        kept = dict(list(kept.items())[:METADATA_ENTRIES_MAX])
        if len(kept) < len(given):
            self._notes.lose("metadata")
        if prompt.end_user:
            if _is_metadata(prompt.end_user) and len(kept) < METADATA_ENTRIES_MAX:
                kept[_END_USER] = prompt.end_user
            else:
                self._notes.lose("user")
        self._body.request_metadata = kept
        tier = _TIERS.get(prompt.service_tier)
        if tier is None or tier == "default":
            return
        if self._version is None:
            self._body.service_tier = Tier(tier)
        else:
            self._notes.lose("service_tier")


def _unless_empty(value: _Value, empty: _Value) -> _Value | None:
    return None if value == empty else value


def _text_format(wish: OutputFormat) -> TextFormat:
    return TextFormat("json_schema", Structure(JsonSchema(wish.schema.decode("utf-8", "replace"), wish.name)))


def _is_metadata(text: str) -> bool:
    return _METADATA.fullmatch(text) is not None
