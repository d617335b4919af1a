from mainstay.model.components import Component
from mainstay.ops.detection.ring import Count
from mainstay.ops.detection.surprise import Recovery
from tests.ops.detection.samples import NOW, feed, sample, series, served_sample


def test_failures_are_a_reason_to_judge_and_successes_are_not() -> None:
    one = series()
    assert not one.add(sample(NOW))
    assert one.add(sample(NOW + 1, "server"))
    assert one.add(sample(NOW + 2, "throttle", aside=True))
    assert one.window(NOW + 2, 60) == Count(2, 1)
    assert (one.last_at, one.last_failure_at, one.last_served_at) == (NOW + 2, NOW + 1, NOW)


def test_every_window_is_counted() -> None:
    one = series()
    feed(one, NOW - 7_000, "x" * 8, step=1_000.0)
    counts = [one.window(NOW, seconds).attempts for seconds in (15, 300, 3_600, 21_600, 259_200)]
    assert counts == [1, 1, 4, 8, 8]


def test_a_run_ends_with_a_success_that_began_after_it() -> None:
    one = series()
    feed(one, NOW, "xxx")
    one.add(sample(NOW + 4, seconds=30.0))
    assert one.run.failures == 3, "what began before the failures tells nothing of them"
    one.add(sample(NOW + 6, seconds=2.0))
    assert one.run.failures == 0
    one.add(sample(NOW + 7, "cut"))
    assert (one.run.failures, one.run.from_at, one.run.kinds) == (1, NOW + 7, {"cut": 1})


def test_only_failures_are_believed_when_successes_would_be_known_by_now() -> None:
    one = series()
    for number in range(200):
        one.add(sample(NOW - 300 + number, seconds=10.0))
    end = feed(one, NOW, "xxx")
    assert not one.has_only_failed(end)
    assert not one.has_only_failed(NOW + 17)
    assert one.has_only_failed(NOW + 19)
    one.fresh_from = NOW + 1
    assert not one.has_only_failed(NOW + 19), "what was before belongs to other trouble"


def test_the_beginning_of_trouble_is_its_first_failure() -> None:
    one = series()
    feed(one, NOW - 100, "." * 100)
    feed(one, NOW, "x." * 10)
    assert one.trouble_since(NOW + 20, 0.5) == NOW


def test_the_beginning_of_trouble_is_found_an_hour_later() -> None:
    one = series()
    feed(one, NOW - 600, "." * 600)
    end = feed(one, NOW, "x........." * 180)
    assert abs(one.trouble_since(end, 0.1) - NOW) <= 60


def test_where_nothing_changed_trouble_begins_now() -> None:
    one = series()
    feed(one, NOW, "...")
    assert one.trouble_since(NOW + 3, 0.5) == NOW + 3


def test_what_comes_very_late_is_history() -> None:
    one = series()
    feed(one, NOW, "....")
    assert not one.add(sample(NOW - 100, "server"))
    assert one.run.failures == 0
    assert one.last_failure_at == 0
    assert one.window(NOW + 3, 300) == Count(5, 1)
    one.add(sample(NOW - 100, "throttle", aside=True))
    assert one.window(NOW + 3, 300) == Count(5, 1)


def test_what_is_met_in_trouble_is_no_measure_for_what_is_usual() -> None:
    calm, troubled = series(), series()
    troubled.is_calm = False
    for one in (calm, troubled):
        feed(one, NOW, "x." * 500)
    assert calm.usual_errors.ratio(NOW + 7_200) > 0.04
    assert troubled.usual_errors.ratio(NOW + 7_200) < 0.006


def test_slow_answers_are_a_reason_to_judge_when_they_are_many() -> None:
    one = series()
    for number in range(300):
        one.add(served_sample(NOW - 7_000 + number * 10, 0.5, 60.0))
    quick = [one.add(served_sample(NOW + number, 0.5, 60.0)) for number in range(10)]
    late = [one.add(served_sample(NOW + 20 + number, 3.0, 60.0)) for number in range(10)]
    slow = [one.add(served_sample(NOW + 40 + number, 0.5, 5.0)) for number in range(10)]
    assert not any(quick)
    assert late[-1]
    assert slow[-1]


def test_paces_are_kept_once_a_second_and_only_of_models() -> None:
    one, whole = series(), series(Component("claude"))
    for number in range(2_000):
        for each in (one, whole):
            each.add(served_sample(NOW + number / 4, 0.5, 60.0))
    assert len(one.starts) == len(one.throughputs) == 400
    assert not whole.starts


def test_a_test_of_recovery_hears_of_news_alone() -> None:
    one = series()
    one.recovery = Recovery(0.005, 0.5, 6.9)
    feed(one, NOW, "xx")
    instants = []
    for each, tells in ((sample(NOW + 3, seconds=60.0), True), (sample(NOW + 4), False), (sample(NOW + 5), True)):
        one.add(each, tells_recovery=tells)
        instants.append(one.recovery.since)
    assert instants == [None, None, NOW + 5]
    score = one.recovery.score
    one.add(sample(NOW + 6, "server"), tells_recovery=False)
    assert one.recovery.score == score


def test_minutes_that_failed_are_counted() -> None:
    one = series()
    feed(one, NOW, "x.........", step=60.0)
    feed(one, NOW + 600, "x.........", step=6.0)
    assert one.failing_minutes(NOW + 660, 1_800, 0.5) == 1
    assert one.failing_minutes(NOW + 660, 1_800, 0.05) == 2
