"""SVG as text: whatever is put in, what comes out is well-formed and means what it says."""

import math

import pytest
from hypothesis import given
from hypothesis.strategies import floats, text

from mainstay.ops.drawing.markup import element, escape, fitted, number, width_of, words
from tests.ops.drawing.parsing import parsed


@given(text())
def test_any_text_stays_text(given_text: str) -> None:
    root = parsed(element("a", {"b": given_text}, element("c", {}, escape(given_text))))
    assert [one.tag for one in root.iter()] == ["a", "c"]


def test_signs_of_markup_come_through_and_controls_do_not() -> None:
    root = parsed(element("a", {}, escape("<b> & \"c\" 'd' \x00\x1b[2J\x9b é")))
    assert root.text == "<b> & \"c\" 'd' [2J é"


def test_long_text_is_cut() -> None:
    assert escape("x" * 100, 10) == f"{'x' * 9}…"
    assert escape("x" * 10, 10) == "x" * 10


@given(floats())
def test_any_number_is_written_without_exponent(value: float) -> None:
    written = number(value)
    assert math.isfinite(float(written))
    assert "e" not in written


@pytest.mark.parametrize(
    ("value", "written"), [(1.0, "1"), (1.256, "1.26"), (-0.001, "0"), (math.nan, "0"), (math.inf, "0"), (100.0, "100")]
)
def test_numbers_are_short(value: float, written: str) -> None:
    assert number(value) == written


def test_a_line_of_text_has_its_place_its_side_and_its_class() -> None:
    assert words("a & b", (1, 2.5), anchor="end") == (
        '<text x="1" y="2.5" font-size="12" class="mc-soft" text-anchor="end" fill="#59645f">a &amp; b</text>'
    )
    assert "text-anchor" not in words("a", (0, 0))


def test_text_is_cut_to_its_room_or_left_out() -> None:
    assert fitted("short", 200, 11) == "short"
    cut = fitted("a rather long label", 60, 11)
    assert cut.endswith("…")
    assert width_of(cut, 11) <= 60
    assert not fitted("a rather long label", 12, 11)
