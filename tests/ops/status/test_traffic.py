"""A day of traffic, from what was added up."""

import pytest

from mainstay.model.incident import ComponentStatus
from mainstay.ops.status.sources import TrafficDay
from mainstay.ops.status.traffic import DAY_SECONDS, TalliedSpan, status_of_share, traffic_day, worse
from mainstay.ops.tallies.tally import OTHERS, AttemptTally, ExchangeTally, SpanTallies
from tests.ops.status.samples import OUT, PART, SLOW, TODAY, WELL

END = TODAY + DAY_SECONDS


def hour(number: int, tallies: SpanTallies) -> TalliedSpan:
    return TalliedSpan(TODAY + number * 3_600, 3_600, tallies)


def asked(answered: int, failed: int = 0, shed: int = 0) -> SpanTallies:
    return SpanTallies(exchanges={"sonnet chat": ExchangeTally(answered + failed, answered, failed, shed=shed)})


def day(*spans: TalliedSpan, name: str = "model:sonnet", now: float = END) -> TrafficDay | None:
    return traffic_day(TODAY, spans, now).get(name)


@pytest.mark.parametrize(
    ("share", "status"), [(0, WELL), (0.019, WELL), (0.02, SLOW), (0.1, PART), (0.5, OUT), (1, OUT)]
)
def test_a_share_of_failures_has_its_word(share: float, status: ComponentStatus) -> None:
    assert status_of_share(share) == status


def test_of_two_the_worse_counts() -> None:
    assert worse(SLOW, OUT) == worse(OUT, SLOW) == OUT


def test_an_hour_of_failures_is_lost_by_their_share() -> None:
    assert day(hour(0, asked(100)), hour(1, asked(75, 25))) == TrafficDay(TODAY, 200, 25, 900.0, 7_200, PART)


def test_background_noise_loses_no_time() -> None:
    assert day(hour(0, asked(990, 10))) == TrafficDay(TODAY, 1_000, 10, 0.0, 3_600, WELL)


def test_too_few_requests_say_nothing() -> None:
    assert day(hour(0, asked(0, 9))) == TrafficDay(TODAY)


def test_callers_own_mistakes_and_those_who_left_do_not_count() -> None:
    tally = ExchangeTally(1_000, answered=20, failed=0, refused=700, left=280)
    assert day(hour(0, SpanTallies(exchanges={"sonnet chat": tally}))) == TrafficDay(TODAY, 20, 0, 0.0, 3_600, WELL)


def test_all_workloads_of_a_model_are_one() -> None:
    both = SpanTallies(exchanges={"sonnet chat": ExchangeTally(10, 10), "sonnet batch": ExchangeTally(10, 0, 10)})
    assert day(hour(0, both)) == TrafficDay(TODAY, 20, 10, 1_800.0, 3_600, OUT)


def test_the_gateway_failed_whom_it_turned_away() -> None:
    assert day(hour(0, asked(80, 20, shed=10)), name="gateway") == TrafficDay(TODAY, 100, 10, 360.0, 3_600, PART)


def test_a_provider_is_all_its_models_and_answers_for_its_own_faults_alone() -> None:
    tallies = SpanTallies(
        attempts={"north/a": AttemptTally(60, 40, 10, 5), "north/b/c": AttemptTally(45), OTHERS: AttemptTally(900)}
    )
    assert traffic_day(TODAY, [hour(0, tallies)], END) == {
        "upstream:north": TrafficDay(TODAY, 100, 10, 360.0, 3_600, PART)
    }


def test_what_is_added_up_of_others_belongs_to_no_model() -> None:
    found = traffic_day(TODAY, [hour(0, SpanTallies(exchanges={OTHERS: ExchangeTally(50, 50)}))], END)
    assert list(found) == ["gateway"]


def test_of_the_present_hour_only_what_has_passed_counts() -> None:
    assert day(hour(1, asked(0, 100)), now=TODAY + 3_600 + 600) == TrafficDay(TODAY, 100, 100, 600.0, 600.0, OUT)


def test_other_days_are_not_taken() -> None:
    other = TalliedSpan(TODAY - 3_600, 3_600, asked(100))
    assert traffic_day(TODAY, [other, TalliedSpan(END, 3_600, asked(100))], END) == {}
