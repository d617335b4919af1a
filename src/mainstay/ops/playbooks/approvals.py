"""Approvals: whether what a person says counts."""

from typing import Final

import msgspec

from mainstay.model.playbook import Approve, Approved, Refused
from mainstay.ops.playbooks.moves import waits_until
from mainstay.ops.playbooks.state import Deed, RunState

ROLES: Final = ("viewer", "operator", "admin")
"""From the least to the most."""


class Voter(msgspec.Struct, frozen=True):
    """Who says something, and in which role."""

    by: str
    role: str


class NotCounted(msgspec.Struct, frozen=True):
    """It does not count; the words say why, and what to do."""

    words: str


def verdict(
    state: RunState, voter: Voter, now: float, *, is_yes: bool, step: str = "", comment: str = ""
) -> Approved | Refused | NotCounted:
    """The event that a person's word makes, or why it makes none. `step` may be left out."""
    deed = state.asks
    if deed is None or not isinstance(deed.action, Approve):
        return NotCounted(_why_nothing(state))
    if step and step != deed.step:
        return NotCounted(f"{state.run} does not ask for {step} now; it asks for {deed.step}")
    if now >= waits_until(state, deed):
        return NotCounted(f"{state.run}: the time to answer for {deed.step} is over")
    if _rank(voter.role) < _rank(deed.action.role):
        return NotCounted(f"{state.run}: {deed.step} needs the role {deed.action.role}; {voter.by} is {voter.role}")
    if said := _already(deed, voter):
        return NotCounted(f"{state.run}: {said}")
    return (Approved if is_yes else Refused)(deed.step, voter.role, comment)


def _why_nothing(state: RunState) -> str:
    if state.is_over:
        return f"{state.run} is over ({state.outcome}); there is nothing to answer"
    last = [deed for deed in state.deeds if isinstance(deed.action, Approve)]
    answered = f"; {last[-1].step} was answered: {last[-1].words}" if last else ""
    return f"{state.run} asks for nothing now{answered}"


def _already(deed: Deed, voter: Voter) -> str:
    if any(not vote.is_yes for vote in deed.votes):
        return f"{deed.step} was refused already"
    if any(vote.by == voter.by for vote in deed.votes):
        return f"{voter.by} has approved {deed.step} already; another person must"
    if isinstance(deed.action, Approve) and len(deed.votes) >= deed.action.count:
        return f"{deed.step} was approved already, by {', '.join(vote.by for vote in deed.votes)}"
    return ""


def _rank(role: str) -> int:
    return ROLES.index(role) if role in ROLES else -1
