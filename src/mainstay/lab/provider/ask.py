"""What a request asks for, in words that all dialects share."""

from enum import Enum

import msgspec

from mainstay.lab.provider.sample import Schema


class Result(msgspec.Struct, frozen=True):
    """What a tool gave back to the call with this id. `text` joins its text blocks; `images` as in `Said`."""

    call_id: str
    text: str = ""
    images: tuple[str, ...] = ()


class Said(msgspec.Struct, frozen=True):
    """One message of the conversation; system messages are left out.

    `text` joins its text blocks. `images` are its pictures in order, each as its base64 data or as its URL (a data
    URL counts as its data). `results` are the results of tools in it, `calls` the ids of the tools that it calls.
    """

    role: str
    text: str
    images: tuple[str, ...] = ()
    documents: int = 0
    results: tuple[Result, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def has_tool_result(self) -> bool:
        """Whether a tool answers here."""
        return bool(self.results)

    @property
    def is_question(self) -> bool:
        """Whether the user asks something here."""
        return self.role == "user" and not self.results and bool(self.text or self.images or self.documents)


class Tool(msgspec.Struct, frozen=True):
    """A tool that the caller offers. A custom one takes any text in place of JSON."""

    name: str
    schema: Schema = Schema()
    is_custom: bool = False


class Thinking(Enum):
    """Whether reasoning is part of the answer."""

    OFF = "off"
    SHOWN = "shown"
    OMITTED = "omitted"
    """The block is there, with a signature, but without its text."""


class Problem(msgspec.Struct, frozen=True):
    """Why a request cannot be answered: the caller's mistake, as the provider would word it. `code` is the
    machine-readable code, where the dialect has one for it."""

    message: str
    parameter: str | None = None
    code: str = ""
    status: int = 400


class Claim(msgspec.Struct, frozen=True):
    """Something that a request brings back and that only its maker accepts: sealed reasoning, the id of an answer.
    `maker` is the maker's mark (see `evidence.mark`), `problem` what everybody else says about it."""

    maker: str
    problem: Problem


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request for an answer. `schema` is that of a structured answer; `tools` is empty where the caller forbids
    calls; `forced_tool` names the tool that must be called. Token counts are estimates (four characters each).

    `system` is the text of all system turns, joined by newlines. `effort` is the wish for reasoning in the dialect's
    own words, `end_user` who asks. `claims` are checked against the provider's name. `echoed` are parameters that an
    answer repeats, in dialects where it does. `background`: the answer is not waited for.
    """

    model: str
    stream: bool
    conversation: tuple[Said, ...]
    system: str = ""
    tools: tuple[Tool, ...] = ()
    forced_tool: str = ""
    schema: Schema | None = None
    thinking: Thinking = Thinking.OFF
    effort: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    stop_sequences: tuple[str, ...] = ()
    end_user: str = ""
    choices: int = 1
    include_usage: bool = False
    background: bool = False
    claims: tuple[Claim, ...] = ()
    echoed: dict[str, msgspec.Raw] = {}
    input_tokens: int = 0
    cached_tokens: int = 0


CHARS_PER_TOKEN = 4
CHOICES_MAX = 8
"""More choices than this are not given."""


def tokens(text_or_body: str | bytes) -> int:
    """An estimate of the tokens in this text, at least one."""
    return max(1, len(text_or_body) // CHARS_PER_TOKEN)
