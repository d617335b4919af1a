"""What one attempt says: how long, how fast, how it ended."""

import pytest

from mainstay.engine.gray.baseline import Baseline
from mainstay.engine.gray.reading import (
    BROKEN,
    CRAWLING,
    DULL,
    EMPTY,
    ENDED,
    PACED,
    PLACES,
    REFUSED,
    SIZES,
    SLOW,
    SLUGGISH,
    TIMED,
    TRUNCATED,
    marks_of,
    place_of,
    sample_of,
    time_marks,
)
from mainstay.model.fault import FaultKind
from tests.engine.gray.provider import seen


def known() -> Baseline:
    baseline = Baseline(0.0)
    for number in range(100):
        baseline.feed(1.0, 60.0, float(number))
    return baseline


def test_each_size_has_a_place_for_streams_and_one_for_plain_answers() -> None:
    edges = [0, *(bound - 1 for bound in SIZES), *SIZES, 10_000_000]
    places = {place_of(tokens, is_stream=stream) for tokens in edges for stream in (False, True)}
    assert places == set(range(PLACES))
    assert place_of(7_999, is_stream=True) != place_of(8_000, is_stream=True)


def test_a_stream_waits_until_the_model_works_and_writes_from_then_on() -> None:
    sample = sample_of(seen(10.0, wait=2.0, tokens=100, tokens_per_second=25.0))
    assert (sample.wait, sample.speed, sample.at) == (2.0, 25.0, 16.0)


def test_a_plain_answer_waits_and_writes_all_the_time() -> None:
    sample = sample_of(seen(0.0, wait=2.0, tokens=100, tokens_per_second=12.5, stream=False))
    assert (sample.wait, sample.speed) == (10.0, 10.0)


def test_a_wait_that_the_clock_cannot_tell_is_a_wait() -> None:
    assert 0.0 < sample_of(seen(0.0, wait=0.0)).wait < 0.001


def test_few_tokens_have_no_speed() -> None:
    assert sample_of(seen(0.0, tokens=15)).speed == 0.0
    assert sample_of(seen(0.0, tokens=16)).speed == pytest.approx(50.0)


def test_no_speed_is_infinite() -> None:
    assert sample_of(seen(0.0, tokens=100, tokens_per_second=1e9)).speed == 10_000.0


def test_an_attempt_that_failed_has_no_speed() -> None:
    assert sample_of(seen(0.0, fault=FaultKind.CUT)).speed == 0.0


@pytest.mark.parametrize(
    ("how", "marks"),
    [
        ({}, ENDED),
        ({"stop": ""}, ENDED),
        ({"stop": "tool_use"}, ENDED),
        ({"stop": "max_tokens"}, ENDED | TRUNCATED),
        ({"stop": "length"}, ENDED | TRUNCATED),
        ({"stop": "max_output_tokens"}, ENDED | TRUNCATED),
        ({"stop": "length", "allowed": 100}, ENDED),
        ({"stop": "length", "allowed": 111}, ENDED),
        ({"stop": "length", "allowed": 112}, ENDED | TRUNCATED),
        ({"stop": "model_context_window_exceeded"}, ENDED),
        ({"stop": "refusal"}, ENDED | REFUSED),
        ({"stop": "content_filter"}, ENDED | REFUSED),
        ({"tools_broken": True}, ENDED | BROKEN),
        ({"tools_broken": True, "stop": "max_tokens", "allowed": 100}, ENDED),
        ({"fault": FaultKind.CUT}, ENDED | TRUNCATED),
        ({"fault": FaultKind.EMPTY}, ENDED | EMPTY),
        ({"fault": FaultKind.MALFORMED, "code": "broken_tool_call"}, ENDED | BROKEN),
        ({"fault": FaultKind.MALFORMED, "code": "malformed_stream"}, 0),
        ({"fault": FaultKind.SERVER}, 0),
        ({"fault": FaultKind.CALLER_LEFT}, 0),
    ],
)
def test_how_it_ended(how: dict[str, object], marks: int) -> None:
    assert marks_of(seen(0.0, **how)) == marks  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wait", "speed", "marks"),
    [
        (1.0, 60.0, TIMED | PACED),
        (2.0, 60.0, TIMED | PACED | SLUGGISH),
        (4.0, 60.0, TIMED | PACED | SLUGGISH | SLOW),
        (1.0, 30.0, TIMED | PACED | DULL),
        (1.0, 10.0, TIMED | PACED | DULL | CRAWLING),
        (0.0, 60.0, PACED),
        (1.0, 0.0, TIMED),
    ],
)
def test_how_its_time_compares(wait: float, speed: float, marks: int) -> None:
    assert time_marks(wait, speed, known(), is_stream=True) == marks


def test_the_time_of_a_plain_answer_is_not_judged_but_its_speed_is() -> None:
    assert time_marks(100.0, 10.0, known(), is_stream=False) == PACED | DULL | CRAWLING


def test_nothing_compares_with_the_unknown() -> None:
    assert time_marks(100.0, 1.0, Baseline(0.0), is_stream=True) == 0
