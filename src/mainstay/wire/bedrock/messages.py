"""The conversation as Converse wants it: a system prompt, then messages whose roles alternate.

Neighbouring turns of one role are joined. Results stand first in the user's message, directly behind the message that
called their tools; every call has one. Blank texts are refused by the service and left out.
"""

import msgspec

from mainstay.model.conversation import (
    Document,
    Image,
    Part,
    Prompt,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from mainstay.wire.bedrock import blocks, names
from mainstay.wire.bedrock.blocks import Block, ToolResultBlock, Unable
from mainstay.wire.codec import Target

USER, ASSISTANT, SYSTEM = "user", "assistant", "system"
OPENING = "(The conversation begins here.)"
"""Said by the user where the assistant would have the first word, which the service does not allow."""
DOCUMENT_WORDS = "(See the document.)"
"""Stands beside a document without words, for the service asks for some."""

LOST_THINKING = "thinking of earlier turns"
LOST_SYSTEM_TURNS = "system turns in the middle told as user text"
LOST_OPENING = "opening by the assistant"


class Message(msgspec.Struct):
    """One message."""

    role: str
    content: list[Block]


class SystemBlock(msgspec.Struct):
    """A piece of the system prompt."""

    text: str


class Conversation(msgspec.Struct):
    """All that was said, and what could not be told. `cannot` names the first thing that bars the request."""

    system: list[SystemBlock]
    messages: list[Message]
    losses: list[str]
    cannot: str
    tool_names: list[str]
    """The tools that were called, each once."""
    calls_without_thinking: bool
    """Whether the last message of the assistant calls tools without reasoning of this target before it."""


def tell(prompt: Prompt, target: Target) -> Conversation:
    """The prompt's turns as messages for this target."""
    teller = _Teller(target)
    for turn in prompt.turns:
        teller.tell(turn)
    return teller.finished()


class _Teller:
    """Builds the messages one turn after the other."""

    def __init__(self, target: Target) -> None:
        self._issuer = target.issuer
        self._system_turns = target.capabilities.system_turns is True
        self._system: list[SystemBlock] = []
        self._messages: list[Message] = []
        self._losses: dict[str, None] = {}
        self._cannot = ""
        self._documents: set[str] = set()
        self._tool_names: dict[str, None] = {}
        self._ids: set[str] = set()
        self._waiting: dict[str, list[str]] = {}
        """For each id as it came, the ids as they were written of calls that have no result yet."""

    def tell(self, turn: Turn) -> None:
        """The next turn."""
        if turn.role is Role.SYSTEM:
            self._tell_system(turn)
            return
        is_assistant = turn.role is Role.ASSISTANT
        if is_assistant and self._waiting and self._messages[-1:] and self._messages[-1].role != ASSISTANT:
            self._refuse("a tool call without its result")
        content = [block for part in turn.parts for block in self._blocks(part, is_assistant=is_assistant)]
        self._add(ASSISTANT if is_assistant else USER, content)

    def finished(self) -> Conversation:
        """Everything."""
        messages = self._messages
        if messages and messages[0].role == ASSISTANT:
            messages.insert(0, Message(USER, [Block(text=OPENING)]))
            self._losses[LOST_OPENING] = None
        for message in messages:
            _settle(message)
        if not messages:
            self._refuse("an empty conversation")
        elif messages[-1].role == ASSISTANT:
            _strip_end(messages[-1])
        elif self._waiting:
            self._refuse("a tool call without its result")
        return Conversation(
            self._system,
            messages,
            list(self._losses),
            self._cannot,
            list(self._tool_names),
            _calls_without_thinking(messages),
        )

    def _tell_system(self, turn: Turn) -> None:
        if any(not isinstance(part, Text) for part in turn.parts):
            self._refuse("system turns with anything but text")
        texts = [part.text for part in turn.parts if isinstance(part, Text) and part.text.strip()]
        if not self._messages:
            self._system += [SystemBlock(text) for text in texts]
        elif self._system_turns and not self._waiting:
            self._add(SYSTEM, [Block(text=text) for text in texts])
        elif texts:
            self._losses[LOST_SYSTEM_TURNS] = None
            self._add(USER, [Block(text=f"<system>{text}</system>") for text in texts])

    def _add(self, role: str, content: list[Block]) -> None:
        if not content:
            return
        if self._messages and self._messages[-1].role == role:
            self._messages[-1].content += content
        else:
            self._messages.append(Message(role, content))

    def _blocks(self, part: Part, *, is_assistant: bool) -> list[Block]:
        match part:
            case Text() | Refusal():
                block: Block | Unable | None = blocks.text_block(part.text)
            case ToolCall():
                block = self._call(part)
            case ToolResult():
                block = self._result(part)
            case Thinking():
                block = self._thinking(part)
            case Image() | Document():
                block = Unable("images and documents of the assistant") if is_assistant else self._picture(part)
        return self._kept(block)

    def _kept(self, block: Block | Unable | None) -> list[Block]:
        if isinstance(block, Unable):
            self._refuse(block.what)
            return []
        return [] if block is None else [block]

    def _picture(self, part: Image | Document) -> Block | Unable:
        return blocks.image_block(part) if isinstance(part, Image) else blocks.document_block(part, self._documents)

    def _call(self, call: ToolCall) -> Block | Unable:
        written = names.distinct(names.call_id(call.id), self._ids)
        self._ids.add(written)
        self._waiting.setdefault(call.id, []).append(written)
        self._tool_names[call.name] = None
        return blocks.call_block(call, written)

    def _result(self, result: ToolResult) -> Block | Unable:
        waiting = self._waiting.get(result.call_id)
        if not waiting:
            return Unable("a tool result without its call")
        written = waiting.pop(0)
        if not waiting:
            del self._waiting[result.call_id]
        content: list[Block] = []
        for part in result.parts:
            content += blocks.result_text(part) if isinstance(part, Text) else self._kept(self._picture(part))
        return Block(tool_result=ToolResultBlock(written, content, "error" if result.is_error else None))

    def _thinking(self, thinking: Thinking) -> Block | None:
        if thinking.issuer and thinking.issuer == self._issuer:
            return blocks.reasoning_block(thinking)
        self._losses[LOST_THINKING] = None
        return None

    def _refuse(self, what: str) -> None:
        self._cannot = self._cannot or what


def _settle(message: Message) -> None:
    """Results first; a word beside documents."""
    if message.role != USER:
        return
    message.content.sort(key=lambda block: block.tool_result is None)
    has_document = any(block.document is not None for block in message.content)
    if has_document and not any(block.text is not None for block in message.content):
        message.content.append(Block(text=DOCUMENT_WORDS))


def _strip_end(message: Message) -> None:
    """Text that is to be continued must not end with white space."""
    last = message.content[-1]
    if last.text is not None:
        last.text = last.text.rstrip()


def _calls_without_thinking(messages: list[Message]) -> bool:
    last = next((message for message in reversed(messages) if message.role == ASSISTANT), None)
    if last is None:
        return False
    return any(block.tool_use for block in last.content) and last.content[0].reasoning_content is None
