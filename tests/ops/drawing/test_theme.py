"""The frame around drawings, and their colours in light and dark."""

import re

from mainstay.ops.drawing.theme import DRAWING_CSS, LINE_COLOURS, SIZE_MAX, Tone, frame
from tests.ops.drawing.parsing import parsed

SVG = "{http://www.w3.org/2000/svg}"


def test_a_drawing_says_what_it_shows() -> None:
    root = parsed(frame((10, 20), "x", ("A title <", "What is to be seen"), "", "file"))
    assert root.get("role") == "img"
    ids = (root.get("aria-labelledby") or "").split()
    said = {one.get("id"): one.text for one in root if one.tag in (f"{SVG}title", f"{SVG}desc")}
    assert [said[one] for one in ids] == ["A title <", "What is to be seen"]


def test_a_file_has_its_style_and_a_part_of_a_page_has_none() -> None:
    assert "<style>" in frame((1, 1), "x", ("", ""), "", "file")
    assert "<style>" not in frame((1, 1), "x", ("", ""), "", "inline")


def test_every_colour_is_there_in_light_and_dark() -> None:
    light, dark = DRAWING_CSS.split("@media", 1)
    names = ["ink", "soft", "line", *(tone.value[0] for tone in Tone), *(f"l{n}" for n in range(len(LINE_COLOURS)))]
    for name in names:
        bright = re.search(rf"--mc-{name}:(#[0-9a-f]{{6}});", light)
        dim = re.search(rf"--mc-{name}:(#[0-9a-f]{{6}});", dark)
        assert bright is not None, name
        assert dim is not None, name
        assert bright[1] != dim[1], name


def test_nothing_in_the_style_needs_the_network_or_runs() -> None:
    assert not re.search(r"url\(|@import|expression", DRAWING_CSS)


def test_a_drawing_has_bounds() -> None:
    root = parsed(frame((1e9, -5), "x", ("", ""), "", "inline"))
    assert (root.get("width"), root.get("height")) == (str(int(SIZE_MAX)), "1")


def test_only_what_may_stretch_does() -> None:
    assert "preserveAspectRatio" in frame((1, 1), "x", ("", ""), "", "inline", may_stretch=True)
    assert "preserveAspectRatio" not in frame((1, 1), "x", ("", ""), "", "inline")
