import pytest

from mainstay.lab.virtual.overload import play, run_overload, summary
from mainstay.lab.virtual.scenarios import Scale, Scenario, all_scenarios, both_recover, twice_the_capacity

TINY = Scale(10.0, 4.0)


def test_everybody_who_asks_is_counted_once() -> None:
    score = play(twice_the_capacity("concurrency", TINY), "one")
    assert score.overload == (60.0, 70.0)
    assert score.capacity_per_second == 2.0
    assert score.requests >= sum(one.offered for one in score.classes.values()) > 100
    assert sum(score.series.served_per_second) * 5.0 == pytest.approx(sum(one.served for one in score.classes.values()))
    assert score.faults.get("shed", 0) == sum(one.shed for one in score.classes.values())


def test_the_same_seed_gives_the_same_scorecard() -> None:
    scenario = both_recover(TINY, processes=2)
    assert play(scenario, "one") == play(scenario, "one")
    assert play(scenario, "one").records_sha256 != play(scenario, "two").records_sha256


def test_a_mistake_in_a_scenario_is_told() -> None:
    one = twice_the_capacity("concurrency", TINY)
    wrong = Scenario(name="x", crowd=one.crowd, begin=0.0, end=1.0, standby_limits={"concurrency": -1})
    with pytest.raises(ValueError, match="concurrency"):
        play(wrong, "one")


def test_a_line_says_what_came_out() -> None:
    line = summary(play(twice_the_capacity("concurrency", TINY), "one"))
    assert line.startswith("twice the capacity, concurrency known, 1 process: served batch ")
    assert "goodput" in line


def test_all_of_them_are_run_and_told() -> None:
    lines: list[str] = []
    scale = Scale(2.0, 2.0)
    scorecards = run_overload(scale, "one", lines.append)
    assert [one.name for one in scorecards] == [one.name for one in all_scenarios(scale)]
    assert len(lines) == len(scorecards)
