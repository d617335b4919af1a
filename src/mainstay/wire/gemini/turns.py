"""The conversation of a request: system instruction and contents.

Gemini wants the results of all calls of a turn in the very next content and nothing else in it, under the names of
their functions. Source: the function calling guide of the Gemini API.
"""

import msgspec

from mainstay.model.conversation import (
    Document,
    Image,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from mainstay.wire.gemini.media import document_part, image_part
from mainstay.wire.gemini.models import takes_files_in_results, wants_signatures
from mainstay.wire.gemini.seal import FOREIGN, Place, unsealed
from mainstay.wire.gemini.shape import Content, FunctionCall, FunctionResponse, Outcome, Part
from mainstay.wire.json_bytes import is_object
from mainstay.wire.notes import EARLIER_THINKING, WritingNotes

_SYSTEM, _USER = Role.SYSTEM, Role.USER

LATE_SYSTEM = "system turns in mid-conversation"
_IMAGE_DETAIL = "image detail"
_RESULT_FILES = "images and documents inside tool results (moved behind them)"


class Conversation:
    """Writes the turns of one request, one after the other."""

    def __init__(self, model: str, issuer: str, notes: WritingNotes) -> None:
        """Start before the first turn. `issuer` is the target's name: only its own thinking goes back to it."""
        self.system: list[Part] = []
        self.contents: list[Content] = []
        self._model = model
        self._issuer = issuer
        self.notes = notes
        self._names: dict[str, str] = {}
        self._results: list[Part] = []
        self._said: list[Part] = []

    def add(self, turn: Turn) -> None:
        """Take the next turn."""
        if turn.role is _SYSTEM:
            self._add_system(turn)
        elif turn.role is _USER:
            self._add_user(turn)
        else:
            self._end_user_turn()
            self._add_assistant(turn)

    def close(self) -> None:
        """Say that no more turns come. A request of system turns alone asks its question there."""
        self._end_user_turn()
        if not self.contents and self.system:
            self.contents.append(Content(self.system, "user"))
            self.system = []
            self.notes.lose("system prompt (sent as the user's words)")

    def _add_system(self, turn: Turn) -> None:
        texts = [Part(text=part.text) for part in turn.parts if isinstance(part, Text) and part.text]
        if len(turn.parts) != sum(isinstance(part, Text) for part in turn.parts):
            self.notes.bar("system turns of anything but text")
        if self.contents or self._said or self._results:
            self._said += texts
            self.notes.lose(LATE_SYSTEM)
        else:
            self.system += texts

    def _add_user(self, turn: Turn) -> None:
        for part in turn.parts:
            match part:
                case Text():
                    self._say(part.text)
                case Image() | Document():
                    self._show(part)
                case ToolResult():
                    self._give_back(part)
                case _:
                    self.notes.bar(f"user turns with {type(part).__name__}")

    def _say(self, text: str) -> None:
        # Gemini refuses empty parts, and they say nothing.
        if text:
            self._said.append(Part(text=text))

    def _file(self, file: Image | Document) -> Part | None:
        part = image_part(file) if isinstance(file, Image) else document_part(file)
        if isinstance(part, str):
            self.notes.bar(part)
            return None
        if isinstance(file, Image) and file.detail not in {"", "auto"}:
            self.notes.lose(_IMAGE_DETAIL)
        return part

    def _show(self, file: Image | Document) -> None:
        part = self._file(file)
        if part is not None and part.text != "":
            self._said.append(part)

    def _give_back(self, result: ToolResult) -> None:
        name = self._names.get(result.call_id)
        if name is None:
            self.notes.bar("a tool result without its call")
            return
        texts, others = _texts_and_files(result)
        text = "\n".join(texts)
        outcome = Outcome(error=text) if result.is_error else Outcome(output=text)
        response = FunctionResponse(name, outcome, result.call_id)
        self._results.append(Part(function_response=response))
        found = [self._file(file) for file in others]
        files = [file for file in found if file is not None]
        if takes_files_in_results(self._model):
            response.parts = files
        elif files:
            self.notes.lose(_RESULT_FILES)
            self._said += [Part(text=f"From the result of {name} ({result.call_id}):"), *files]

    def _end_user_turn(self) -> None:
        for parts in (self._results, self._said):
            if parts:
                self.contents.append(Content(parts, "user"))
        self._results, self._said = [], []

    def _add_assistant(self, turn: Turn) -> None:
        step = _Step(wants_signatures(self._model))
        for part in turn.parts:
            match part:
                case Text() | Refusal():
                    step.say(part.text)
                case ToolCall():
                    self._call(part, step)
                case Thinking():
                    self._think(part, step)
                case _:
                    self.notes.bar(f"assistant turns with {type(part).__name__}")
        if step.parts:
            self.contents.append(Content(step.parts, "model"))

    def _call(self, call: ToolCall, step: "_Step") -> None:
        if not is_object(call.arguments):
            self.notes.bar("a tool call whose arguments are no JSON object")
            return
        self._names[call.id] = call.name
        step.call(call)

    def _think(self, thinking: Thinking, step: "_Step") -> None:
        is_own_summary = thinking.issuer == self._issuer != "" and not thinking.seal
        # Nobody wants a summary back; what matters is the signature.
        if not step.remember(thinking, self._issuer) and not is_own_summary:
            self.notes.lose(EARLIER_THINKING)


def _texts_and_files(result: ToolResult) -> tuple[list[str], list[Image | Document]]:
    """What a result says, and what it shows; a document of words says."""
    texts: list[str] = []
    files: list[Image | Document] = []
    for part in result.parts:
        match part:
            case Text():
                texts.append(part.text)
            case Document(data="", url=""):
                texts.append(f"{part.name}\n\n{part.text}" if part.name else part.text)
            case _:
                files.append(part)
    return texts, files


class _Step:
    """The parts of one turn of the model, each with the signature that belongs to it."""

    def __init__(self, signatures: bool) -> None:  # noqa: FBT001 (one flag, named where it is given)
        self.parts: list[Part] = []
        self._wants_signature = signatures
        self._signature = ""
        self._signed_name = ""

    def say(self, text: str) -> None:
        if text:
            self.parts.append(Part(text=text))

    def call(self, call: ToolCall) -> None:
        """Only the first call of a step must be signed; those beside it may be."""
        signature = self._signature if self._signed_name == call.name else ""
        if not signature and self._wants_signature:
            signature = FOREIGN
        self._signature = self._signed_name = ""
        self._wants_signature = False
        function_call = FunctionCall(call.name, msgspec.Raw(call.arguments.encode()), call.id)
        self.parts.append(Part(thought_signature=signature, function_call=function_call))

    def remember(self, thinking: Thinking, issuer: str) -> bool:
        """Take a signature back, if it is the target's own."""
        signed = unsealed(thinking) if thinking.issuer and thinking.issuer == issuer else None
        if signed is None:
            return False
        if signed.place is Place.CALL:
            self._signature, self._signed_name = signed.signature, signed.name
        else:
            is_thought = signed.place is Place.THOUGHT
            text = thinking.text if is_thought else ""
            self.parts.append(Part(text=text, thought=is_thought, thought_signature=signed.signature))
        return True
