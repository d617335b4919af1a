"""What speaks against a suspect, in words for people: the recent past beside the usual."""

from collections.abc import Mapping, Sequence

import msgspec

from mainstay.engine.gray.baseline import Baseline
from mainstay.engine.gray.reading import CRAWLING, SLOW
from mainstay.engine.gray.signals import Signal, usual_share
from mainstay.engine.gray.window import Sample, Window

TENTH = 0.1


class Evidence(msgspec.Struct, frozen=True):
    """`recent` is what was seen, `usual` what it is compared with."""

    recent: str
    usual: str

    def __str__(self) -> str:
        """Both in one line."""
        return f"{self.recent}; usual {self.usual}"


def evidence_of(
    signal: Signal, window: Window, baselines: Sequence[Baseline | None], usual: Mapping[int, float]
) -> Evidence:
    """What the window holds against a candidate."""
    samples = [one for one in window.samples if one.marks & signal.among]
    if signal.is_time:
        return _of_time(signal, samples, baselines)
    bad = sum(bool(one.marks & signal.bad) for one in samples)
    return Evidence(f"{bad} of {len(samples)} answers", f"{usual_share(signal, usual):.0%}")


def _of_time(signal: Signal, samples: list[Sample], baselines: Sequence[Baseline | None]) -> Evidence:
    """Of prompts of the size that most of them have: others are not comparable."""
    places = [one.place for one in samples]
    place = max(set(places), key=places.count)
    alike = [one for one in samples if one.place == place]
    baseline = baselines[place]
    assert baseline is not None  # noqa: S101 - these samples were compared with it
    if signal.bad == SLOW:
        recent = f"p50 {_seconds(_median([one.wait for one in alike]))} over {len(alike)} requests"
        return Evidence(recent, f"{_seconds(baseline.usual_wait)} (p95 {_seconds(baseline.late_above)})")
    assert signal.bad == CRAWLING  # noqa: S101 - the other signal of time
    recent = f"p50 {_median([one.speed for one in alike]):.0f} tokens/s over {len(alike)} requests"
    return Evidence(recent, f"{baseline.usual_speed:.0f} tokens/s")


def _seconds(value: float) -> str:
    """With as many digits as a person compares by."""
    return f"{value:.1f} s" if value >= TENTH else f"{value:.2g} s"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
