"""What the doctor finds: checks, and what they come to for a candidate. Part of what `mainstay doctor --json` says."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

Outcome = Literal["ok", "failed", "unknown"]
CheckName = Literal["policy", "credential", "model", "answers", "translation", "quota", "cost"]

CHECKS: Final[tuple[CheckName, ...]] = (
    "policy",
    "credential",
    "model",
    "answers",
    "translation",
    "quota",
    "cost",
)
"""In the order in which they are told."""
WORDS_CHARACTERS_MAX: Final = 400


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at. `words` say what was seen and, where it is bad, what to do."""

    name: CheckName
    outcome: Outcome
    words: str


class Proof(msgspec.Struct, frozen=True):
    """What was seen of one credential of one candidate. `model` is the upstream's own name for it.

    `outcome` is `ok` where it answered and nothing failed, `failed` where something did, else `unknown`.
    `first_content_seconds` is the time to the first content, in the trial that came first. `losses` are what a
    translation had to leave out.
    """

    upstream: str
    model: str
    credential: str
    dialect: str
    outcome: Outcome
    checks: tuple[Check, ...]
    first_content_seconds: float | None = None
    losses: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Which candidate and credential it is about."""
        return self.upstream, self.model, self.credential


def check(name: CheckName, outcome: Outcome, words: str) -> Check:
    """A check with bounded words."""
    return Check(
        name, outcome, words if len(words) <= WORDS_CHARACTERS_MAX else words[: WORDS_CHARACTERS_MAX - 3] + "..."
    )


def together(checks: Sequence[Check]) -> Outcome:
    """What all checks of a candidate come to. Without an answer nothing is proven."""
    if any(one.outcome == "failed" for one in checks):
        return "failed"
    return "ok" if any(one.name == "answers" and one.outcome == "ok" for one in checks) else "unknown"


def in_order(checks: Sequence[Check]) -> tuple[Check, ...]:
    """As they are told."""
    return tuple(sorted(checks, key=lambda one: CHECKS.index(one.name)))
