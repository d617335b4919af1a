from bench.figure import Figure, Verdict
from bench.measures.overload import outage_figures, recovery_figures, twice_figures
from mainstay.lab.virtual.scenarios import SHORT, both_recover
from mainstay.lab.virtual.scorecard import ClassScore, Scorecard, Series, SessionScore

GOOD = ClassScore(offered=10, served=10)


def card(**fields: object) -> Scorecard:
    usual: dict[str, object] = {
        "name": "x",
        "overload": (0.0, 10.0),
        "classes": {"critical": GOOD},
        "sessions": {"interactive": SessionScore(whole=90, half=6, none=4, interrupted=3)},
        "requests": 100,
        "attempts": 105,
        "faults": {},
        "series": Series((96.0, 96.0), (0, 0, 500, 0)),
        "capacity_per_second": 100.0,
    }
    return Scorecard(**{**usual, **fields})  # type: ignore[arg-type]


def verdicts(figures: list[Figure]) -> list[Verdict]:
    return [one.verdict for one in figures]


def test_an_outage_is_judged_by_failures_and_amplification() -> None:
    assert verdicts(outage_figures(card())) == [Verdict.AIM, Verdict.MUST]
    failed = card(attempts=111, classes={"critical": ClassScore(offered=10, served=9, failed=1)})
    assert verdicts(outage_figures(failed)) == [Verdict.MISSED, Verdict.MISSED]


def test_twice_the_capacity_is_judged_by_critical_work_goodput_drain_and_sessions() -> None:
    assert verdicts(twice_figures(card())) == [Verdict.AIM] * 4
    bad = card(
        classes={"critical": ClassScore(offered=1000, served=999, shed=1)},
        series=Series((94.0, 94.0), (0, 0) + (500,) * 9),
        sessions={"interactive": SessionScore(whole=90, half=6, none=4, interrupted=6)},
    )
    assert verdicts(twice_figures(bad)) == [Verdict.MISSED] * 4


def test_a_recovery_is_judged_by_the_lowest_rate_after_it() -> None:
    scenario = both_recover(SHORT)
    begun = int(scenario.end / 5)
    steady = (0.0,) * begun + (10.0, 30.0) + (SHORT.per_second,) * 40
    lowest, ramp = recovery_figures(card(series=Series(steady)), scenario)
    assert (lowest.verdict, ramp.value.median) == (Verdict.AIM, 10.0)
    dip = (*steady[: begun + 10], 0.8 * SHORT.per_second, *steady[begun + 11 :])
    assert recovery_figures(card(series=Series(dip)), scenario)[0].verdict is Verdict.MISSED
