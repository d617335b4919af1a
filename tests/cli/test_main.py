import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mainstay import __version__
from mainstay.cli import main as main_module
from mainstay.cli.main import app, main

COMMANDS = ("up", "gateway", "control", "check", "doctor", "cache", "audit", "lab")
PATIENCE_SECONDS = 30.0


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"mainstay {__version__}\n")


def test_the_help_names_every_command() -> None:
    result = CliRunner().invoke(app, ["--help"], terminal_width=200)
    assert result.exit_code == 0
    assert [name for name in COMMANDS if name not in result.stdout] == []


def test_hidden_options_stay_hidden() -> None:
    for command in COMMANDS:
        text = CliRunner().invoke(app, [command, "--help"], terminal_width=200).stdout
        assert "simulate-only" not in text
        assert "demo-ports" not in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_without_a_command_there_is_help_and_no_success() -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert "Usage" in result.output


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(app, ["upp"]).exit_code == 2


def test_the_entry_point_runs_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[bool] = []
    monkeypatch.setattr(main_module, "app", lambda: ran.append(True))
    main()
    assert ran == [True]


def test_the_module_can_be_run(tmp_path: Path) -> None:
    """As `mainstay up` starts its children."""
    command = [sys.executable, "-m", "mainstay.cli.main", "--version"]
    done = subprocess.run(  # noqa: S603 - our own program
        command, cwd=tmp_path, env=dict(os.environ), capture_output=True, timeout=PATIENCE_SECONDS, check=True
    )
    assert done.stdout == f"mainstay {__version__}\n".encode()
