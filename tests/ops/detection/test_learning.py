import pytest

from mainstay.model.components import GATEWAY, Component
from mainstay.ops.detection.learning import learn_span
from mainstay.ops.detection.watches import Watches
from mainstay.ops.tallies.tally import AttemptTally, ExchangeTally, SpanTallies, bucket_of
from tests.ops.detection.samples import NOW, OPUS, WHOLE, watches

HOUR = 3_600.0
START = NOW - NOW % HOUR - 3 * HOUR


def learned(attempts: AttemptTally, key: str = "claude/opus") -> Watches:
    known = watches()
    learn_span(known, START, HOUR, SpanTallies(attempts={key: attempts, "(others)": attempts}))
    return known


def tally(blamed: int = 1) -> AttemptTally:
    return AttemptTally(
        attempts=1_200,
        served=1_000 - blamed,
        blamed=blamed,
        no_sample=200,
        first_content={bucket_of(0.8): 900},
        output_tokens=50_000,
        generation_seconds=1_000.0,
    )


def test_what_was_usual_is_known_after_a_restart() -> None:
    known = learned(tally())
    opus, whole = known.find(OPUS), known.find(WHOLE)
    assert opus is not None
    assert whole is not None
    assert opus.series.usual_errors.ratio(NOW) == whole.series.usual_errors.ratio(NOW) == pytest.approx(0.0017, rel=0.1)
    usual = opus.series.usual_start.usual(NOW)
    assert usual is not None
    assert usual.median == pytest.approx(0.8, rel=0.25)
    rate = opus.series.usual_throughput.usual(NOW)
    assert rate is not None
    assert rate.median == pytest.approx(50.0, rel=0.2)
    assert opus.series.hours.count(NOW, 6 * HOUR) == whole.series.hours.count(NOW, 6 * HOUR) == (1_000, 1)


def test_an_hour_of_trouble_is_counted_but_not_usual() -> None:
    opus = learned(tally(blamed=200)).find(OPUS)
    assert opus is not None
    assert opus.series.hours.count(NOW, 6 * HOUR) == (1_000, 200)
    assert opus.series.usual_errors.ratio(NOW) == pytest.approx(0.005)
    assert opus.series.usual_start.usual(NOW) is None


def test_what_nobody_configured_is_let_pass() -> None:
    known = learned(tally(), key="nobody/opus")
    assert len(list(known)) == len(list(watches()))


def test_exchanges_teach_what_callers_usually_meet() -> None:
    known = watches()
    exchanges = ExchangeTally(exchanges=1_100, answered=998, failed=2, refused=100)
    learn_span(known, START, HOUR, SpanTallies(exchanges={"smart chat": exchanges, "(others)": exchanges}))
    smart, gateway = known.find(Component(model="smart")), known.find(GATEWAY)
    assert smart is not None
    assert gateway is not None
    assert smart.series.hours.count(NOW, 6 * HOUR) == (1_000, 2)
    assert gateway.series.hours.count(NOW, 6 * HOUR) == (1_000, 0)


def test_an_empty_span_teaches_nothing() -> None:
    opus = learned(AttemptTally()).find(OPUS)
    assert opus is not None
    assert opus.series.usual_start.usual(NOW) is None
