"""How surprising a count is, and when a course of samples changed. Pure arithmetic."""

from collections.abc import Sequence
from math import log

from mainstay.ops.detection.ring import Count


def surprise(failures: int, expected: float) -> float:
    """How surprising so many failures are where so many are expected, in nats: the chance is at most `e` to the power
    of minus this (Chernoff's bound for a Poisson count). 0 where there are not more than expected."""
    if failures <= expected or failures == 0:
        return 0.0
    if expected <= 0.0:
        return float("inf")
    return failures * log(failures / expected) - failures + expected


def change_point(slots: Sequence[tuple[float, Count]], usual: float, bad: float) -> float | None:
    """The beginning of the slot with which the share of failures most likely changed from `usual` to `bad`, by a
    cumulative sum (Page, 1954); `None` if it did not, or is over."""
    failed, served = log(bad / usual), log((1 - bad) / (1 - usual))
    score, since = 0.0, 0.0
    for start, count in slots:
        if not count.attempts:
            continue
        if score <= 0.0:
            score, since = 0.0, start
        score += count.failures * failed + (count.attempts - count.failures) * served
    return since if score > 0.0 else None


class Recovery:
    """Whether it has been going well again: Wald's sequential test of "as usual" against "as bad as it was", begun anew
    at every setback. It needs few successes after a total outage and many after a small one."""

    __slots__ = ("_failed", "_served", "_target", "score", "since")

    def __init__(self, usual: float, bad: float, confidence: float) -> None:
        """`bad` is the share of failures of the trouble, `usual` that without it; `confidence` in nats."""
        self._failed = log(usual / bad)
        self._served = log((1 - usual) / (1 - bad))
        self._target = confidence
        self.score = 0.0
        self.since: float | None = None
        """The first success of the course that goes well; `None` while there is none."""

    def add(self, at: float, *, failed: bool) -> None:
        """An attempt ended."""
        if failed:
            self.score += self._failed
            if self.score <= 0.0:
                self.score, self.since = 0.0, None
            return
        if self.since is None:
            self.since = at
        self.score = min(2 * self._target, self.score + self._served)

    def adopt(self, other: "Recovery") -> None:
        """Take over what was learned of a part, from when that went well on."""
        self.score = max(self.score, other.score)
        if other.since is not None:
            self.since = other.since if self.since is None else max(self.since, other.since)

    @property
    def is_convincing(self) -> bool:
        """Whether enough went well."""
        return self.score >= self._target
