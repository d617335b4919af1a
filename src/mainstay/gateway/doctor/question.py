"""The doctor's question, in the words of each dialect that callers speak: harmless, short, and nothing of a user's.

An answer may take `OUTPUT_TOKENS` tokens. One token would do for most models, but those that reason refuse it, or
spend it before they say anything.
"""

from typing import Final

import msgspec

from mainstay.model.catalogue import Candidate, Platform
from mainstay.model.http import Headers
from mainstay.wire.openai_chat.family import family_of

OUTPUT_TOKENS: Final = 64
TEXT: Final = "This is a connection check. Reply with the single word: ready"
TOOL_TEXT: Final = "This is a connection check. Call the tool report_ready with word set to ready."
TOOL: Final = "report_ready"
TOOL_DESCRIPTION: Final = "Reports that the connection works."
HEADERS: Final[Headers] = (("content-type", "application/json"), ("anthropic-version", "2023-06-01"))
"""The second one means something to one dialect only, and is nothing to the others."""

Tree = dict[str, "Leaf"]
Leaf = str | int | bool | Tree | list[Tree]

SCHEMA: Final[Tree] = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
}
PATHS: Final = {
    "anthropic": "/v1/messages",
    "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
}


class Question(msgspec.Struct, frozen=True):
    """How it is asked: in a caller's dialect, plain or streamed, with a tool that must be called or without."""

    dialect: str
    stream: bool = False
    tool: bool = False

    @property
    def words(self) -> str:
        """In words."""
        form = "streamed" if self.stream else "plain"
        return f"{form} with a tool" if self.tool else form


def body_of(question: Question, candidate: Candidate) -> bytes:
    """The request's body. Where models of one dialect take different parameters, the candidate decides."""
    text = TOOL_TEXT if question.tool else TEXT
    message: Tree = {"role": "user", "content": text}
    tree: Tree = {"model": candidate.model}
    match question.dialect:
        case "anthropic":
            tree |= {"max_tokens": OUTPUT_TOKENS, "messages": [message]}
        case "openai-chat":
            tree |= {_limit_name(candidate): OUTPUT_TOKENS, "messages": [message]}
        case _:
            # Else the provider would keep the answer.
            tree |= {"max_output_tokens": OUTPUT_TOKENS, "input": [message], "store": False}
    if question.tool:
        tree |= _tools(question.dialect)
    if question.stream:
        tree["stream"] = True
    return msgspec.json.encode(tree)


def _limit_name(candidate: Candidate) -> str:
    """OpenAI's own models refuse the name that all others know. On Azure the model's name is anybody's choice, but the
    models are OpenAI's."""
    is_openai = candidate.upstream.platform is Platform.AZURE or family_of(candidate.model).is_openai
    return "max_completion_tokens" if is_openai and candidate.upstream.dialect == "openai-chat" else "max_tokens"


def _tools(dialect: str) -> Tree:
    match dialect:
        case "anthropic":
            tool: Tree = {"name": TOOL, "description": TOOL_DESCRIPTION, "input_schema": SCHEMA}
            return {"tools": [tool], "tool_choice": {"type": "tool", "name": TOOL}}
        case "openai-chat":
            function: Tree = {"name": TOOL, "description": TOOL_DESCRIPTION, "parameters": SCHEMA}
            chosen: Tree = {"type": "function", "function": {"name": TOOL}}
            return {"tools": [{"type": "function", "function": function}], "tool_choice": chosen}
        case _:
            flat: Tree = {"type": "function", "name": TOOL, "description": TOOL_DESCRIPTION, "parameters": SCHEMA}
            return {"tools": [flat], "tool_choice": {"type": "function", "name": TOOL}}
