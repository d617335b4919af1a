"""Evidence: the recent past beside the usual, in words for people."""

from mainstay.engine.gray.baseline import Baseline
from mainstay.engine.gray.evidence import evidence_of
from mainstay.engine.gray.reading import CRAWLING, DULL, ENDED, PACED, SLOW, SLUGGISH, TIMED, TRUNCATED
from mainstay.engine.gray.signals import SIGNALS
from mainstay.engine.gray.window import Sample, Window

FIRST_CONTENT, OUTPUT, SHORT, *_ = SIGNALS
BAD = ENDED | TIMED | PACED | SLOW | SLUGGISH | CRAWLING | DULL


def baselines() -> list[Baseline | None]:
    baseline = Baseline(0.0)
    for number in range(200):
        baseline.feed(0.9, 60.0, float(number))
    return [None, baseline]


def window_of(*samples: tuple[int, float, float, int]) -> Window:
    window = Window()
    for place, wait, speed, marks in samples:
        window.add(Sample(0.0, place, wait, speed, marks))
    return window


def test_slow_first_content() -> None:
    window = window_of(*[(1, wait, 10.0, BAD) for wait in (4.0, 4.2, 9.0)])
    said = str(evidence_of(FIRST_CONTENT, window, baselines(), {}))
    assert said == "p50 4.2 s over 3 requests; usual 0.9 s (p95 1.0 s)"


def test_slow_output() -> None:
    window = window_of(*[(1, 4.0, speed, BAD) for speed in (8.0, 11.0, 12.0)])
    assert str(evidence_of(OUTPUT, window, baselines(), {})) == "p50 11 tokens/s over 3 requests; usual 60 tokens/s"


def test_shares() -> None:
    window = window_of(*[(1, 1.0, 1.0, ENDED | TRUNCATED)] * 8, *[(1, 1.0, 1.0, ENDED)] * 17)
    said = str(evidence_of(SHORT, window, baselines(), {ENDED: 98.0, ENDED | TRUNCATED: 2.0}))
    assert said == "8 of 25 answers; usual 2%"


def test_only_prompts_of_the_most_frequent_size_are_compared() -> None:
    window = window_of((0, 60.0, 1.0, BAD), *[(1, 4.0, 1.0, BAD)] * 2)
    assert evidence_of(FIRST_CONTENT, window, baselines(), {}).recent == "p50 4.0 s over 2 requests"
