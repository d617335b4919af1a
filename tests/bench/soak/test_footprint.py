from pathlib import Path

import pytest

from bench.child import BenchError
from bench.soak.footprint import read_census, slope, state_of


def test_the_slope_is_that_of_the_line_through_the_points() -> None:
    assert slope([(0, 1), (1, 3), (2, 5)]) == pytest.approx(2)
    assert slope([(0, 1), (1, 2), (2, 0), (3, 1)]) == pytest.approx(-0.2)
    assert slope([(1, 5)]) == 0


def test_files_and_their_bytes_are_counted_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_text("12345")
    (tmp_path / "c").write_text("1")
    assert state_of(tmp_path) == (2, 6)


def test_a_census_that_is_no_census_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "1.json"
    file.write_text('{"tasks": 1}')
    with pytest.raises(BenchError, match="no census"):
        read_census([file])
