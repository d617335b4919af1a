"""Decides what the fake model says. The same question gets the same text, whoever is asked.

Wishes may stand in the question: `in 200 words` or `[words=200]`, `[text=...]`, `[tools=2]` (parallel calls),
`[call=name {"a":1}]` (this call, with these arguments), `[refuse]`, `[think]` (reasoning, asked for or not) and
`[echo=results]`, `[echo=system]`, `[echo=params]` (see `evidence`).
"""

import re

import msgspec

from mainstay.lab.provider.ask import CHARS_PER_TOKEN, Ask, Said, Thinking, Tool
from mainstay.lab.provider.continuation import go_on, interrupted
from mainstay.lab.provider.evidence import evidence
from mainstay.lab.provider.prose import prose
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.sample import sample
from mainstay.lab.provider.turn import REFUSAL, Stop, ToolCall, Turn

WORDS_MAX = 20_000
"""No answer is longer."""
TOOL_CALLS_MAX = 256
"""No turn calls more tools."""
_WISH = re.compile(r"\[(words|tools|text)=([^\]]*)\]")
_CALL = re.compile(r"\[call=(\S+) (\{.*?\})\]", re.DOTALL)
_ECHO = re.compile(r"\[echo=(results|system|params)\]")
_WORDS = re.compile(r"\bin (?:about |exactly )?(\d{1,6}) words\b", re.IGNORECASE)
_THINKING_WORDS = 24
_CUSTOM_INPUT_WORDS = 6


class _Exchange(msgspec.Struct, frozen=True):
    """A question and the messages behind it."""

    question: Said
    after: tuple[Said, ...]


def take_turn(ask: Ask, personality: Personality) -> Turn:
    """The whole answer to this request, or what the model says when it is asked to go on with one."""
    exchanges = _exchanges(ask.conversation)
    for exchange in exchanges:
        turn = _whole_turn(ask, exchange, personality)
        broken_off = interrupted(exchange.after, turn.text)
        if broken_off is not None:
            rest = go_on(personality.model_kind, turn.text, broken_off)
            return _within_limits(ask, msgspec.structs.replace(turn, text=rest))
    return _within_limits(ask, _whole_turn(ask, exchanges[-1], personality))


def _exchanges(conversation: tuple[Said, ...]) -> list[_Exchange]:
    """The last two questions: the very last one may only be the request to go on with the answer to the other."""
    asked = [index for index, said in enumerate(conversation) if said.is_question]
    found = [_Exchange(conversation[index], conversation[index + 1 :]) for index in asked[-2:]]
    return found or [_Exchange(Said("user", ""), conversation)]


def _whole_turn(ask: Ask, exchange: _Exchange, personality: Personality) -> Turn:
    question = exchange.question.text
    wishes: dict[str, str] = dict(_WISH.findall(question))
    thinking = _thinking(ask, question)
    if "[refuse]" in question:
        return Turn(thinking=thinking, refusal=REFUSAL, stop=Stop.REFUSAL, choices=ask.choices)
    if ask.tools and not any(said.has_tool_result for said in exchange.after):
        calls = _tool_calls(ask, question, _whole(wishes.get("tools"), 1))
        return Turn(
            text=wishes.get("text", ""), thinking=thinking, tool_calls=calls, stop=Stop.TOOL, choices=ask.choices
        )
    text = _text(ask, question, wishes, personality.words)
    if ask.schema is None:
        text = evidence(ask, exchange.question, exchange.after, frozenset(_ECHO.findall(question))) + text
    return Turn(text=text, thinking=thinking, choices=ask.choices)


def _text(ask: Ask, question: str, wishes: dict[str, str], words: int) -> str:
    if ask.schema is not None:
        return msgspec.json.encode(sample(ask.schema, question)).decode()
    if "text" in wishes:
        return wishes["text"]
    said = _WORDS.search(question)
    wanted = _whole(wishes.get("words"), int(said.group(1)) if said else words)
    return prose(question, min(wanted, WORDS_MAX))


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default


def _tool_calls(ask: Ask, question: str, count: int) -> tuple[ToolCall, ...]:
    names = {tool.name for tool in ask.tools}
    dictated = tuple(ToolCall(name, arguments) for name, arguments in _CALL.findall(question) if name in names)
    if dictated:
        return dictated[:TOOL_CALLS_MAX]
    offered = [tool for tool in ask.tools if tool.name == ask.forced_tool] or list(ask.tools)
    wanted = min(max(count, 1), TOOL_CALLS_MAX)
    return tuple(_tool_call(offered[index % len(offered)], f"{question}/{index}") for index in range(wanted))


def _tool_call(tool: Tool, seed: str) -> ToolCall:
    if tool.is_custom:
        return ToolCall(tool.name, prose(seed, _CUSTOM_INPUT_WORDS), is_custom=True)
    return ToolCall(tool.name, msgspec.json.encode(sample(tool.schema, seed)).decode())


def _thinking(ask: Ask, question: str) -> str | None:
    if ask.thinking is Thinking.OFF and "[think]" not in question:
        return None
    return "" if ask.thinking is Thinking.OMITTED else prose(f"thinking: {question}", _THINKING_WORDS)


def _within_limits(ask: Ask, turn: Turn) -> Turn:
    """Stop at a stop sequence or at the token limit, whichever comes first. Tool calls are never cut short."""
    found = [(turn.text.find(sequence), sequence) for sequence in ask.stop_sequences if sequence in turn.text]
    position, sequence = min(found, default=(len(turn.text), ""))
    limit = len(turn.text) if ask.max_tokens is None else ask.max_tokens * CHARS_PER_TOKEN
    if limit < position:
        return msgspec.structs.replace(turn, text=turn.text[:limit], tool_calls=(), stop=Stop.LENGTH)
    if sequence:
        return msgspec.structs.replace(
            turn, text=turn.text[:position], tool_calls=(), stop=Stop.SEQUENCE, stop_sequence=sequence
        )
    return turn
