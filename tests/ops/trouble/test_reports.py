import pytest

from mainstay.model.records import TroubleRecord
from mainstay.model.settings import DetectionSettings
from mainstay.ops.trouble.reports import EVERYTHING, REPEAT_SECONDS, Reports
from mainstay.ops.trouble.usual import WEEK_SECONDS

NOW = 1_000 * WEEK_SECONDS + 1_800
MODEL = "model:chat"


def report(person: str, at: float = NOW, component: str = MODEL, *, counted: bool = True) -> TroubleRecord:
    return TroubleRecord("id", at, person, "page", component, counted=counted)


@pytest.fixture
def reports() -> Reports:
    return Reports(DetectionSettings(reports_min=5, report_window_seconds=900.0))


def crowd(reports: Reports, count: int, at: float = NOW) -> None:
    for number in range(count):
        reports.take(report(f"p{number}", at + number * 0.001))


def test_few_reports_are_no_evidence(reports: Reports) -> None:
    crowd(reports, 4)
    assert reports.turn(NOW + 1) == ()
    (level,) = reports.levels(NOW + 1)
    assert (level.component, level.reports, level.unusual_from, level.is_bad) == (MODEL, 4, 5, False)


def test_unusually_many_are(reports: Reports) -> None:
    crowd(reports, 5)
    (evidence,) = reports.turn(NOW + 1)
    assert (evidence.kind, evidence.component, evidence.is_bad, evidence.value) == ("people", MODEL, True, 5.0)
    assert evidence.words == "5 people report trouble within 15 min; usual at this hour: 0.0"


def test_a_person_counts_once_in_a_window(reports: Reports) -> None:
    assert reports.take(report("p", NOW))
    assert not reports.take(report("p", NOW + 899))
    assert reports.take(report("p", NOW + 901))
    assert reports.take(report("p", NOW, "model:other"))


def test_ten_thousand_reports_of_one_person_are_one(reports: Reports) -> None:
    for number in range(10_000):
        reports.take(report("p", NOW + number * 0.01))
    assert reports.levels(NOW + 100)[0].reports == 1
    assert reports.turn(NOW + 100) == ()


def test_what_was_only_counted_counts_for_nothing(reports: Reports) -> None:
    for number in range(20):
        assert not reports.take(report(f"p{number}", counted=False))
    assert reports.levels(NOW) == ()


def test_evidence_is_given_again_while_it_lasts_and_its_end_once(reports: Reports) -> None:
    crowd(reports, 6)
    assert len(reports.turn(NOW + 1)) == 1
    assert reports.turn(NOW + 2) == ()
    assert [one.is_bad for one in reports.turn(NOW + 1 + REPEAT_SECONDS)] == [True]
    (end,) = reports.turn(NOW + 1_000)
    assert (end.component, end.is_bad) == (MODEL, False)
    assert reports.turn(NOW + 1_001) == ()


def test_what_is_usual_at_this_hour_is_no_evidence(reports: Reports) -> None:
    for week in range(8, 0, -1):
        crowd(reports, 40, NOW - week * WEEK_SECONDS)
    crowd(reports, 10)
    assert reports.turn(NOW + 1) == ()
    assert reports.levels(NOW + 1)[0].expected == pytest.approx(5.0, rel=0.2)


def test_a_report_that_names_nothing_is_about_everything(reports: Reports) -> None:
    for number in range(5):
        reports.take(report(f"p{number}", component="" if number % 2 else "nonsense"))
    assert [one.component for one in reports.turn(NOW + 1)] == [EVERYTHING]


def test_reports_of_tomorrow_do_not_count_today(reports: Reports) -> None:
    crowd(reports, 9, NOW + 86_400)
    assert reports.levels(NOW) == ()


def test_another_window_counts_at_once(reports: Reports) -> None:
    crowd(reports, 5)
    reports.settings = DetectionSettings(reports_min=6, report_window_seconds=900.0)
    assert reports.turn(NOW + 1) == ()


def test_the_number_of_components_is_bounded(reports: Reports) -> None:
    for number in range(2_000):
        reports.take(report("p", NOW, f"model:m{number}"))
    assert len(reports._usual) == 500
