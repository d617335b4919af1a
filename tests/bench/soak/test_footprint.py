from pathlib import Path

import pytest

from bench.child import BenchError
from bench.soak.footprint import Footprint, blur, read_census, slope, state_of
from mainstay.ledger.store.sqlite import FILE as STORE


def test_the_slope_is_that_of_the_line_through_the_points() -> None:
    assert slope([(0, 1), (1, 3), (2, 5)]) == pytest.approx(2)
    assert slope([(0, 1), (1, 2), (2, 0), (3, 1)]) == pytest.approx(-0.2)
    assert slope([(1, 5)]) == 0


def test_the_shorter_a_soak_the_less_it_can_tell() -> None:
    def at(exchanges: int) -> Footprint:
        return Footprint(exchanges, 0, 0, 0, 0, 0, 0, 0, 0, 0, {}, 0, 0, 0, 0)

    assert blur([at(100_000), at(150_000), at(300_000)], 2) == 1
    assert blur([at(10_000), at(30_000)], 2) == 10


def test_drafts_and_other_files_are_counted_below_a_folder_without_the_store(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_text("12345")
    (tmp_path / "c").write_text("1")
    (tmp_path / "a" / "x.draft").write_text("1")
    (tmp_path / STORE).write_text("1")
    (tmp_path / f"{STORE}-wal").write_text("1")
    assert state_of(tmp_path) == (1, 2, 6)


def test_a_census_that_is_no_census_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "1.json"
    file.write_text('{"tasks": 1}')
    with pytest.raises(BenchError, match="no census"):
        read_census([file])
