import pytest

from mainstay.cli.duration import duration, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1_800), ("2h", 7_200), ("7d", 604_800), ("45", 45), (" 1.5 H ", 5_400), ("0s", 0)],
)
def test_a_time_is_read_as_a_person_writes_it(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "2 weeks", "-1h", "1e3s", "nan", "2h30m", "9" * 20, "½h"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert seconds_of(text) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0.4 s"), (59, "59 s"), (90, "1.5 min"), (7_200, "2 h"), (200_000, "2.31 d"), (-3, "0 s")],
)
def test_a_time_is_told_in_one_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text
