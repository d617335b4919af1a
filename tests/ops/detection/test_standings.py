import pytest

from mainstay.ops.detection.hearsay import Hearsay
from mainstay.ops.detection.standings import good_words, standing_of
from mainstay.ops.detection.watch import Watch
from tests.ops.detection.samples import NOW, OPUS, feed, said, sample, series, served_sample


def test_a_component_stands_as_its_numbers_say() -> None:
    watch, hearsay = Watch(OPUS), Hearsay()
    for number in range(200):
        watch.series.add(served_sample(NOW - 7_000 + number * 10, 0.5, 50.0))
    for number in range(10):
        watch.series.add(served_sample(NOW + number, 1.0 + number / 10, 40.0))
    watch.series.add(sample(NOW + 11, "server"))
    watch.series.add(sample(NOW + 11, "throttle", aside=True))
    watch.series.add(sample(NOW + 12, "throttle", aside=True))
    hearsay.hear(said(OPUS))
    standing = standing_of(watch, hearsay, NOW + 30)
    assert (standing.component, standing.state, standing.attempts, standing.failures) == (OPUS.name, "well", 11, 1)
    assert standing.error_ratio == pytest.approx(1 / 11)
    assert standing.faults == (("throttle", 2), ("server", 1))
    assert (standing.first_content_p50_seconds, standing.first_content_p95_seconds) == (1.5, 1.9)
    assert standing.usual_first_content_seconds == pytest.approx(0.5, rel=0.2)
    assert standing.tokens_per_second == 40.0
    assert standing.usual_tokens_per_second == pytest.approx(50, rel=0.2)
    assert (standing.last_sample_at, standing.last_failure_at) == (NOW + 12, NOW + 11)
    assert standing.provider_says == "the page says so"
    assert standing.started_at is None
    assert len(standing.trend) == 60
    assert (standing.trend[-1].start, standing.trend[-1].attempts, standing.trend[-1].failures) == (NOW, 11, 1)


def test_of_what_nobody_asked_nothing_is_known() -> None:
    standing = standing_of(Watch(OPUS), Hearsay(), NOW)
    assert standing.error_ratio is standing.usual_error_ratio is standing.first_content_p50_seconds is None
    assert standing.last_sample_at is standing.last_failure_at is None
    assert standing.provider_says == ""
    assert {point.attempts for point in standing.trend} == {0}


def test_trouble_has_a_beginning() -> None:
    watch = Watch(OPUS)
    watch.condition.restore("ill", NOW, NOW, is_about_errors=True)
    assert standing_of(watch, Hearsay(), NOW + 5).started_at == NOW


def test_what_speaks_for_a_component_is_a_sentence() -> None:
    one = series()
    assert good_words(one, NOW) == ""
    end = feed(one, NOW, "." * 30 + "x")
    assert good_words(one, end) == "1 of 31 attempts failed within 5 min; usual 0.5 %"
