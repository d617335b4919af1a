"""One candidate under watch: what is usual for it, its recent past, and whether it is suspect.

A sample joins the baseline when it leaves the window, and not before, so that a failure that begins does not make
itself usual; only while the baseline is young, what is not bad joins it at once. While a candidate is suspect, its bad
samples never do.
"""

import msgspec

from mainstay.engine.gray.baseline import FADE_FACTOR, FADE_SECONDS, FORGOTTEN_SECONDS, SAMPLES_MIN, Baseline
from mainstay.engine.gray.evidence import Evidence, evidence_of
from mainstay.engine.gray.reading import BAD, LEARNED, MANNERS, NOT_GOOD, PLACES, time_marks
from mainstay.engine.gray.signals import Signal, alarming, is_bad_still, is_healthy
from mainstay.engine.gray.window import Sample, Window

SUSPECT_SECONDS_MIN, SUSPECT_SECONDS_MAX = 30.0, 600.0
PROBES_TELLING = 3
"""Samples since a suspicion began that may prolong it."""
REMEMBERED_SECONDS = 600.0
"""A suspicion that begins again so soon after it ran out without proof goes on doubling."""


class Suspicion(msgspec.Struct, frozen=True):
    """A candidate is to be avoided until an instant, and why."""

    signal: Signal
    evidence: Evidence
    since: float
    until: float
    seconds: float


class Line:
    """Mutable."""

    __slots__ = (
        "_again_seconds",
        "_again_until",
        "_baselines",
        "_faded_at",
        "_known",
        "_usual",
        "_window",
        "parting_words",
        "suspicion",
    )

    def __init__(self, now: float) -> None:
        """Nothing known."""
        self.suspicion: Suspicion | None = None
        self.parting_words = ""
        """Why the last suspicion ended."""
        self._window = Window()
        self._baselines: list[Baseline | None] = [None] * PLACES
        self._usual: dict[int, float] = {}
        """Samples of the long run by their marks."""
        self._known = 0.0
        self._faded_at = now
        self._again_seconds = SUSPECT_SECONDS_MIN
        self._again_until = now

    def baseline(self, place: int, now: float) -> Baseline:
        """What is usual for prompts of this class."""
        found = self._baselines[place]
        if found is None or now - found.fed_at > FORGOTTEN_SECONDS:
            found = self._baselines[place] = Baseline(now)
        return found

    def known_baseline(self, place: int) -> Baseline | None:
        """The same, where there is one."""
        return self._baselines[place]

    def needs(self, now: float) -> bool:
        """Whether one more sample would tell anything new."""
        return self._window.takes(now)

    def take(self, sample: Sample, *, is_stream: bool) -> bool:
        """Learn from a sample, whose marks lack those of time. True where whether it is suspect changed."""
        now = sample.at
        if self._known < SAMPLES_MIN:
            self._learn(sample)
            return False
        window = self._window
        baseline = self.baseline(sample.place, now)
        marks = sample.marks = sample.marks | time_marks(sample.wait, sample.speed, baseline, is_stream=is_stream)
        if baseline.is_young and self.suspicion is None and not marks & BAD:
            self._learn(sample)
            sample.marks |= LEARNED
        window.add(sample)
        for gone in window.leavers(now):
            if not gone.marks & LEARNED and (self.suspicion is None or not gone.marks & NOT_GOOD):
                self._learn(gone)
        if self.suspicion is not None:
            return self._reconsider(now)
        return bool(marks & BAD) and self._suspect(marks, now)

    def is_suspect(self, now: float) -> bool:
        """Whether it is to be avoided. A suspicion that has run out is prolonged where its probes say so."""
        suspicion = self.suspicion
        if suspicion is None:
            return False
        return now < suspicion.until or self._prolong(suspicion, now)

    def _learn(self, sample: Sample) -> None:
        at = sample.at
        if at - self._faded_at >= FADE_SECONDS:
            self._fade(at)
        self.baseline(sample.place, at).feed(sample.wait, sample.speed, at)
        manners = sample.marks & MANNERS
        if manners:
            self._usual[manners] = self._usual.get(manners, 0.0) + 1.0
            self._known += 1.0

    def _fade(self, now: float) -> None:
        if now - self._faded_at >= FORGOTTEN_SECONDS:
            self._usual.clear()
        factor = FADE_FACTOR ** ((now - self._faded_at) // FADE_SECONDS)
        self._usual = {marks: count * factor for marks, count in self._usual.items()}
        self._known = sum(self._usual.values())
        self._faded_at = now

    def _suspect(self, marks: int, now: float) -> bool:
        signal = alarming(self._window, self._usual, marks)
        if signal is None:
            return False
        seconds = SUSPECT_SECONDS_MIN
        if now < self._again_until:
            seconds = min(self._again_seconds * 2.0, SUSPECT_SECONDS_MAX)
        evidence = evidence_of(signal, self._window, self._baselines, self._usual)
        self.suspicion = Suspicion(signal, evidence, now, now + seconds, seconds)
        # What was seen so far has been judged; from here on probes tell.
        self._window.clear()
        return True

    def _reconsider(self, now: float) -> bool:
        """Whether the suspicion is over."""
        suspicion = self.suspicion
        assert suspicion is not None  # noqa: S101 - asked of suspects only
        if is_healthy(suspicion.signal, self._window, self._usual):
            evidence = evidence_of(suspicion.signal, self._window, self._baselines, self._usual)
            self.suspicion, self.parting_words = None, str(evidence)
            self._again_until = now
            return True
        if self.is_suspect(now):
            return False
        self.suspicion, self.parting_words = None, "too few answers to prove it any more"
        self._again_seconds, self._again_until = suspicion.seconds, now + REMEMBERED_SECONDS
        return True

    def _prolong(self, suspicion: Suspicion, now: float) -> bool:
        """Whether the probes since then say that it is bad still; then for twice as long."""
        window, signal = self._window, suspicion.signal
        if window.count(signal.among) < PROBES_TELLING or not is_bad_still(signal, window, self._usual):
            return False
        seconds = min(suspicion.seconds * 2.0, SUSPECT_SECONDS_MAX)
        evidence = evidence_of(signal, window, self._baselines, self._usual)
        self.suspicion = Suspicion(signal, evidence, suspicion.since, now + seconds, seconds)
        return True
