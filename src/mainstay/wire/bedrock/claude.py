"""What Claude behind Converse takes and refuses, by its version: reasoning and sampling.

Source: Amazon's pages on extended and adaptive thinking, and the migration guides of the Messages API: up to 4.5 a
budget of tokens, from 4.6 on adaptive thinking with an effort; from 4.7 on no sampling parameters.
"""

import re

import msgspec

from mainstay.model.conversation import Effort, Reasoning

BUDGET_TOKENS_MIN = 1024

_NAME = "anthropic.claude"
_VERSION = re.compile(r"anthropic\.claude-(?:[a-z]+-)?v?([0-9]{1,2})(?:[-.:]([0-9]{1,2}))?(?![0-9])")
_NEWEST = (99, 0)
_FIRST_THINKING, _FIRST_ADAPTIVE, _FIRST_WITHOUT_SAMPLING = (3, 7), (4, 6), (4, 7)
_FIRST_WITH_ONE_OF_BOTH = (4, 1)

_BUDGETS = {
    Effort.MINIMAL: BUDGET_TOKENS_MIN,
    Effort.LOW: 2048,
    Effort.MEDIUM: 8192,
    Effort.HIGH: 16_384,
    Effort.XHIGH: 32_768,
    Effort.MAX: 32_768,
}
_EFFORTS = {
    Effort.MINIMAL: "low",
    Effort.LOW: "low",
    Effort.MEDIUM: "medium",
    Effort.HIGH: "high",
    Effort.XHIGH: "xhigh",
    Effort.MAX: "max",
}
_EFFORTS_OF_FIRST_ADAPTIVE = frozenset(("low", "medium", "high"))


class ThinkingField(msgspec.Struct, omit_defaults=True):
    """The Messages API's `thinking`."""

    type: str
    budget_tokens: int | None = None
    display: str | None = None


class Thinks(msgspec.Struct, frozen=True):
    """How a model is asked to reason. `effort` is "" where it is left to the model."""

    field: ThinkingField
    effort: str = ""
    loss: str = ""


def version_of(model: str) -> tuple[int, int] | None:
    """The version of a Claude; `None` for other models. A name without a number counts as the newest."""
    if _NAME not in model:
        return None
    found = _VERSION.search(model)
    return (int(found[1]), int(found[2] or 0)) if found else _NEWEST


def takes_sampling(version: tuple[int, int] | None) -> bool:
    """Whether temperature and its like are accepted."""
    return version is None or version < _FIRST_WITHOUT_SAMPLING


def takes_one_of_both(version: tuple[int, int] | None) -> bool:
    """Whether temperature and top_p exclude each other."""
    return version is not None and version >= _FIRST_WITH_ONE_OF_BOTH


def is_adaptive(version: tuple[int, int]) -> bool:
    """Whether this model decides for itself how long it thinks."""
    return version >= _FIRST_ADAPTIVE


def thinking(wish: Reasoning, version: tuple[int, int], output_tokens: int | None) -> Thinks | None:
    """How to ask this model; `None` where it cannot reason, or not within this many output tokens."""
    if version < _FIRST_THINKING:
        return None
    return _adaptive(wish, version) if is_adaptive(version) else _budgeted(wish, output_tokens)


def _adaptive(wish: Reasoning, version: tuple[int, int]) -> Thinks:
    display = "summarized" if wish.visible and version >= _FIRST_WITHOUT_SAMPLING else None
    field = ThinkingField("adaptive", display=display)
    if wish.effort is None:
        return Thinks(field, loss="reasoning budget" if wish.budget_tokens is not None else "")
    effort = _EFFORTS[wish.effort]
    if version < _FIRST_WITHOUT_SAMPLING and effort not in _EFFORTS_OF_FIRST_ADAPTIVE:
        return Thinks(field, "high", f"reasoning effort {effort}")
    return Thinks(field, effort)


def _budgeted(wish: Reasoning, output_tokens: int | None) -> Thinks | None:
    asked = wish.budget_tokens
    # An effort leaves us the choice, so half of the limit stays for the answer.
    room = None if output_tokens is None else output_tokens // 2 if asked is None else output_tokens - 1
    budget = _BUDGETS[wish.effort or Effort.MEDIUM] if asked is None else max(asked, BUDGET_TOKENS_MIN)
    budget = budget if room is None else min(budget, room)
    return Thinks(ThinkingField("enabled", budget)) if budget >= BUDGET_TOKENS_MIN else None
