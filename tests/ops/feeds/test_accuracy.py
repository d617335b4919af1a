import pytest

from mainstay.model.evidence import Evidence
from mainstay.model.records import DetectionRecord, FeedRecord
from mainstay.ops.feeds.accuracy import WINDOW_SECONDS, AccuracyFold

HOUR = 3_600.0
NOW = 100 * 86_400.0
OWN = Evidence("own", "upstream:a", 0.0, is_bad=True, words="12 of 14 attempts failed")
HEARSAY = Evidence("page", "upstream:a", 0.0, is_bad=True, words="it says so")


class Bench:
    def __init__(self) -> None:
        self.fold = AccuracyFold()

    def ill(self, start: float, end: float, component: str = "upstream:a", evidence: Evidence = OWN) -> None:
        self.fold.take(DetectionRecord("d", start, component, "ill", "", (evidence,)))
        self.fold.take(DetectionRecord("d", end, component, "well", ""))

    def said(self, start: float, end: float, component: str = "upstream:a", said_at: float | None = None) -> None:
        self.fold.take(FeedRecord("f", start, "a", f"about {component}", "partial_outage", said_at))
        self.fold.take(FeedRecord("f", end, "a", f"about {component}", "operational", None))

    @property
    def found(self) -> tuple[str, int, int, int, float | None]:
        one = self.fold.accuracy("a", NOW)
        return one.grade, one.told, one.missed, one.unfounded, one.lag_seconds


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_without_anything_there_is_no_grade(bench: Bench) -> None:
    assert bench.found == ("-", 0, 0, 0, None)
    assert bench.fold.accuracy("a", NOW).words == "we have seen no trouble of its own that it could have told"


def test_a_page_that_tells_all_and_soon_is_good(bench: Bench) -> None:
    for day in range(10, 14):
        bench.ill(day * 86_400.0, day * 86_400.0 + HOUR)
        bench.said(day * 86_400.0 + 120, day * 86_400.0 + HOUR)
    assert bench.found == ("A", 4, 0, 0, 120.0)
    assert bench.fold.accuracy("a", NOW).words == "told 4 of 4 troubles that we saw, in the median 2 min after us"


def test_a_page_may_lead(bench: Bench) -> None:
    for day in range(20, 23):
        bench.said(day * 86_400.0 - 300, day * 86_400.0 + HOUR)
        bench.ill(day * 86_400.0, day * 86_400.0 + HOUR)
    assert bench.found == ("A", 3, 0, 0, -300.0)


@pytest.mark.parametrize(
    ("told", "lag", "grade"), [(4, 600.0, "B"), (3, 60.0, "B"), (2, 60.0, "C"), (1, 60.0, "D"), (0, 0.0, "F")]
)
def test_late_and_missing_words_cost_grades(bench: Bench, told: int, lag: float, grade: str) -> None:
    for day in range(4):
        start = (20 + day) * 86_400.0
        bench.ill(start, start + HOUR)
        if day < told:
            bench.said(start + lag, start + 2 * HOUR)
    assert bench.found[0] == grade
    assert bench.found[2] == 4 - told


def test_a_page_that_cries_wolf_is_worth_a_grade_less(bench: Bench) -> None:
    for day in range(20, 23):
        bench.ill(day * 86_400.0, day * 86_400.0 + HOUR)
        bench.said(day * 86_400.0, day * 86_400.0 + HOUR)
    for day in range(30, 34):
        bench.said(day * 86_400.0, day * 86_400.0 + HOUR)
    assert bench.found == ("B", 3, 0, 4, 0.0)


def test_many_models_at_once_are_one_trouble(bench: Bench) -> None:
    start = 20 * 86_400.0
    for number in range(5):
        bench.ill(start + number * 60, start + HOUR, f"upstream:a/m{number}")
    bench.said(start + 300, start + HOUR)
    assert bench.found == ("-", 1, 0, 0, 300.0)


def test_the_login_is_not_inference_and_one_model_is_not_another(bench: Bench) -> None:
    start = 20 * 86_400.0
    bench.ill(start, start + HOUR, "upstream:a#login")
    bench.said(start, start + HOUR)
    assert bench.found[1:4] == (0, 1, 1)
    bench.ill(start + 86_400, start + 90_000, "upstream:a/opus")
    bench.said(start + 86_400, start + 90_000, "upstream:a/haiku")
    assert bench.found[1:4] == (0, 2, 2)


def test_what_we_only_heard_from_the_page_proves_nothing_of_it(bench: Bench) -> None:
    bench.said(20 * 86_400.0, 20 * 86_400.0 + HOUR)
    bench.ill(20 * 86_400.0, 20 * 86_400.0 + HOUR, evidence=HEARSAY)
    assert bench.found[1:4] == (0, 0, 1)


def test_what_happens_now_is_not_judged_yet(bench: Bench) -> None:
    bench.fold.take(DetectionRecord("d", NOW - 60, "upstream:a", "ill", "", (OWN,)))
    bench.fold.take(FeedRecord("f", NOW - 60, "b", "about upstream:b", "partial_outage"))
    assert bench.found == ("-", 0, 0, 0, None)
    assert bench.fold.accuracy("b", NOW).unfounded == 0


def test_after_an_hour_silence_is_a_miss(bench: Bench) -> None:
    bench.fold.take(DetectionRecord("d", NOW - HOUR, "upstream:a", "ill", "", (OWN,)))
    assert bench.found[2] == 1


def test_what_is_older_than_90_days_counts_no_more(bench: Bench) -> None:
    bench.ill(NOW - WINDOW_SECONDS - 1, NOW - WINDOW_SECONDS + HOUR)
    assert bench.found[2] == 0
    bench.ill(NOW - WINDOW_SECONDS + 2 * HOUR, NOW - WINDOW_SECONDS + 3 * HOUR)
    assert bench.found[2] == 1


def test_other_records_and_components_of_ours_are_let_pass(bench: Bench) -> None:
    bench.ill(20 * 86_400.0, 20 * 86_400.0 + HOUR, "model:first")
    bench.fold.take(FeedRecord("f", 1.0, "a", "component API", "major_outage"))
    bench.fold.take(FeedRecord("f", 1.0, "a", "feed", "down"))
    assert bench.found == ("-", 0, 0, 0, None)


def test_the_instant_of_the_page_counts_where_it_lies_before_our_reading(bench: Bench) -> None:
    start = 20 * 86_400.0
    bench.ill(start, start + HOUR)
    bench.said(start + 600, start + HOUR, said_at=start + 60)
    assert bench.found[4] == 60.0
