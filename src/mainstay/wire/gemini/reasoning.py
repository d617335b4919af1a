"""The caller's wish for reasoning as a `thinkingConfig`."""

from mainstay.model.conversation import Effort, Reasoning
from mainstay.wire.gemini.models import always_thinks, thinks_in_levels
from mainstay.wire.gemini.shape import ThinkingConfig
from mainstay.wire.notes import WritingNotes

BUDGET_TOKENS_MAX = 24_576
"""The most that every thinking model takes (thinking guide: Flash 24,576, Pro 32,768)."""
BUDGET_TOKENS_MIN = 128
"""The least of a model that always thinks."""

# The budgets that Google's OpenAI-compatible endpoint gives to each effort.
_BUDGETS = {
    Effort.MINIMAL: 1_024,
    Effort.LOW: 1_024,
    Effort.MEDIUM: 8_192,
    Effort.HIGH: 24_576,
    Effort.XHIGH: 24_576,
    Effort.MAX: 24_576,
}
_LEVELS = {
    Effort.NONE: "MINIMAL",
    Effort.MINIMAL: "MINIMAL",
    Effort.LOW: "LOW",
    Effort.MEDIUM: "MEDIUM",
    Effort.HIGH: "HIGH",
    Effort.XHIGH: "HIGH",
    Effort.MAX: "HIGH",
}
_ALL_OF_IT = frozenset((Effort.XHIGH, Effort.MAX))


def thinking_config(
    wish: Reasoning, model: str, notes: WritingNotes, output_limit: int | None = None
) -> ThinkingConfig | None:
    """The configuration, or `None` where nothing was wished for or can be. What is lost is noted.

    Thoughts count towards `output_limit`; half of it is left to the answer.
    """
    if notes.able.thinking is False:
        if wish.effort is not Effort.NONE:
            notes.lose("reasoning")
        return None
    if wish.budget_tokens is not None:
        config = ThinkingConfig(thinking_budget=_within(wish.budget_tokens, model, notes))
    elif wish.effort is not None:
        config = _by_effort(wish.effort, model, notes)
    else:
        config = ThinkingConfig()
    if output_limit is not None and config.thinking_budget is not None:
        config.thinking_budget = min(config.thinking_budget, max(output_limit // 2, _least(model)))
    config.include_thoughts = bool(wish.visible)
    return None if config == ThinkingConfig() else config


def _by_effort(effort: Effort, model: str, notes: WritingNotes) -> ThinkingConfig:
    if effort in _ALL_OF_IT:
        notes.lose(f"reasoning effort {effort.value}")
    if thinks_in_levels(model):
        if effort is Effort.NONE:
            notes.lose("reasoning switched off")
        return ThinkingConfig(thinking_level=_LEVELS[effort])
    return ThinkingConfig(thinking_budget=_within(_BUDGETS.get(effort, 0), model, notes))


def _least(model: str) -> int:
    return BUDGET_TOKENS_MIN if always_thinks(model) else 0


def _within(budget_tokens: int, model: str, notes: WritingNotes) -> int:
    if budget_tokens > BUDGET_TOKENS_MAX:
        notes.lose(f"reasoning budget beyond {BUDGET_TOKENS_MAX} tokens")
        return BUDGET_TOKENS_MAX
    if budget_tokens < BUDGET_TOKENS_MIN and always_thinks(model):
        notes.lose("reasoning switched off")
        return BUDGET_TOKENS_MIN
    return max(budget_tokens, 0)
