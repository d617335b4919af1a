from mainstay.lab.virtual.scenarios import (
    FULL,
    OUTAGES,
    PRIMARY,
    SHORT,
    STANDBY,
    Scale,
    all_scenarios,
    both_recover,
    total_outage,
    twice_the_capacity,
)


def test_the_figures_are_those_of_the_issue() -> None:
    scenario = twice_the_capacity("concurrency", FULL)
    assert scenario.end - scenario.begin == 600.0
    assert scenario.standby is not None
    assert [phase.per_second for phase in scenario.crowd.phases] == [50.0, 200.0, 50.0]
    assert scenario.standby.per_second == 100.0
    assert scenario.standby_limits == {"concurrency": 200}


def test_what_is_known_differs_and_the_capacity_does_not() -> None:
    scenarios = [twice_the_capacity(known, FULL) for known in ("concurrency", "rate", "nothing", "headers", "refusals")]
    assert {one.standby.per_second for one in scenarios if one.standby} == {100.0}
    assert [one.standby_limits for one in scenarios[1:]] == [{"requests_per_minute": 6_000}, {}, {}, {}]
    assert [one.tells_rates for one in scenarios] == [False, False, False, True, False]


def test_an_outage_of_the_primary_leaves_the_standby_alone() -> None:
    for shape in OUTAGES:
        scenario = total_outage(shape, FULL)
        assert {outage.upstream for outage in scenario.outages} == {PRIMARY}
        assert scenario.outages[0].end > scenario.crowd.seconds


def test_both_come_back_at_the_same_instant() -> None:
    scenario = both_recover(FULL)
    assert {(one.upstream, one.end) for one in scenario.outages} == {(PRIMARY, 90.0), (STANDBY, 90.0)}
    assert scenario.primary is not None
    assert scenario.primary.per_second > FULL.per_second


def test_each_has_a_name_of_its_own() -> None:
    names = [one.name for one in all_scenarios(Scale(1.0, 1.0))]
    assert len(set(names)) == len(names)


def test_what_a_recovery_could_serve_is_both_together() -> None:
    assert both_recover(SHORT).capacity_per_second == 2.5 * SHORT.per_second
    assert total_outage("refused", SHORT).capacity_per_second == 0.0
