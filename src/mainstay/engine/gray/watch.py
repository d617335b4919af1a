"""The watch over gray failures: who answers, but slowly or badly, is avoided where another one can serve.

It is told of every attempt that ended, and compares the last minute with what is usual for the same candidate and
prompts of the same size. Suspicion never bars anybody: the plan only puts suspects behind others that are ready, and
one session in ten stays with them, so that their recovery is seen.
"""

from collections.abc import Sequence

import msgspec

from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.gray.line import Line
from mainstay.engine.gray.reading import GIVEN_UP, MARKS_OF_FAULTS, place_of, sample_of
from mainstay.engine.gray.window import Sample
from mainstay.engine.key import Key
from mainstay.engine.observation import Observation
from mainstay.model.fault import FaultKind

NOTHING: tuple[CapacityChange, ...] = ()
KEYS_MAX = 1_000
PROBE_COHORTS = 13
"""Cohorts (of 128) that stay with a suspect: one session in ten."""
TELLING = frozenset({*GIVEN_UP, *MARKS_OF_FAULTS, FaultKind.MALFORMED})
"""Faults that say something here. All others are the breaker's or nobody's."""


class SuspectStanding(msgspec.Struct, frozen=True):
    """A suspect, for readiness pages and metrics. `what` is in a few words, `recent` and `usual` are the evidence."""

    key: Key
    what: str
    recent: str
    usual: str
    since_seconds: float
    until_seconds: float


class Watch:
    """Mutable; one per process."""

    __slots__ = ("_lines", "_suspects")

    def __init__(self) -> None:
        """Nobody seen yet."""
        self._lines: dict[Key, Line] = {}
        self._suspects: dict[Key, Line] = {}

    def is_suspect(self, key: Key, cohort: int, now: float) -> bool:
        """Whether this candidate should be avoided where another one can serve."""
        if not self._suspects:
            return False
        line = self._suspects.get(key)
        return line is not None and cohort >= PROBE_COHORTS and line.is_suspect(now)

    def saw(self, key: Key, seen: Observation) -> Sequence[CapacityChange]:
        """An attempt has ended; what that changed and is worth a record."""
        fault = seen.fault
        if not seen.is_answer or (fault is not None and fault.kind not in TELLING):
            return NOTHING
        line = self._lines.get(key) or self._new(key, seen.ended_at)
        if not line.needs(seen.ended_at):
            return NOTHING
        sample = sample_of(seen)
        if fault is not None and not _tells_of_waiting(seen, line, sample):
            if not sample.marks:
                return NOTHING
            sample.wait = 0.0
        return self._changed(key, line) if line.take(sample, is_stream=seen.is_stream) else NOTHING

    def patience(self, key: Key, input_tokens: int, *, is_stream: bool) -> float | None:
        """The p95 in seconds of the time until this candidate works on such a prompt (until a plain answer is whole);
        `None` where too little is known."""
        line = self._lines.get(key)
        baseline = None if line is None else line.known_baseline(place_of(input_tokens, is_stream=is_stream))
        return None if baseline is None else baseline.patience()

    def reason(self, upstream: str, model: str, now: float) -> str:
        """What a candidate is suspected of, in a few words; empty where it is not."""
        if not self._suspects:
            return ""
        rows = [one for one in self.standing(now) if (one.key.upstream, one.key.model) == (upstream, model)]
        return f"suspect: {rows[0].what}" if rows else ""

    def standing(self, now: float) -> tuple[SuspectStanding, ...]:
        """All suspects."""
        return tuple(
            SuspectStanding(
                key,
                found.signal.name,
                found.evidence.recent,
                found.evidence.usual,
                round(now - found.since, 1),
                round(found.until - now, 1),
            )
            for key, line in self._suspects.items()
            if line.is_suspect(now) and (found := line.suspicion) is not None
        )

    def _new(self, key: Key, now: float) -> Line:
        if len(self._lines) >= KEYS_MAX:
            oldest = next(iter(self._lines))
            del self._lines[oldest]
            self._suspects.pop(oldest, None)
        line = self._lines[key] = Line(now)
        return line

    def _changed(self, key: Key, line: Line) -> tuple[CapacityChange, ...]:
        suspicion = line.suspicion
        if suspicion is None:
            del self._suspects[key]
            return (CapacityChange("suspect", "over", line.parting_words),)
        self._suspects[key] = line
        return (CapacityChange("suspect", f"begun: {suspicion.signal.name}", str(suspicion.evidence)),)


def _tells_of_waiting(seen: Observation, line: Line, sample: Sample) -> bool:
    """Whether an attempt that failed shows how long the model takes to begin: it had begun, or it was given up so late
    that it is known to take longer."""
    if seen.working_at is not None:
        return True
    fault = seen.fault
    if fault is None or fault.kind not in GIVEN_UP:
        return False
    baseline = line.known_baseline(sample.place)
    return baseline is not None and sample.wait > baseline.late_above
