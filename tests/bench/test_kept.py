from pathlib import Path

import msgspec

from bench.figure import Figure, measured
from bench.kept import KeptResults, Result, source_digest
from bench.machine import Cores, Machine
from bench.plan import QUICK

MACHINE = Machine("cpu", 2, 8.0, "Linux 6", "CPython 3", Cores(0, 1, 1))
RESULT = Result("plain", "abc", MACHINE, QUICK, 9.0, (Figure("speed", "of nginx", measured([0.1, 0.3])),))


def test_what_is_kept_can_be_read_back_until_it_is_dropped(tmp_path: Path) -> None:
    kept = KeptResults(tmp_path / "new")
    kept.keep(RESULT)
    assert kept.result("plain") == RESULT
    kept.drop("plain")
    assert kept.result("plain") is None


def test_a_newer_result_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    kept = KeptResults(tmp_path)
    kept.keep(RESULT)
    kept.keep(msgspec.structs.replace(RESULT, seconds=1.0))
    assert kept.result("plain") == msgspec.structs.replace(RESULT, seconds=1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["plain.json"]


def test_a_broken_file_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "plain.json").write_text('{"name": "plain"')
    assert KeptResults(tmp_path).result("plain") is None


def test_a_changed_source_has_another_digest(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    file = tmp_path / "bench" / "a.py"
    file.write_text("1")
    before = source_digest(tmp_path)
    assert source_digest(tmp_path) == before
    file.write_text("2")
    assert source_digest(tmp_path) != before
