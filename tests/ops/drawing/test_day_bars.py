"""A bar for each day, and small lines."""

from xml.etree.ElementTree import Element

from hypothesis import given
from hypothesis.strategies import builds, floats, lists, none, one_of, sampled_from, text

from mainstay.ops.drawing.day_bars import DAYS_MAX, DayBar, draw_day_bars, draw_spark
from mainstay.ops.drawing.theme import Tone
from tests.ops.drawing.parsing import parsed

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*days: DayBar) -> Element:
    return parsed(draw_day_bars(days, ("title", "desc"), "x"))


def height(tone: Tone) -> float:
    """How much of a day's bar is filled."""
    group = drawn(DayBar(tone, "label")).find(f"{SVG}g")
    assert group is not None
    return float([one.get("height") or "0" for one in group.iter(f"{SVG}rect")][-1])


def test_trouble_is_told_by_height_too() -> None:
    heights = [height(tone) for tone in (Tone.NOTE, Tone.PART, Tone.BAD)]
    assert heights == sorted(set(heights))


def test_a_day_without_data_is_no_good_day() -> None:
    assert height(Tone.NONE) < height(Tone.GOOD)
    paths = drawn(DayBar(Tone.NONE), DayBar(Tone.GOOD)).findall(f"{SVG}path")
    assert [one.get("d") for one in paths] == ["M0 34v-8h6v8z", "M8 34v-34h6v34z"]


def test_a_day_says_its_label() -> None:
    assert [one.text for one in drawn(DayBar(Tone.BAD, "<out>")).iter(f"{SVG}title")][1:] == ["<out>"]


def test_ninety_good_days_are_small() -> None:
    assert len(draw_day_bars([DayBar(Tone.GOOD)] * 90, ("a", "b"), "x")) < 3_000


@given(lists(builds(DayBar, sampled_from(Tone), text(max_size=5)), max_size=30))
def test_any_days_give_a_drawing(days: list[DayBar]) -> None:
    drawn(*days)


def test_there_are_not_more_bars_than_a_year_and_a_bit() -> None:
    root = drawn(*[DayBar(Tone.GOOD)] * (DAYS_MAX + 50))
    assert root.get("width") == str(DAYS_MAX * 8 - 2)


def test_a_spark_goes_up_with_its_values() -> None:
    line = parsed(draw_spark([0, 5, 10], ("a", "b"), "x")).find(f"{SVG}polyline")
    assert line is not None
    assert line.get("points") == "1,27 60,14 119,1"


@given(lists(one_of(none(), floats()), max_size=300))
def test_any_values_give_a_spark(values: list[float | None]) -> None:
    parsed(draw_spark(values, ("a", "b"), "x"))
