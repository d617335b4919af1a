from pathlib import Path

import pytest

from bench.__main__ import read_arguments
from bench.catalogue import HEADLINES, USUAL


def test_everything_usual_is_measured_unless_something_is_named() -> None:
    assert read_arguments([]).only == USUAL
    assert read_arguments(["--only", "soak", "--only", "plain"]).only == ("soak", "plain")
    assert read_arguments(["--headlines"]).only == HEADLINES


def test_to_go_on_needs_a_folder_to_go_on_from(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_arguments(["--resume"])
    assert ended.value.code == 2
    assert "--kept FOLDER" in capsys.readouterr().err


def test_a_folder_is_the_same_wherever_programs_run(tmp_path: Path) -> None:
    assert read_arguments(["--kept", str(tmp_path / "a")]).kept == tmp_path / "a"
    kept = read_arguments(["--kept", "a"]).kept
    assert kept is not None
    assert kept.is_absolute()
