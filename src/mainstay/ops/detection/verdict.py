"""The verdict on a component: what our own requests show and what others say, weighed against each other."""

from collections.abc import Sequence
from typing import Final

import msgspec

from mainstay.model.evidence import Evidence
from mainstay.ops.detection.finding import Finding, Grade
from mainstay.ops.detection.values import EVIDENCE_MAX

_INDEPENDENT: Final = 2
_REASON_CHARACTERS_MAX: Final = 600


class Views(msgspec.Struct, frozen=True):
    """What there is to weigh of one component."""

    own: tuple[Finding, ...] = ()
    heard: tuple[Evidence, ...] = ()
    """Said against the component itself."""
    supporting: tuple[Evidence, ...] = ()
    """Said against what it belongs to: not enough to begin with, but it confirms."""
    is_served_well: bool = False
    """Whether our own requests prove the contrary."""
    is_held: bool = False
    """Whether it cannot be well yet, because most of what it is made of is not."""


class Verdict(msgspec.Struct, frozen=True):
    """`own` is the grade of our own findings alone, `grade` that of everything together."""

    grade: Grade
    own: Grade
    is_about_errors: bool
    is_quiet: bool
    """Whether there is nothing against it but failures, which are watched by a test of their own."""
    is_heard: bool
    """Whether others speak against it."""
    is_held: bool
    """As in `Views`."""
    ratio: float
    """The share of failures that was found; 0 if none was."""
    evidence: tuple[Evidence, ...]
    reason: str
    began_at: float = 0.0
    """When the first of what was found began, as far as that is known; else 0."""


def weigh(views: Views) -> Verdict:
    """Two independent classes of evidence prove trouble, one alone makes suspicious, unless our own is conclusive: for
    trouble, or, where enough of our requests are served well, against it."""
    own = max((one.grade for one in views.own), default=Grade.FINE)
    direct = {one.kind for one in views.heard} | ({"own"} if own else set())
    supporting = {one.kind for one in views.supporting} if direct else set()
    grade = Grade.SUSPICIOUS if direct else Grade.FINE
    is_contradicted = own is Grade.FINE and views.is_served_well
    if own is Grade.CONCLUSIVE or (len(direct | supporting) >= _INDEPENDENT and not is_contradicted):
        grade = Grade.CONCLUSIVE
    errors = [one.evidence for one in views.own if one.is_about_errors]
    shown = [one.evidence for one in sorted(views.own, key=lambda one: -one.grade)]
    shown += [*views.heard, *(views.supporting if direct else ())]
    is_quiet = len(errors) == len(views.own) and (not views.heard or is_contradicted)
    return Verdict(
        grade=grade,
        own=own,
        is_about_errors=bool(errors),
        is_quiet=is_quiet,
        is_heard=bool(views.heard),
        is_held=views.is_held,
        ratio=max((one.value or 0.0 for one in errors), default=0.0),
        evidence=tuple(shown[:EVIDENCE_MAX]),
        reason=_reason(shown, is_contradicted=is_contradicted and bool(shown)),
        began_at=min((one.began_at for one in views.own if one.began_at), default=0.0),
    )


def _reason(evidence: Sequence[Evidence], *, is_contradicted: bool) -> str:
    words = [one.words for one in evidence[:EVIDENCE_MAX]]
    if is_contradicted:
        words.append("our own requests are served as usual")
    text = "; ".join(words)
    return text if len(text) <= _REASON_CHARACTERS_MAX else f"{text[: _REASON_CHARACTERS_MAX - 1]}…"
