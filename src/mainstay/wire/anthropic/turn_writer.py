"""A conversation, written as a system prompt and messages.

The API wants user and assistant to take turns, a user first, and the results of tools at once after their calls. Turns
in a row of one side are joined; what stands between two answers is one user message, results first.
"""

from itertools import groupby

from mainstay.model.conversation import Part, Role, Text, ToolResult, Turn
from mainstay.wire.anthropic.body import Block, Message, RedactedThinkingBlock, TextBlock, ThinkingBlock, ToolUseBlock
from mainstay.wire.anthropic.part_writer import PartWriter
from mainstay.wire.notes import WritingNotes

ASSISTANT, SYSTEM = Role.ASSISTANT, Role.SYSTEM
_USER_WORD, _ASSISTANT_WORD, _SYSTEM_WORD = "user", "assistant", "system"
_BEGIN = "Begin."
_THINKING_BLOCKS = (ThinkingBlock, RedactedThinkingBlock)


class Conversation:
    """System texts and messages of one request, while they are written."""

    __slots__ = ("_notes", "_parts", "messages", "system")

    def __init__(self, issuer: str, notes: WritingNotes) -> None:
        """`issuer` is the target's name."""
        self._notes = notes
        self._parts = PartWriter(issuer, notes)
        self.system: list[str] = []
        self.messages: list[Message] = []

    def write(self, turns: tuple[Turn, ...], *, prefill: bool) -> None:
        """Write all turns. With `prefill` the last one is to be continued."""
        leading = next((at for at, turn in enumerate(turns) if turn.role is not SYSTEM), len(turns))
        self.system = [text for turn in turns[:leading] for text in self._system_texts(turn)]
        for is_answer, run in groupby(turns[leading:], key=lambda turn: turn.role is ASSISTANT):
            if is_answer:
                self._write_answer([part for turn in run for part in turn.parts])
            else:
                self._write_asked(list(run))
        self._begin()
        if prefill:
            self._strip_end()

    def thinks_before_calls(self) -> bool:
        """Whether the last answer, if it called tools, kept its thinking: the API wants it back while it thinks."""
        last = next((one for one in reversed(self.messages) if one.role == _ASSISTANT_WORD), None)
        if last is None or not any(isinstance(block, ToolUseBlock) for block in last.content):
            return True
        return any(isinstance(block, _THINKING_BLOCKS) for block in last.content)

    def called_tools(self) -> tuple[str, ...]:
        """The names of all tools that were called, each once."""
        blocks = [block for message in self.messages for block in message.content]
        return tuple(dict.fromkeys(block.name for block in blocks if isinstance(block, ToolUseBlock)))

    def _write_answer(self, parts: list[Part]) -> None:
        self._append(_ASSISTANT_WORD, [self._parts.answer_block(part) for part in parts])

    def _write_asked(self, turns: list[Turn]) -> None:
        """Everything between two answers."""
        asked = [part for turn in turns if turn.role is not SYSTEM for part in turn.parts]
        results = [part for part in asked if isinstance(part, ToolResult)]
        self._append(_USER_WORD, [self._parts.result_block(part) for part in results])
        unanswered = self._parts.ids.unanswered()
        if unanswered is not None:
            self._notes.bar(f"a tool call without its result ({unanswered[:80]})")
        if self._notes.able.system_turns is True and asked:
            # The API takes a system message only directly behind a user's.
            self._append(
                _USER_WORD, [self._parts.held_block(part) for part in asked if not isinstance(part, ToolResult)]
            )
            texts = [text for turn in turns if turn.role is SYSTEM for text in self._system_texts(turn)]
            self._append(_SYSTEM_WORD, [TextBlock(text) for text in texts])
            return
        for turn in turns:
            self._append(_USER_WORD, self._told(turn))

    def _told(self, turn: Turn) -> list[Block | None]:
        if turn.role is not SYSTEM:
            return [self._parts.held_block(part) for part in turn.parts if not isinstance(part, ToolResult)]
        texts = self._system_texts(turn)
        if texts:
            self._notes.lose("system turns in the middle told as user text")
        return [TextBlock(f"<system>\n{text}\n</system>") for text in texts]

    def _system_texts(self, turn: Turn) -> list[str]:
        texts = [part.text for part in turn.parts if isinstance(part, Text)]
        if len(texts) < len(turn.parts):
            self._notes.bar("images or documents in a system turn")
        return [text for text in texts if text.strip()]

    def _append(self, role: str, written: list[Block | None]) -> None:
        blocks = [block for block in written if block is not None]
        if not blocks:
            return
        if self.messages and self.messages[-1].role == role:
            self.messages[-1].content += blocks
        else:
            self.messages.append(Message(role, blocks))

    def _begin(self) -> None:
        """The API wants a user to begin."""
        if not self.messages and self.system:
            self._notes.lose("system prompt told as user text")
            self.messages.append(Message(_USER_WORD, [TextBlock(text) for text in self.system]))
            self.system = []
        elif not self.messages:
            self._notes.bar("a request without any text")
        elif self.messages[0].role != _USER_WORD:
            self._notes.lose("a conversation that the assistant begins")
            self.messages.insert(0, Message(_USER_WORD, [TextBlock(_BEGIN)]))

    def _strip_end(self) -> None:
        """A prefill may not end in white space."""
        last = self.messages[-1].content[-1] if self.messages else None
        if isinstance(last, TextBlock) and self.messages[-1].role == _ASSISTANT_WORD:
            last.text = last.text.rstrip()
