"""The signals: enough samples, a jump, and a way back that is lower than the way there."""

import pytest

from mainstay.engine.gray.reading import BROKEN, EMPTY, ENDED, PACED, REFUSED, SLOW, SLUGGISH, TIMED, TRUNCATED
from mainstay.engine.gray.signals import (
    PROBES_MIN,
    SIGNALS,
    Signal,
    alarming,
    is_bad_still,
    is_healthy,
    usual_share,
)
from mainstay.engine.gray.window import SAMPLES_MIN, Sample, Window

FIRST_CONTENT, OUTPUT, SHORT, *_ = SIGNALS
FINE = ENDED | TIMED | PACED
LATE = FINE | SLUGGISH | SLOW
LATISH = FINE | SLUGGISH
NOTHING_KNOWN: dict[int, float] = {}


def window_of(**counts: int) -> Window:
    marks = {"fine": FINE, "late": LATE, "latish": LATISH, "cut": ENDED | TRUNCATED}
    window = Window()
    for name, count in counts.items():
        for _ in range(count):
            window.add(Sample(0.0, 1, 1.0, 1.0, marks[name]))
    return window


def found(window: Window, usual: dict[int, float] | None = None, marks: int = LATE) -> Signal | None:
    return alarming(window, usual or NOTHING_KNOWN, marks)


def test_more_than_half_must_be_slow() -> None:
    assert found(window_of(fine=20, late=20)) is None
    assert found(window_of(fine=20, late=21)) is FIRST_CONTENT


def test_fewer_than_enough_prove_nothing() -> None:
    assert found(window_of(late=SAMPLES_MIN - 1)) is None
    assert found(window_of(late=SAMPLES_MIN)) is FIRST_CONTENT


def test_a_sample_is_asked_only_about_its_own_marks() -> None:
    assert found(window_of(late=30), marks=ENDED | EMPTY) is None


def test_a_share_must_jump_by_twenty_points() -> None:
    usual = {ENDED: 90.0, ENDED | TRUNCATED: 10.0}
    assert usual_share(SHORT, usual) == 0.1
    assert found(window_of(fine=70, cut=30), usual, marks=TRUNCATED) is None
    assert found(window_of(fine=69, cut=31), usual, marks=TRUNCATED) is SHORT


def test_a_share_is_back_when_it_is_within_ten_points() -> None:
    usual = {ENDED: 100.0}
    assert is_bad_still(SHORT, window_of(fine=89, cut=11), usual)
    assert not is_bad_still(SHORT, window_of(fine=90, cut=10), usual)


def test_the_way_back_is_lower_than_the_way_there() -> None:
    window = window_of(latish=30)
    assert found(window, marks=LATISH) is None
    assert is_bad_still(FIRST_CONTENT, window, NOTHING_KNOWN)


def test_healthy_needs_probes() -> None:
    assert not is_healthy(FIRST_CONTENT, window_of(fine=PROBES_MIN - 1), NOTHING_KNOWN)
    assert is_healthy(FIRST_CONTENT, window_of(fine=PROBES_MIN), NOTHING_KNOWN)


def test_who_is_ill_in_another_way_is_not_healthy() -> None:
    assert not is_healthy(FIRST_CONTENT, window_of(fine=20, cut=20), NOTHING_KNOWN)


def test_without_samples_nothing_is_bad() -> None:
    assert not any(is_bad_still(signal, Window(), NOTHING_KNOWN) for signal in SIGNALS)


@pytest.mark.parametrize("mark", [TRUNCATED, EMPTY, BROKEN, REFUSED])
def test_every_manner_has_its_signal(mark: int) -> None:
    window = Window()
    for _ in range(SAMPLES_MIN):
        window.add(Sample(0.0, 1, 0.0, 0.0, ENDED | mark))
    signal = found(window, marks=ENDED | mark)
    assert signal is not None
    assert (signal.bad, signal.is_time) == (mark, False)
    assert OUTPUT.is_time
