import pytest

from bench.figure import Bar, Figure, measured
from bench.kept import Result
from bench.machine import Cores, Machine
from bench.paper.page import BEGIN, END, PLOTS, SECTIONS, bars_of, replaced, section
from bench.plan import FULL

MACHINE = Machine("cpu", 2, 8.0, "Linux 6", "CPython 3", Cores(0, 1, 1))
FIGURE = Figure("speed", "us", measured([1.0, 2.0]), remarks=("noted",), bar=Bar("plain", "1 KB", "gateway"))


def result(name: str, source: str = "a") -> Result:
    return Result(name, source, MACHINE, FULL, 60.0, (FIGURE,))


def test_a_section_has_its_table_plots_and_remarks() -> None:
    made = section([result("plain")], ["plain"])
    assert "### What counts" in made
    assert "| speed |  |  | 1.5 us | 1 to 2 | information |" in made
    assert "](performance/plain.svg)" in made
    assert "- speed: noted" in made
    assert "### Soak" not in made


def test_figures_of_several_versions_are_told_apart() -> None:
    assert "same version" not in section([result("plain"), result("start")], [])
    assert "Not all of these figures are from the same version" in section([result("plain"), result("start", "b")], [])


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    assert replaced(f"a\n{BEGIN}\nold\n{END}\nb", "new") == f"a\n{BEGIN}\n\nnew\n\n{END}\nb"
    with pytest.raises(ValueError, match="two lines"):
        replaced("a page without marks", "new")


def test_figures_are_drawn_where_their_bars_say() -> None:
    assert bars_of([result("plain")]) == {"plain": [FIGURE]}
    assert {heading for heading, _ in PLOTS.values()} <= set(SECTIONS)
