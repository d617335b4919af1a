import msgspec
import pytest

from mainstay.model.components import Component
from mainstay.model.settings import DetectionSettings
from mainstay.ops.detection.finding import Finding, Grade
from mainstay.ops.detection.rules_errors import is_served_well, judge_errors
from mainstay.ops.detection.series import Series
from tests.ops.detection.samples import NOW, SETTINGS, feed, probe, sample, series


def judge(one: Series, wall: float, settings: DetectionSettings = SETTINGS) -> Finding:
    found = judge_errors(one, wall, settings)
    assert found is not None
    return found


def test_without_failures_there_is_nothing_to_say() -> None:
    one = series()
    end = feed(one, NOW, "." * 100)
    assert judge_errors(one, end, SETTINGS) is None


def test_usual_errors_are_nothing() -> None:
    one = series()
    end = feed(one, NOW, ("." * 99 + "x") * 20)
    assert judge_errors(one, end, SETTINGS) is None


def test_three_failures_in_a_row_are_suspicious_when_successes_would_be_known() -> None:
    one = series()
    end = feed(one, NOW, "." * 60 + "xxx")
    assert judge_errors(one, end, SETTINGS) is None
    found = judge(one, end + 3)
    assert found.grade is Grade.SUSPICIOUS
    assert found.evidence.words == "all 3 attempts failed within 2 s (server 3); usual 0.5 %"
    assert found.evidence.source == f"x{NOW + 60} x{NOW + 61} x{NOW + 62}"


def test_two_tries_of_one_exchange_are_no_row() -> None:
    one, several = series(), series()
    for number in range(3):
        one.add(sample(NOW, "server"))
        several.add(sample(NOW + number, "server"))
    assert judge_errors(one, NOW + 400, SETTINGS) is None
    assert judge_errors(several, NOW + 400, SETTINGS) is not None


def test_one_exchange_proves_nothing_however_often_it_fails() -> None:
    one = series()
    for number in range(6):
        one.add(msgspec.structs.replace(sample(NOW + 5 * number, "server"), exchange="x"))
    assert judge(one, NOW + 30).grade is Grade.SUSPICIOUS


def test_an_old_row_says_nothing_of_now() -> None:
    one = series()
    end = feed(one, NOW, "xxx")
    assert judge_errors(one, end + 1_700, SETTINGS) is not None
    assert judge_errors(one, end + 1_900, SETTINGS) is None


def test_a_burst_is_suspicious_at_once() -> None:
    one = series()
    feed(one, NOW - 100, "." * 100)
    end = feed(one, NOW, "x.xx.x.xx", step=0.5)
    assert judge(one, end).grade is Grade.SUSPICIOUS


def test_an_outage_is_proven_after_twenty_seconds() -> None:
    one = series()
    feed(one, NOW - 300, "." * 600, step=0.5)
    grades = []
    for second in range(40):
        feed(one, NOW + second, "x..x", step=0.25)
        grades.append(judge_errors(one, NOW + second + 1, SETTINGS))
    at = next(second for second, one in enumerate(grades) if one is not None and one.grade is Grade.CONCLUSIVE)
    assert 15 <= at <= 26
    conclusive = grades[at]
    assert conclusive is not None
    assert conclusive.evidence.is_conclusive
    assert conclusive.evidence.value == pytest.approx(0.5, abs=0.05)
    assert "(server " in conclusive.evidence.words


@pytest.mark.parametrize(("error_percent", "grade"), [(20.0, Grade.CONCLUSIVE), (60.0, Grade.SUSPICIOUS)])
def test_what_an_outage_is_the_operator_says(error_percent: float, grade: Grade) -> None:
    one = series()
    feed(one, NOW - 3_000, "." * 6_000, step=0.5)
    end = feed(one, NOW, "x..x" * 30, step=0.5)
    assert judge(one, end, DetectionSettings(error_percent=error_percent)).grade is grade


def test_an_outage_that_is_over_is_not_proven_any_more() -> None:
    one = series()
    feed(one, NOW - 3_000, "." * 3_000)
    feed(one, NOW, "x." * 15)
    end = feed(one, NOW + 30, "." * 28)
    assert judge(one, end).grade is Grade.SUSPICIOUS


def test_a_row_is_proof_when_it_lasts_although_breakers_let_little_through() -> None:
    one = series()
    feed(one, NOW - 100, "." * 100)
    feed(one, NOW, "xxxxx", step=0.2)
    assert judge(one, NOW + 9).grade is Grade.SUSPICIOUS
    one.add(sample(NOW + 10, "server"))
    assert judge(one, NOW + 12).grade is Grade.SUSPICIOUS
    one.add(sample(NOW + 30, "server"))
    found = judge(one, NOW + 32)
    assert found.grade is Grade.CONCLUSIVE
    assert found.evidence.samples == 7


def test_few_requests_are_no_proof_but_with_probes_they_are() -> None:
    one = series()
    end = feed(one, NOW, "." * 5 + "x" * 5, step=400.0)
    assert judge(one, end).grade is Grade.SUSPICIOUS
    one.add(probe(end + 10, "server"))
    assert judge(one, end + 30).grade is Grade.SUSPICIOUS
    one.add(probe(end + 25, "server"))
    assert judge(one, end + 40).grade is Grade.CONCLUSIVE


def test_ten_of_ten_are_proof_however_slowly_they_come() -> None:
    one = series()
    end = feed(one, NOW, "x" * 9, step=400.0)
    assert judge(one, end).grade is Grade.SUSPICIOUS
    one.add(sample(end + 400, "server"))
    assert judge(one, end + 400).grade is Grade.CONCLUSIVE


def test_a_burning_budget_is_proof() -> None:
    """14.4 times as fast as it may, for an hour and for five minutes."""
    one = series()
    one.is_calm = False
    end = feed(one, NOW, ("." * 18 + "xx") * 180)
    found = judge(one, end)
    assert found.grade is Grade.CONCLUSIVE
    assert "error budget" in found.evidence.words


def test_what_retries_absorb_is_suspicious_of_a_provider_and_proof_for_callers() -> None:
    provider, callers = series(), series(Component(model="smart"))
    for one in (provider, callers):
        one.usual_errors.add(NOW - 100_000, 1_000_000, 500)
        end = feed(one, NOW, ("." * 99 + "x") * 250, step=1.0)
    assert judge(provider, end).grade is Grade.SUSPICIOUS
    assert judge(callers, end).grade is Grade.CONCLUSIVE
    assert judge(callers, end).evidence.words.count("requests failed within 6 h") == 1


def test_a_budget_that_was_burnt_before_is_not_burning() -> None:
    one = series()
    feed(one, NOW, "." * 1_000 + "xx........" * 30)
    end = feed(one, NOW + 1_300, "." * 1_200)
    assert judge_errors(one, end, DetectionSettings(objective_percent=50.0)) is None or (
        judge(one, end).grade is Grade.SUSPICIOUS
    )


def test_what_one_tenant_alone_meets_is_no_proof() -> None:
    one = series()
    for number in range(120):
        one.add(sample(NOW + number / 2, "server", tenant="acme"))
        one.add(sample(NOW + number / 2, tenant="globex", who="two"))
    found = judge(one, NOW + 60)
    assert found.grade is Grade.SUSPICIOUS
    assert not found.evidence.is_conclusive
    assert found.evidence.words.endswith("all of one tenant, while others were served")


def test_answers_that_are_cut_short_are_told_apart() -> None:
    one = series()
    feed(one, NOW - 100, "." * 100)
    end = feed(one, NOW, "x." * 30, kind="cut")
    assert judge(one, end).evidence.measure == "truncation"


def test_probes_are_called_probes() -> None:
    one = series(Component("claude", part="login"))
    for number in range(5):
        one.add(probe(NOW + 60 * number, "server"))
    found = judge(one, NOW + 260)
    assert found.grade is Grade.CONCLUSIVE
    assert found.evidence.measure == "probe"
    assert found.evidence.words.startswith("all 5 probes failed")


def test_what_was_before_the_last_recovery_is_not_held_against_it() -> None:
    one = series()
    end = feed(one, NOW, "x" * 100)
    one.fresh_from = end + 1
    assert judge_errors(one, end + 2, SETTINGS) is None


def test_many_who_are_served_are_proof_of_the_contrary() -> None:
    one = series()
    assert not is_served_well(one, NOW, SETTINGS)
    end = feed(one, NOW, "." * 30)
    assert is_served_well(one, end, SETTINGS)
    end = feed(one, end + 1, "x")
    assert not is_served_well(one, end, SETTINGS)
    end = feed(one, end + 1, "..xx" * 5 + ".")
    assert not is_served_well(one, end, SETTINGS)
