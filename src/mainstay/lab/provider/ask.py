"""What a request asks for, in words that both dialects share."""

from enum import Enum

import msgspec

from mainstay.lab.provider.sample import Schema


class Said(msgspec.Struct, frozen=True):
    """One message of the conversation. `text` joins its text blocks; system messages are left out."""

    role: str
    text: str
    has_tool_result: bool = False


class Tool(msgspec.Struct, frozen=True):
    """A tool that the caller offers."""

    name: str
    schema: Schema = Schema()


class Thinking(Enum):
    """Whether reasoning is part of the answer."""

    OFF = "off"
    SHOWN = "shown"
    OMITTED = "omitted"
    """The block is there, with a signature, but without its text."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request for an answer. `schema` is that of a structured answer; `tools` is empty where the caller forbids
    calls; `forced_tool` names the tool that must be called. Token counts are estimates (four characters each)."""

    model: str
    stream: bool
    conversation: tuple[Said, ...]
    tools: tuple[Tool, ...] = ()
    forced_tool: str = ""
    schema: Schema | None = None
    thinking: Thinking = Thinking.OFF
    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    choices: int = 1
    include_usage: bool = False
    input_tokens: int = 0
    cached_tokens: int = 0


class Problem(msgspec.Struct, frozen=True):
    """Why a request cannot be answered: the caller's mistake, as the provider would word it."""

    message: str
    parameter: str | None = None


CHARS_PER_TOKEN = 4
CHOICES_MAX = 8
"""More choices than this are not given."""


def tokens(text_or_body: str | bytes) -> int:
    """An estimate of the tokens in this text, at least one."""
    return max(1, len(text_or_body) // CHARS_PER_TOKEN)
