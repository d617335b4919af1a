"""`mainstay incident report`, as a person types it; on a real store, without a control plane."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.incident import incident_app

STATE = Path("state")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(incident_app, [*arguments, "--state", str(STATE)])


@pytest.fixture
def _opened() -> None:
    result = run(
        "open", "Logins fail", "--impact", "major", "--component", "upstream:north=major", "--text", "We look."
    )
    assert result.exit_code == 0, result.output
    assert run("note", "1", "action: call them").exit_code == 0


@pytest.mark.usefixtures("_opened")
def test_it_is_printed_as_markdown() -> None:
    result = run("report", "1")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("# INC-1: Logins fail\n")
    assert "| call them |" in result.stdout
    assert "what callers felt is not known" in result.stdout


@pytest.mark.usefixtures("_opened")
@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (("--out", "r.html"), b"<!doctype html>"),
        (("--out", "r.PDF"), b"%PDF-"),
        (("--out", "r.txt"), b"# INC-1"),
        (("--out", "r.txt", "--format", "html"), b"<!doctype html>"),
    ],
)
def test_it_is_written_in_the_format_that_is_meant(arguments: tuple[str, ...], beginning: bytes) -> None:
    result = run("report", "INC-1", *arguments)
    assert result.exit_code == 0, result.output
    assert Path(arguments[1]).read_bytes().startswith(beginning)
    assert "for internal use" in result.stderr


@pytest.mark.usefixtures("_opened")
def test_a_file_that_cannot_be_written_is_told() -> None:
    result = run("report", "1", "--out", "no/such/folder.md")
    assert result.exit_code == 1
    assert result.stderr == "no/such/folder.md: No such file or directory\n"


@pytest.mark.usefixtures("_opened")
def test_an_incident_that_does_not_exist_is_told() -> None:
    result = run("report", "99")
    assert result.exit_code == 1
    assert result.stderr == "there is no incident '99'; `mainstay incident list --all` shows all\n"


def test_without_a_store_that_is_told() -> None:
    result = run("report", "1")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
