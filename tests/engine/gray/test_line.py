"""One candidate under watch: what joins the baseline, and when."""

from mainstay.engine.gray.line import SUSPECT_SECONDS_MIN, Line
from mainstay.engine.gray.reading import ENDED, REFUSED
from mainstay.engine.gray.window import Sample

PLACE = 1


class Watched:
    """A line and the time."""

    def __init__(self) -> None:
        self.line = Line(0.0)
        self.now = 0.0

    def takes(self, count: int, wait: float = 1.0, marks: int = ENDED) -> int:
        """Take so many samples, one per second; how many of them changed whether it is suspect."""
        changes = 0
        for _ in range(count):
            self.now += 1.0
            changes += self.line.take(Sample(self.now, PLACE, wait, 50.0, marks), is_stream=True)
        return changes

    @property
    def known(self) -> float:
        baseline = self.line.known_baseline(PLACE)
        return 0.0 if baseline is None else baseline.waits.total


def test_the_first_samples_are_the_baseline() -> None:
    watched = Watched()
    watched.takes(50, wait=30.0)
    assert watched.known == 50.0


def test_later_ones_join_it_when_they_are_recent_no_more() -> None:
    watched = Watched()
    watched.takes(110)
    watched.takes(60)
    assert watched.known == 110.0
    watched.takes(40)
    assert watched.known == 150.0


def test_of_a_young_baseline_only_bad_samples_have_to_wait() -> None:
    watched = Watched()
    watched.takes(60)
    assert watched.known == 60.0
    watched.takes(10, wait=5.0)
    watched.takes(10)
    assert watched.known == 70.0
    watched.takes(200)
    assert watched.known == 280.0 - 60.0


def test_a_failure_that_begins_does_not_make_itself_usual() -> None:
    watched = Watched()
    watched.takes(200)
    before = watched.known
    assert watched.takes(31, wait=5.0) == 1
    assert watched.known <= before + 31
    baseline = watched.line.known_baseline(PLACE)
    assert baseline is not None
    assert baseline.waits.quantile(0.99) < 1.2


def test_good_samples_of_a_suspect_join_the_baseline_and_bad_ones_do_not() -> None:
    watched = Watched()
    watched.takes(200)
    watched.takes(31, wait=5.0)
    before = watched.known
    for _ in range(40):
        watched.takes(1)
        watched.takes(2, wait=5.0)
    assert watched.line.is_suspect(watched.now)
    gained = watched.known - before
    assert 15 <= gained <= 21


def test_a_suspicion_has_its_instants() -> None:
    watched = Watched()
    watched.takes(200)
    assert not watched.line.is_suspect(watched.now)
    watched.takes(31, wait=5.0)
    found = watched.line.suspicion
    assert found is not None
    assert (found.since, found.until) == (watched.now, watched.now + SUSPECT_SECONDS_MIN)


def test_after_days_without_traffic_nothing_is_known() -> None:
    watched = Watched()
    watched.takes(200)
    watched.now += 3 * 86_400.0
    watched.takes(2, wait=5.0)
    assert watched.known == 1.0
    assert watched.takes(40, wait=5.0) == 0


def test_manners_fade_over_days() -> None:
    """What was usual a week ago does not excuse what has not been so since."""
    watched = Watched()
    watched.takes(100, marks=ENDED | REFUSED)
    for _ in range(7):
        watched.now += 86_400.0
        watched.takes(30)
    assert watched.takes(60, marks=ENDED | REFUSED) == 1
