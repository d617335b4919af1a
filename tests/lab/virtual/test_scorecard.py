import pytest

from mainstay.lab.virtual.fleet import Ending
from mainstay.lab.virtual.scorecard import ClassScore, Counting, Scorecard, Series, SessionScore
from mainstay.lab.virtual.traffic import Arrival


def ending(
    workload: str = "batch", at: float = 1.0, fault: str = "", session: str = "run", came: float = 0.0
) -> Ending:
    return Ending(Arrival(0, came, "/", (), b"", workload, session=session), at, 200, fault, 1, 0)


def counted(*endings: Ending) -> Counting:
    counting = Counting()
    for one in endings:
        counting.ended(one)
    return counting


def card(**fields: object) -> Scorecard:
    series = Series((50.0, 100.0, 90.0, 100.0), (0, 900, 400, 100))
    usual = {
        "name": "x",
        "overload": (5.0, 15.0),
        "classes": {},
        "sessions": {},
        "requests": 0,
        "attempts": 0,
        "faults": {},
    }
    return Scorecard(**{**usual, "series": series, "capacity_per_second": 100.0, **fields})  # type: ignore[arg-type]


def test_each_class_is_counted_for_itself() -> None:
    endings = (ending("critical"), ending("batch", fault="shed"), ending("batch", fault="server"), ending("batch"))
    classes = counted(*endings).classes()
    assert (classes["critical"].served, classes["critical"].served_percent) == (1, 100.0)
    batch = classes["batch"]
    assert (batch.offered, batch.served, batch.shed, batch.failed) == (3, 1, 1, 1)
    assert batch.served_percent == pytest.approx(100 / 3)
    assert counted(*endings).faults() == {"shed": 1, "server": 1}


def test_latencies_are_those_of_the_served() -> None:
    endings = [ending(at=10.0 + number, came=10.0) for number in range(100)]
    score = counted(*endings, ending(at=9_999.0, fault="shed")).classes()["batch"]
    assert (score.p50_seconds, score.p99_seconds) == (50.0, 99.0)


def test_sessions_are_whole_half_or_none() -> None:
    endings = (
        ending(session="whole"),
        ending(session="whole"),
        ending(session="half"),
        ending(session="half", fault="shed"),
        ending(session="none", fault="shed"),
    )
    assert counted(*endings).sessions() == {"batch": SessionScore(1, 1, 1)}


def test_a_session_is_interrupted_where_a_call_after_an_answer_is_not_served() -> None:
    late = [ending(session="late", fault="shed", at=30.0, came=1.0), ending(session="late", at=20.0, came=9.0)]
    cut = [ending(session="cut", at=2.0, came=1.0), ending(session="cut", fault="shed", at=9.0, came=3.0)]
    score = counted(*late, *cut, ending(session="whole"), ending(session="whole")).sessions()["batch"]
    assert (score.whole, score.half, score.none, score.interrupted) == (1, 2, 0, 1)
    assert (score.half_percent, score.interrupted_percent) == pytest.approx((200 / 3, 100 / 3))


def test_a_series_counts_per_five_seconds() -> None:
    counting = counted(*(ending(at=7.0) for _ in range(10)))
    counting.turned(1.0, 3, {"alpha": 5})
    counting.turned(2.0, 1, {"alpha": 5})
    counting.turned(6.0, 0, {"alpha": 15, "beta": 1})
    series = counting.series()
    assert series.served_per_second == (0.0, 2.0)
    assert series.waiting_max == (3, 0)
    assert series.started_per_second == {"alpha": (1.0, 2.0), "beta": (0.0, 0.2)}


def test_figures_are_read_from_it() -> None:
    classes = {"batch": ClassScore(10, 8, 1, 1)}
    score = card(requests=20, attempts=25, classes=classes)
    assert score.amplification == 1.25
    assert score.tries == 2.0
    assert score.not_served == 2
    assert score.goodput_percent == 95.0
    assert score.drained_seconds == 0.0
    assert card(overload=(5.0, 6.0)).drained_seconds == 10.0


def test_a_queue_that_never_drains_says_so() -> None:
    assert card(series=Series((), (101, 101, 101)), overload=(5.0, 5.0)).drained_seconds == 10.0


def test_a_recovery_is_told_by_its_ramp_and_by_the_lowest_rate_after_it() -> None:
    score = card(series=Series((0.0, 20.0, 100.0, 90.0, 80.0, 95.0, 5.0)))
    assert score.ramp_seconds(0.0, 100.0) == 10.0
    assert score.ramp_seconds(0.0, 200.0) == 35.0
    assert score.lowest_after(0.0, 30.0) == 80.0
    assert score.lowest_after(100.0, 100.0) == 0.0
