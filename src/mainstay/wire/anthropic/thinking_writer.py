"""The caller's wish for reasoning, in the form that a model takes.

Claude up to 4.5 thinks within a budget of tokens, and other makers' models behind this API do the same; later ones
decide themselves, by effort. Thinking narrows the rest of the request: no forced tool, no prefill, default sampling.
Source: the public pages on extended and adaptive thinking.
"""

import re

import msgspec

from mainstay.model.conversation import Effort, Prompt, Reasoning, ToolMode
from mainstay.wire.anthropic.body import Thinking
from mainstay.wire.effort import effort_of
from mainstay.wire.notes import WritingNotes

REASONING = "reasoning"
BUDGET_TOKENS_MIN = 1024

NONE = Effort.NONE
_CLAUDE = "claude"
_THOUGHTLESS = re.compile(r"claude-(?:[12]|instant|3(?!-7))")
_BY_BUDGET = re.compile(r"claude-(?:3-7|(?:opus|sonnet|haiku)-4(?:-[0-5])?(?!\d|-\d{1,2}(?:\D|$)))")
_EFFORTS = {Effort.MINIMAL: "low"}
_BUDGETS = {
    Effort.MINIMAL: BUDGET_TOKENS_MIN,
    Effort.LOW: 2048,
    Effort.MEDIUM: 8192,
    Effort.HIGH: 16384,
    Effort.XHIGH: 24576,
    Effort.MAX: 32768,
}
_FORCING = frozenset((ToolMode.REQUIRED, ToolMode.NAMED))
_DISPLAYS = {True: "summarized", False: "omitted", None: None}


class Wish(msgspec.Struct, frozen=True):
    """What to write: thinking, effort, and the answer's limit, which thinking counts towards."""

    max_tokens: int
    thinking: Thinking | None = None
    effort: str | None = None


def write_thinking(prompt: Prompt, model: str, max_tokens: int, *, may_think: bool, notes: WritingNotes) -> Wish:
    """The wish for this model. `max_tokens` is the limit so far; `may_think` is whether the history allows it."""
    wish = prompt.reasoning
    if wish is None or wish.effort is NONE:
        return Wish(max_tokens)
    forced = prompt.tool_choice is not None and prompt.tool_choice.mode in _FORCING
    unable = notes.able.thinking is False or (notes.able.thinking is None and _THOUGHTLESS.search(model) is not None)
    if unable or forced or prompt.prefill or not may_think:
        notes.lose(REASONING)
        return Wish(max_tokens)
    if _CLAUDE in model and _BY_BUDGET.search(model) is None:
        return Wish(max_tokens, Thinking("adaptive", display=_DISPLAYS[wish.visible]), _effort(wish))
    return _within_budget(prompt, wish, max_tokens, notes)


def _effort(wish: Reasoning) -> str | None:
    if wish.effort is not None:
        return _EFFORTS.get(wish.effort, wish.effort.value)
    return None if wish.budget_tokens is None else effort_of(max(1, wish.budget_tokens)).value


def _within_budget(prompt: Prompt, wish: Reasoning, max_tokens: int, notes: WritingNotes) -> Wish:
    budget = wish.budget_tokens or _BUDGETS[wish.effort or Effort.MEDIUM]
    if prompt.max_output_tokens is None:
        # The limit is ours: it may grow by what is thought.
        grown = max_tokens + budget
        max_tokens = min(grown, notes.able.output_tokens or grown)
    if budget >= max_tokens:
        budget = max_tokens * 3 // 4
    if budget < BUDGET_TOKENS_MIN:
        notes.lose(REASONING)
        return Wish(max_tokens)
    return Wish(max_tokens, Thinking("enabled", budget))
