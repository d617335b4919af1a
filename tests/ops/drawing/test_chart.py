"""Charts: lines, areas, steps, bars; holes stay holes; any values give a drawing."""

from xml.etree.ElementTree import Element

from hypothesis import given, settings
from hypothesis.strategies import builds, floats, lists, none, one_of, sampled_from, text, tuples

from mainstay.ops.drawing.chart import SERIES_MAX, Band, Chart, Mark, Series, draw_chart
from mainstay.ops.drawing.scale import POINTS_MAX
from tests.ops.drawing.parsing import parsed

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*series: Series, marks: tuple[Mark, ...] = (), bands: tuple[Band, ...] = ()) -> Element:
    return parsed(draw_chart(Chart("Failures", "What is seen", 0, 100, series, " %", bands, marks)))


def found(root: Element, tag: str, css: str) -> list[Element]:
    return [one for one in root.iter(f"{SVG}{tag}") if one.get("class") == css]


def texts(root: Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}text")]


def test_a_line_goes_from_left_to_right_and_from_low_to_high() -> None:
    (line,) = found(drawn(Series("a", ((0, 0), (100, 4)))), "path", "mc-l0")
    assert line.get("d") == "M58 196L708 26"
    assert line.get("fill") == "none"


def test_a_hole_parts_a_line() -> None:
    root = drawn(Series("a", ((0, 1), (10, 2), (20, None), (30, 2), (40, 1))))
    assert len(found(root, "path", "mc-l0")) == 2


def test_a_value_alone_is_a_dot() -> None:
    assert len(found(drawn(Series("a", ((0, None), (10, 2), (20, None)))), "circle", "mc-f0")) == 1


def test_an_area_is_a_line_with_a_ground() -> None:
    root = drawn(Series("a", ((0, 1), (100, 1)), "area"))
    (ground,) = found(root, "path", "mc-f0")
    assert (ground.get("d") or "").endswith("L708 196L58 196Z")
    assert found(root, "path", "mc-l0")


def test_steps_keep_their_height_until_the_next() -> None:
    (line,) = found(drawn(Series("a", ((0, 4), (50, 0), (100, 4)), "steps")), "path", "mc-l0")
    assert line.get("d") == "M58 26H383V196H708V26"


def test_bars_stand_on_the_axis() -> None:
    bars = found(drawn(Series("a", ((0, 4), (50, 2), (75, None)), "bars")), "rect", "mc-f0")
    assert [(one.get("y"), one.get("height")) for one in bars] == [("26", "170"), ("111", "85")]
    assert [one.get("width") for one in bars] == ["161.5", "161.5"]


def test_lines_can_be_told_apart_without_colours() -> None:
    root = drawn(*(Series(str(number), ((0, number), (100, number))) for number in range(SERIES_MAX + 3)))
    dashes = [one.get("stroke-dasharray") for one in root.iter(f"{SVG}path")]
    assert len(dashes) == len(set(dashes)) == SERIES_MAX


def test_axes_series_marks_and_bands_have_words() -> None:
    root = drawn(Series("failed", ((0, 40),)), marks=(Mark(50, "opened"),), bands=(Band(10, 60, "the incident"),))
    assert {"Failures", "0 %", "40 %", "failed", "opened", "the incident"} <= set(texts(root))


def test_no_data_is_said() -> None:
    assert "no data" in texts(drawn())


def test_many_points_are_few_in_the_drawing() -> None:
    svg = draw_chart(Chart("a", "b", 0, 50_000, (Series("a", tuple((float(n), n % 7.0) for n in range(50_000))),)))
    assert svg.count("L") <= POINTS_MAX
    assert len(svg) < 30_000


ANY = one_of(none(), floats())
SERIES = builds(
    Series,
    text(),
    lists(tuples(floats(), ANY), max_size=20).map(tuple),
    sampled_from(["line", "area", "steps", "bars"]),
)


@settings(max_examples=60)
@given(
    builds(
        Chart,
        text(),
        text(),
        floats(),
        floats(),
        lists(SERIES, max_size=3).map(tuple),
        text(),
        lists(builds(Band, floats(), floats(), text()), max_size=3).map(tuple),
        lists(builds(Mark, floats(), text()), max_size=3).map(tuple),
    )
)
def test_anything_gives_a_drawing_and_the_same_each_time(chart: Chart) -> None:
    svg = draw_chart(chart)
    parsed(svg)
    assert svg == draw_chart(chart)
    assert "nan" not in svg.split("</style>")[1].split("<text")[0]
