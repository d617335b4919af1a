import pytest

from bench.measures.stream_run import StreamRun, pace_remarks
from bench.stopwatch import Use

RUN = StreamRun(events=5_000, use=Use(seconds=2.0, cpu_seconds=0.1, others_share=0.0))


def test_the_cost_of_an_event_is_the_time_of_the_proxy_alone() -> None:
    assert RUN.per_second == 2_500
    assert RUN.cpu_microseconds == pytest.approx(20.0)


@pytest.mark.parametrize(("offered", "remarks"), [(2_500, set()), (2_600, {"only 2,500 of 2,600 events/s came"})])
def test_a_pace_that_was_not_kept_is_remarked_upon(offered: float, remarks: set[str]) -> None:
    assert pace_remarks([RUN, StreamRun(9_000, RUN.use)], offered) == remarks
