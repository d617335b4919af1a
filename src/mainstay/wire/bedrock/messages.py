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
from mainstay.wire.bedrock import blocks
from mainstay.wire.bedrock.blocks import Block, ToolResultBlock, Unable
from mainstay.wire.bedrock.names import CALL_IDS
from mainstay.wire.notes import EARLIER_THINKING, WritingNotes
from mainstay.wire.tool_ids import ConversationIds, DistinctNames

USER, ASSISTANT, SYSTEM = "user", "assistant", "system"
OPENING = "(The conversation begins here.)"
"""Said by the user where the assistant would have the first word, which the service does not allow."""
DOCUMENT_WORDS = "(See the document.)"
"""Stands beside a document without words, for the service asks for some."""

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
    """All that was said."""

    system: list[SystemBlock]
    messages: list[Message]
    tool_names: list[str]
    """The tools that were called, each once."""
    calls_without_thinking: bool
    """Whether the last message of the assistant calls tools without reasoning of this target before it."""


def tell(prompt: Prompt, issuer: str, notes: WritingNotes) -> Conversation:
    """The prompt's turns as messages; `issuer` is the target's name."""
    teller = _Teller(issuer, notes)
    for turn in prompt.turns:
        teller.tell(turn)
    return teller.finished()


class _Teller:
    """Builds the messages one turn after the other."""

    def __init__(self, issuer: str, notes: WritingNotes) -> None:
        self._issuer = issuer
        self._notes = notes
        self._system: list[SystemBlock] = []
        self._messages: list[Message] = []
        self._documents = DistinctNames(separator=" ")
        self._tool_names: dict[str, None] = {}
        self._ids = ConversationIds(CALL_IDS)

    def tell(self, turn: Turn) -> None:
        """The next turn."""
        if turn.role is Role.SYSTEM:
            self._tell_system(turn)
            return
        is_assistant = turn.role is Role.ASSISTANT
        if is_assistant and self._is_waiting() and self._messages[-1:] and self._messages[-1].role != ASSISTANT:
            self._notes.bar("a tool call without its result")
        content = [block for part in turn.parts for block in self._blocks(part, is_assistant=is_assistant)]
        self._add(ASSISTANT if is_assistant else USER, content)

    def finished(self) -> Conversation:
        """Everything."""
        messages = self._messages
        if messages and messages[0].role == ASSISTANT:
            messages.insert(0, Message(USER, [Block(text=OPENING)]))
            self._notes.lose(LOST_OPENING)
        for message in messages:
            _settle(message)
        if not messages:
            self._notes.bar("an empty conversation")
        elif messages[-1].role == ASSISTANT:
            _strip_end(messages[-1])
        elif self._is_waiting():
            self._notes.bar("a tool call without its result")
        return Conversation(self._system, messages, list(self._tool_names), _calls_without_thinking(messages))

    def _is_waiting(self) -> bool:
        """Whether some call has no result yet."""
        return self._ids.unanswered() is not None

    def _tell_system(self, turn: Turn) -> None:
        if any(not isinstance(part, Text) for part in turn.parts):
            self._notes.bar("system turns with anything but text")
        texts = [part.text for part in turn.parts if isinstance(part, Text) and part.text.strip()]
        if not self._messages:
            self._system += [SystemBlock(text) for text in texts]
        elif self._notes.able.system_turns is True and not self._is_waiting():
            self._add(SYSTEM, [Block(text=text) for text in texts])
        elif texts:
            self._notes.lose(LOST_SYSTEM_TURNS)
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
            self._notes.bar(block.what)
            return []
        return [] if block is None else [block]

    def _picture(self, part: Image | Document) -> Block | Unable:
        return blocks.image_block(part) if isinstance(part, Image) else blocks.document_block(part, self._documents)

    def _call(self, call: ToolCall) -> Block | Unable:
        self._tool_names[call.name] = None
        return blocks.call_block(call, self._ids.call(call.id))

    def _result(self, result: ToolResult) -> Block | Unable:
        written = self._ids.result(result.call_id)
        if written is None:
            return Unable("a tool result without its call")
        content: list[Block] = []
        for part in result.parts:
            content += blocks.result_text(part) if isinstance(part, Text) else self._kept(self._picture(part))
        return Block(tool_result=ToolResultBlock(written, content, "error" if result.is_error else None))

    def _thinking(self, thinking: Thinking) -> Block | None:
        if thinking.issuer and thinking.issuer == self._issuer:
            return blocks.reasoning_block(thinking)
        self._notes.lose(EARLIER_THINKING)
        return None


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
