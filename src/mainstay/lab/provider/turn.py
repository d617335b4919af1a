"""The assistant's turn: what is said, before any dialect writes it down."""

from enum import Enum

import msgspec

from mainstay.lab.provider.ask import tokens


class ToolCall(msgspec.Struct, frozen=True):
    """One call of a tool; `arguments` is JSON text (or, on demand, not quite), or any text for a custom tool."""

    name: str
    arguments: str
    is_custom: bool = False


REFUSAL = "I can't help with that."
"""How the fake model declines."""


class Stop(Enum):
    """Why the turn ended."""

    END = "end"
    LENGTH = "length"
    TOOL = "tool"
    SEQUENCE = "sequence"
    REFUSAL = "refusal"
    FILTER = "filter"


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One whole answer. `thinking` is `None` where there is no reasoning and empty where it is kept back. `refusal` is
    the model's own explanation. `choices` counts copies of the answer; with 0 there is none. With `same_call_ids` all
    calls have one id."""

    text: str = ""
    thinking: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    stop: Stop = Stop.END
    stop_sequence: str | None = None
    refusal: str = ""
    choices: int = 1
    same_call_ids: bool = False

    def call_number(self, index: int) -> int:
        """What the id of the call at this place is made from."""
        return 0 if self.same_call_ids else index

    @property
    def output_tokens(self) -> int:
        """An estimate of the tokens of one copy."""
        said = "".join((self.text, self.thinking or "", self.refusal, *(call.arguments for call in self.tool_calls)))
        return tokens(said)
