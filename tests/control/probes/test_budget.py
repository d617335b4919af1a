import pytest

from mainstay.control.probes.budget import NANODOLLARS_PER_DOLLAR, ProbeBudget
from mainstay.model.records import ProbeRecord
from mainstay.model.settings import ProbeSettings

NOON = 20_000 * 86_400.0 + 43_200.0
CENT = NANODOLLARS_PER_DOLLAR // 100
SETTINGS = ProbeSettings(per_hour=3, usd_per_day=0.05)


@pytest.fixture
def budget() -> ProbeBudget:
    return ProbeBudget()


def test_so_many_probes_an_hour_are_made(budget: ProbeBudget) -> None:
    for number in range(3):
        assert budget.objection(SETTINGS, 0, NOON + number) == ""
        budget.spend(0, NOON + number)
    assert budget.objection(SETTINGS, 0, NOON + 10) == "3 probes were made within an hour (detection.probes.per_hour)"
    assert budget.objection(SETTINGS, 0, NOON + 3_600) == ""


def test_so_many_dollars_a_day_are_spent(budget: ProbeBudget) -> None:
    for number in range(5):
        assert budget.objection(SETTINGS, CENT, NOON + number * 3_600) == ""
        budget.spend(CENT, NOON + number * 3_600)
    words = "0.05 dollars a day are used up (detection.probes.usd_per_day)"
    assert budget.objection(SETTINGS, CENT, NOON + 6 * 3_600) == words
    assert budget.objection(SETTINGS, 0, NOON + 6 * 3_600) == ""
    assert budget.objection(SETTINGS, CENT, NOON + 43_200) == ""


def test_a_probe_that_would_go_beyond_the_day_is_not_made(budget: ProbeBudget) -> None:
    budget.spend(3 * CENT, NOON)
    assert budget.objection(SETTINGS, 2 * CENT, NOON) == ""
    assert budget.objection(SETTINGS, 2 * CENT + 1, NOON) != ""


def test_what_was_spent_before_our_start_counts(budget: ProbeBudget) -> None:
    for at in (NOON - 60, NOON - 7_200, NOON - 86_400):
        budget.remember(ProbeRecord("p", at, "upstream:a", "served", cost_nanodollars=CENT), NOON)
    spent = budget.spent(NOON)
    assert (spent.probes, spent.usd) == (1, 0.02)


def test_a_clock_that_is_set_back_does_not_close_the_door_for_ever(budget: ProbeBudget) -> None:
    for _ in range(3):
        budget.spend(0, NOON)
    assert budget.objection(SETTINGS, 0, NOON - 86_400 * 30) == ""
