import re
from xml.etree import ElementTree as ET

import pytest

from mainstay.control.web.live_map import CallerNode, LiveMap, UpstreamNode
from mainstay.control.web.map_drawing import NARROW, WIDE, Layout, draw_map, rate_words

NASTY = '<script>"&'
SHOWN = LiveMap(
    (CallerNode("chat", 90.0, 0.0, "healthy"), CallerNode(NASTY, 0.0, 0.0, "idle")),
    (UpstreamNode("alpha", 60.0, "failing", "open", "ill"), UpstreamNode("beta", 30.0, "healthy", "", "", "drain (O)")),
    "healthy",
    90.0,
)


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_the_map_is_sound_and_obeys_the_content_policy(layout: Layout) -> None:
    drawn = str(draw_map(SHOWN, layout, "wide"))
    root = ET.fromstring(drawn)  # noqa: S314 - our own text
    assert "style=" not in drawn
    assert NASTY not in drawn
    assert len(root.findall(".//{*}path")) == 4
    for box in root.findall(".//{*}rect"):
        assert float(box.attrib["x"]) >= 0
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= layout.width


def test_lines_tell_how_much_how_well_and_whether_an_order_bars_them() -> None:
    paths = re.findall(r'class="flow ([a-z ]+)" stroke-width="([0-9.]+)"', str(draw_map(SHOWN, WIDE, "wide")))
    classes = [name for name, _ in paths]
    widths = [float(width) for _, width in paths]
    assert classes == ["healthy", "idle", "failing", "healthy barred"]
    assert widths[0] > widths[2] > widths[3] > widths[1]


def test_upstreams_lead_to_their_pages() -> None:
    assert 'href="/upstreams/alpha"' in str(draw_map(SHOWN, WIDE, "wide"))


def test_an_empty_map_is_a_map() -> None:
    ET.fromstring(str(draw_map(LiveMap((), (), "idle", 0.0), WIDE, "wide")))  # noqa: S314 - our own text


@pytest.mark.parametrize(("rate", "words"), [(0.0, "0/min"), (0.25, "0.2/min"), (3.0, "3/min"), (99.6, "100/min")])
def test_rates_are_brief(rate: float, words: str) -> None:
    assert rate_words(rate) == words
