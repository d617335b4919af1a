"""Lanes over time."""

from hypothesis import given, settings
from hypothesis.strategies import builds, floats, lists, sampled_from, text

from mainstay.ops.drawing.chart import Mark
from mainstay.ops.drawing.theme import Tone
from mainstay.ops.drawing.timeline import LANES_MAX, Lane, Stretch, Timeline, draw_timeline
from tests.ops.drawing.parsing import parsed

SVG = "{http://www.w3.org/2000/svg}"


def test_a_state_is_drawn_from_its_beginning_to_its_end_with_its_word() -> None:
    lane = Lane("north", (Stretch(25, 75, Tone.BAD, "major outage"),))
    root = parsed(draw_timeline(Timeline("States", "d", 0, 100, (lane,), (Mark(50, "opened"),))))
    box = next(one for one in root.iter(f"{SVG}rect") if one.get("class") == "mc-bad")
    assert (box.get("x"), box.get("width")) == ("327", "254")
    assert [one.text for one in box.iter(f"{SVG}title")] == ["north: major outage"]
    assert {"States", "north", "major outage", "opened"} <= {one.text for one in root.iter(f"{SVG}text")}


def test_a_short_state_is_still_to_be_seen_and_keeps_its_word_for_hovering() -> None:
    lane = Lane("north", (Stretch(50, 50.001, Tone.NOTE, "suspected"),))
    root = parsed(draw_timeline(Timeline("States", "d", 0, 100, (lane,))))
    box = next(one for one in root.iter(f"{SVG}rect") if one.get("class") == "mc-note")
    assert box.get("width") == "2"
    assert "suspected" not in {one.text for one in root.iter(f"{SVG}text")}
    assert "north: suspected" in {one.text for one in root.iter(f"{SVG}title")}


def test_there_are_not_more_lanes_than_can_be_read() -> None:
    lanes = tuple(Lane(f"lane-{number}", ()) for number in range(LANES_MAX + 9))
    assert draw_timeline(Timeline("t", "d", 0, 1, lanes)).count("lane-") == LANES_MAX


@settings(max_examples=50)
@given(
    builds(
        Timeline,
        text(),
        text(),
        floats(),
        floats(),
        lists(
            builds(
                Lane,
                text(),
                lists(builds(Stretch, floats(), floats(), sampled_from(Tone), text()), max_size=4).map(tuple),
            ),
            max_size=4,
        ).map(tuple),
        lists(builds(Mark, floats(), text()), max_size=4).map(tuple),
    )
)
def test_anything_gives_a_drawing(timeline: Timeline) -> None:
    parsed(draw_timeline(timeline))
