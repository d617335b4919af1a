import pytest

from mainstay.model.components import GATEWAY, Component
from mainstay.ops.detection.finding import Grade, kinds_words, noun_of, percent, seconds_words, span_words


def test_numbers_are_told_as_people_write_them() -> None:
    assert [percent(one) for one in (0.0, 0.00412, 0.012, 0.1234, 1.0)] == ["0 %", "0.41 %", "1.2 %", "12 %", "100 %"]
    assert [span_words(one) for one in (15, 119, 300, 3_600, 21_600)] == ["15 s", "119 s", "5 min", "60 min", "6 h"]
    assert [seconds_words(one) for one in (0.85, 2.44)] == ["850 ms", "2.4 s"]


def test_few_kinds_are_shown() -> None:
    assert kinds_words({}) == ""
    assert kinds_words({"server": 10, "cut": 2}) == " (server 10, cut 2)"
    assert kinds_words({str(number): 1 for number in range(9)}).count(",") == 3


@pytest.mark.parametrize(
    ("component", "noun"),
    [
        (GATEWAY, "requests"),
        (Component(model="smart"), "requests"),
        (Component("claude", "opus"), "attempts"),
        (Component("claude", part="login"), "probes"),
    ],
)
def test_samples_have_a_name(component: Component, noun: str) -> None:
    assert noun_of(component) == noun


def test_grades_are_ordered() -> None:
    assert Grade.FINE < Grade.SUSPICIOUS < Grade.CONCLUSIVE
    assert not Grade.FINE
