"""Outcomes: what a run makes of what came of an effect."""

from typing import Final

import msgspec

from mainstay.model.playbook import Approve, Asked, RunEvent, StepEnded, Waiting
from mainstay.ops.playbooks.moves import attempts_of, waits_until
from mainstay.ops.playbooks.state import Deed, RunState

WAIT_SECONDS_MAX: Final = 3_600.0
WORDS_MAX: Final = 1_000


class Done(msgspec.Struct, frozen=True):
    """It was done. `results` are ids of what it made."""

    words: str = ""
    results: tuple[str, ...] = ()


class Failed(msgspec.Struct, frozen=True):
    """It was not, or nobody knows. `is_final`: the same again cannot help."""

    words: str
    may_have_acted: bool = False
    is_final: bool = False


def event_after(state: RunState, deed: Deed, result: Done | Failed, now: float) -> RunEvent:
    """What is written of the result of a deed."""
    words = result.words[:WORDS_MAX]
    if isinstance(deed.action, Approve):
        # Who is asked can be looked up, too: that nobody could be told does not end it.
        told = f"nobody could be told: {words}" if isinstance(result, Failed) else words
        return Asked(deed.step, waits_until(state, deed), told)
    if isinstance(result, Failed):
        return _after_failure(state, deed, result, now)
    step = state.step(deed.step)
    if step.verify is not None and not deed.is_undo:
        return Waiting(deed.step, now + step.verify.within_seconds, "verify", words, result.results)
    return StepEnded(deed.step, "done", deed.round, words, result.results, deed.is_undo)


def _after_failure(state: RunState, deed: Deed, failed: Failed, now: float) -> RunEvent:
    words, acted = failed.words[:WORDS_MAX], failed.may_have_acted or deed.may_have_acted
    if failed.is_final or deed.attempt >= attempts_of(state, deed):
        return StepEnded(deed.step, "failed", deed.round, words, is_undo=deed.is_undo, may_have_acted=acted)
    wait = min(WAIT_SECONDS_MAX, state.step(deed.step).wait_seconds * 2 ** (deed.attempt - 1))
    return Waiting(deed.step, now + wait, "retry", words, is_undo=deed.is_undo, may_have_acted=acted)
