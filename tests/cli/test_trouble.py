"""`mainstay trouble`, as a person types it."""

from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner, Result

from mainstay.cli import trouble as trouble_module
from mainstay.cli.trouble import component_name, trouble
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.records import TroubleRecord


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(trouble)
    return CliRunner().invoke(app, [*arguments, "--state", "state"])


def reports(state: Path) -> list[TroubleRecord]:
    with RecordReader(control_journal_path(state, 0)) as reader:
        return [msgspec.json.decode(row.body, type=TroubleRecord) for row in reader.since(0) if row.kind == "trouble"]


def test_a_report_is_written_down_without_a_control_plane(state: Path) -> None:
    result = run("--component", "chat", "answers", "hang")
    assert (result.exit_code, "reported" in result.stderr) == (0, True)
    (record,) = reports(state)
    assert (record.via, record.component, record.text, record.counted) == (
        "command-line",
        "model:chat",
        "answers hang",
        True,
    )


def test_the_same_person_is_the_same_the_next_time(state: Path) -> None:
    run("first")
    run("second")
    first, second = reports(state)
    assert first.person == second.person
    assert first.component == ""


@pytest.mark.parametrize(
    ("given", "name"),
    [("", ""), ("chat", "model:chat"), ("model:chat", "model:chat"), ("upstream:a#login", "upstream:a#login")],
)
def test_a_model_may_be_named_as_callers_do(given: str, name: str) -> None:
    assert component_name(given) == name


def test_a_folder_that_is_not_there_is_told() -> None:
    app = typer.Typer()
    app.command()(trouble)
    result = CliRunner().invoke(app, ["--state", "nowhere"])
    assert (result.exit_code, "no such state folder" in result.stderr) == (1, True)


def test_a_component_that_cannot_be_is_refused() -> None:
    result = run("--component", "x" * 400)
    assert (result.exit_code, "no component has this name" in result.stderr) == (1, True)


def test_what_cannot_be_written_down_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble_module, "write_records", lambda _state, _records: "the disk is full")
    result = run("help")
    assert (result.exit_code, "could not be written down: the disk is full" in result.stderr) == (1, True)
