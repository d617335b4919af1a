from mainstay.ops.detection.breakers import Breakers
from mainstay.ops.detection.finding import Grade
from tests.ops.detection.samples import NOW

NAME = "upstream:claude/opus"


def test_an_open_breaker_is_suspicious_until_it_closes() -> None:
    breakers = Breakers()
    assert breakers.judge(NAME, NOW) is None
    breakers.note("one", NOW, "5 failures in a row", is_closed=False)
    breakers.note("two", NOW + 5, "", is_closed=False)
    found = breakers.judge(NAME, NOW + 10)
    assert found is not None
    assert (found.grade, found.is_about_errors, found.began_at) == (Grade.SUSPICIOUS, True, NOW)
    assert found.evidence.words == "the gateways' breaker is open: 5 failures in a row"
    breakers.note("one", NOW + 20, "", is_closed=True)
    assert breakers.judge(NAME, NOW + 21) is not None
    breakers.note("two", NOW + 20, "", is_closed=True)
    assert breakers.judge(NAME, NOW + 21) is None


def test_one_that_nobody_speaks_of_any_more_is_forgotten() -> None:
    breakers = Breakers()
    breakers.note("one", NOW, "", is_closed=False)
    breakers.note("one", NOW + 600, "", is_closed=False)
    found = breakers.judge(NAME, NOW + 1_400)
    assert found is not None
    assert found.began_at == NOW
    assert breakers.judge(NAME, NOW + 1_501) is None


def test_they_are_bounded() -> None:
    breakers = Breakers()
    for number in range(500):
        breakers.note(f"key {number}", NOW, "", is_closed=False)
    assert len(breakers._open) == 50
