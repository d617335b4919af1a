"""Numbers in words."""

import pytest

from mainstay.ops.report.words import counted, dollars, length, moment, share


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (3_599, "1 h"),
        (14_268, "3 h 58 min"),
        (172_799, "48 h"),
        (187_200, "2 d 4 h"),
        (-90, "90 s"),
    ],
)
def test_lengths(seconds: float, words: str) -> None:
    assert length(seconds) == words


@pytest.mark.parametrize(
    ("nanodollars", "words"),
    [
        (0, "$0.00"),
        (2_700_000_000, "$2.70"),
        (1_234_567_891_000, "$1,234.57"),
        (4_000_000, "$0.0040"),
        (-5e9, "-$5.00"),
    ],
)
def test_money(nanodollars: float, words: str) -> None:
    assert dollars(nanodollars) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 10, "0.0 %"),
        (10, 10, "100.0 %"),
        (1, 3, "33.3 %"),
        (1, 10_000, "0.010 %"),
        (99_999, 100_000, "99.999 %"),
        (1, 0, "none"),
    ],
)
def test_shares_are_never_rounded_to_none_or_all(part: int, whole: int, words: str) -> None:
    assert share(part, whole) == words


def test_counts_and_instants() -> None:
    assert [counted(1, "alert"), counted(2_000, "alert")] == ["1 alert", "2,000 alerts"]
    assert [moment(None), moment(0.0)] == ["not known", "1970-01-01 00:00:00 UTC"]
