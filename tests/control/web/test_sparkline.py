from xml.etree import ElementTree as ET

from mainstay.control.web.sparkline import HEIGHT, WIDTH, sparkline
from mainstay.ops.detection.values import TrendPoint


def test_each_minute_is_a_bar_and_the_newest_is_at_the_right() -> None:
    drawn = str(sparkline((TrendPoint(0.0, 5, 0), TrendPoint(3_540.0, 10, 4)), 3_599.0))
    bars = ET.fromstring(drawn).findall("{*}rect")  # noqa: S314 - our own text
    assert [bar.attrib["class"] for bar in bars] == ["all", "all", "failed"]
    assert float(bars[0].attrib["x"]) < 1
    assert float(bars[1].attrib["x"]) > WIDTH - 4
    assert float(bars[1].attrib["height"]) == HEIGHT - 2
    assert "15 requests, 4 failed" in drawn


def test_what_lies_beyond_the_hour_is_left_out_and_nothing_is_no_fault() -> None:
    assert "<rect" not in str(sparkline((TrendPoint(0.0, 5, 5), TrendPoint(9_000.0, 5, 5)), 7_300.0))
    assert "<rect" not in str(sparkline((TrendPoint(0.0, 0, 0),), 30.0))
