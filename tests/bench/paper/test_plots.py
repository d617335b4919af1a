from pathlib import Path

import pytest

from bench.figure import Bar, Figure, measured

pytest.importorskip("matplotlib", reason="only `make bench-docs` installs what draws plots")

from bench.paper.plots import draw

FIGURES = [
    Figure("nginx", "us", measured([12.0, 13.0]), bar=Bar("plain", "1 KB", "nginx")),
    Figure("LiteLLM", "us", measured([9_000.0]), bar=Bar("plain", "20 KB", "LiteLLM")),
]


def test_a_plot_has_names_and_values_and_names_no_other_place(tmp_path: Path) -> None:
    draw(FIGURES, "CPU time per request", tmp_path / "a.svg")
    written = (tmp_path / "a.svg").read_text()
    assert all(text in written for text in ("nginx", "LiteLLM", "9,000", "20 KB", "CPU time per request (us)"))
    assert str(tmp_path) not in written


def test_the_same_figures_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(FIGURES, "t", tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_figures_of_one_group_stand_together_however_they_were_measured(tmp_path: Path) -> None:
    bars = [("1 KB", "LiteLLM"), ("20 KB", "LiteLLM"), ("1 KB", "Portkey"), ("20 KB", "Portkey")]
    figures = [Figure(label, "us", measured([9.0]), bar=Bar("peers", group, label)) for group, label in bars]
    draw(figures, "t", tmp_path / "a.svg")
    draw([figures[0], figures[2], figures[1], figures[3]], "t", tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
