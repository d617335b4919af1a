from mainstay.model.components import GATEWAY
from mainstay.ops.detection.series import Series
from mainstay.ops.detection.silence import judge_silence
from tests.ops.detection.samples import NOW, sample, series

HOUR = 3_600.0


def two_days(per_hour: int, *, also_yesterday: bool = True) -> Series:
    one = series(GATEWAY)
    for hour in range(-30 if also_yesterday else -3, 0):
        for number in range(per_hour):
            one.add(sample(NOW + hour * HOUR + number * HOUR / per_hour))
    return one


def test_silence_where_there_is_always_traffic_is_told() -> None:
    one = two_days(600)
    assert judge_silence(one, one.last_at + 60) is None
    found = judge_silence(one, one.last_at + 720)
    assert found is not None
    assert found.evidence.measure == "silence"
    assert found.evidence.words.startswith("no request has come for 12 min; usual at this hour: 10 a minute")
    assert found.began_at == one.last_at


def test_a_quiet_hour_is_no_silence() -> None:
    one = two_days(6)
    assert judge_silence(one, one.last_at + 3_000) is None


def test_without_yesterday_nobody_knows() -> None:
    one = two_days(600, also_yesterday=False)
    assert judge_silence(one, one.last_at + 720) is None
    assert judge_silence(series(GATEWAY), NOW) is None


def test_after_a_day_it_is_no_news() -> None:
    one = two_days(600)
    assert judge_silence(one, one.last_at + 90_000) is None
