"""The signals: which marks of recent samples make a candidate suspect, and when it is healthy again."""

from collections.abc import Mapping

import msgspec

from mainstay.engine.gray.reading import (
    BROKEN,
    CRAWLING,
    DULL,
    EMPTY,
    ENDED,
    PACED,
    REFUSED,
    SLOW,
    SLUGGISH,
    TIMED,
    TRUNCATED,
)
from mainstay.engine.gray.window import SAMPLES_MIN, Window

MOST = 0.5
"""The p50 is beyond a limit where more than half of the samples are."""
JUMP, RELAPSE = 0.2, 0.1
"""How far above its usual share, in parts of one, a manner is bad, and how far it is still not good again."""
PROBES_MIN = 10
"""Samples that prove that a suspect is healthy again."""


class Signal(msgspec.Struct, frozen=True):
    """One way of failing slowly. `bad` samples, counted among those marked `among`, begin a suspicion; as long as too
    many are `mild`, it stays."""

    name: str
    bad: int
    mild: int
    among: int

    @property
    def is_time(self) -> bool:
        """Whether it is judged by the p50 rather than by a share."""
        return self.among != ENDED


SIGNALS = (
    Signal("slow first content", SLOW, SLUGGISH, TIMED),
    Signal("slow output", CRAWLING, DULL, PACED),
    Signal("answers cut short", TRUNCATED, TRUNCATED, ENDED),
    Signal("empty answers", EMPTY, EMPTY, ENDED),
    Signal("broken tool calls", BROKEN, BROKEN, ENDED),
    Signal("refusals", REFUSED, REFUSED, ENDED),
)


def usual_share(signal: Signal, usual: Mapping[int, float]) -> float:
    """The share of bad samples in the long run."""
    known = sum(count for marks, count in usual.items() if marks & signal.among)
    bad = sum(count for marks, count in usual.items() if marks & signal.bad)
    return bad / known if known else 0.0


def alarming(window: Window, usual: Mapping[int, float], marks: int) -> Signal | None:
    """The signal that the recent samples give, of those that a sample with these marks may have brought about."""
    for signal in SIGNALS:
        if not marks & signal.bad:
            continue
        among = window.count(signal.among)
        limit = MOST if signal.is_time else usual_share(signal, usual) + JUMP
        if among >= SAMPLES_MIN and window.count(signal.bad) > limit * among:
            return signal
    return None


def is_bad_still(signal: Signal, window: Window, usual: Mapping[int, float]) -> bool:
    """Whether recent samples do not show this signal to be over. The last step of the way back is lower than that of
    the way there, so that nothing flaps."""
    among, mild = window.count(signal.among), window.count(signal.mild)
    if signal.is_time:
        return among > 0 and mild >= MOST * among
    return mild > (usual_share(signal, usual) + RELAPSE) * among


def is_healthy(suspected: Signal, window: Window, usual: Mapping[int, float]) -> bool:
    """Whether enough samples show that what was suspected is over, and nothing else is amiss."""
    if window.count(suspected.among) < PROBES_MIN:
        return False
    return not any(is_bad_still(signal, window, usual) for signal in SIGNALS)
