"""The usual: how soon and how fast a candidate answers prompts of one size."""

from math import inf

from mainstay.engine.gray.histogram import Histogram

SAMPLES_MIN = 50.0
"""Answers that a first baseline needs."""
HEDGE_SAMPLES_MIN = 100.0
"""Answers that a p95 needs before a second attempt may rely on it."""
FADE_SECONDS = 3600.0
"""How often it fades."""
FADE_FACTOR = 0.5 ** (FADE_SECONDS / 86_400.0)
"""Half of it is gone after a day."""
FORGOTTEN_SECONDS = 86_400.0
"""A baseline to which nothing was added for so long is worth nothing any more."""
REFRESH_MIN, REFRESH_MAX = 10.0, 256.0

SLOW, SLUGGISH = 3.0, 1.5
"""How many times the usual wait is bad, and how many times it is still not good again."""
WAIT_SLACK_SECONDS = 0.25
"""A wait that is longer by less than this is not slow, whatever the ratio."""
FAST_ENOUGH = 100.0
"""Tokens per second that are never too slow."""


class Baseline:
    """Mutable. Its limits are kept ready, so that judging a sample costs a few comparisons; they are infinite, or zero,
    while too little is known."""

    __slots__ = (
        "_due",
        "_faded_at",
        "_since",
        "crawling_below",
        "dull_below",
        "fed_at",
        "is_young",
        "late_above",
        "slow_above",
        "sluggish_above",
        "speeds",
        "usual_speed",
        "usual_wait",
        "waits",
    )

    def __init__(self, now: float) -> None:
        """Nothing known."""
        self.waits = Histogram()
        """Seconds until the model works; of plain answers, until they are whole."""
        self.speeds = Histogram()
        """Output tokens per second."""
        self.is_young = True
        """Whether every good sample is of use at once."""
        self.fed_at = self._faded_at = now
        self._since = 0.0
        self._due = SAMPLES_MIN
        self._forget_limits()

    def _forget_limits(self) -> None:
        self.usual_wait = self.usual_speed = 0.0
        self.late_above = self.slow_above = self.sluggish_above = inf
        self.crawling_below = self.dull_below = 0.0

    def feed(self, wait: float, speed: float, now: float) -> None:
        """Learn from an answer: seconds and tokens per second, each zero where it was not to be seen."""
        if now - self._faded_at >= FADE_SECONDS:
            self._fade(now)
        if wait > 0.0:
            self.waits.add(wait)
        if speed > 0.0:
            self.speeds.add(speed)
        self.fed_at = now
        self._since += 1.0
        if self._since >= self._due:
            self._refresh()

    def patience(self) -> float | None:
        """The p95 of the wait in seconds; `None` where too little is known of it."""
        return None if self.is_young else self.late_above

    def _fade(self, now: float) -> None:
        times = (now - self._faded_at) // FADE_SECONDS
        self._faded_at += times * FADE_SECONDS
        self.waits.fade(FADE_FACTOR**times)
        self.speeds.fade(FADE_FACTOR**times)

    def _refresh(self) -> None:
        self._since = 0.0
        self.is_young = self.waits.total < HEDGE_SAMPLES_MIN
        self._due = min(max(REFRESH_MIN, self.waits.total / 8.0), REFRESH_MAX)
        self._forget_limits()
        if self.waits.total >= SAMPLES_MIN:
            usual = self.usual_wait = self.waits.quantile(0.5)
            self.late_above = self.waits.quantile(0.95)
            self.slow_above = max(usual * SLOW, self.late_above)
            self.sluggish_above = max(usual * SLUGGISH, usual + WAIT_SLACK_SECONDS)
        if self.speeds.total >= SAMPLES_MIN:
            usual = self.usual_speed = self.speeds.quantile(0.5)
            self.crawling_below = min(usual / SLOW, FAST_ENOUGH)
            self.dull_below = min(usual / SLUGGISH, FAST_ENOUGH)
