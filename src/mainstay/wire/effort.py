"""An effort of reasoning in place of a budget of tokens, for protocols that know efforts only."""

from mainstay.model.conversation import Effort

_LOW_BELOW_TOKENS, _MEDIUM_BELOW_TOKENS = 4096, 16384


def effort_of(budget_tokens: int) -> Effort:
    """The effort that comes closest to a budget."""
    if budget_tokens <= 0:
        return Effort.NONE
    if budget_tokens < _LOW_BELOW_TOKENS:
        return Effort.LOW
    return Effort.MEDIUM if budget_tokens < _MEDIUM_BELOW_TOKENS else Effort.HIGH
