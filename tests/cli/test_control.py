"""The command `control`: how it ends. What it runs with is shown by test_loading.py."""

from pathlib import Path

from typer.testing import CliRunner, Result

from mainstay.cli.main import app
from tests.cli.conftest import GOOD, Ran


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def test_a_control_plane_that_cannot_run_says_why_in_a_line(ran: Ran) -> None:
    Path("mainstay.yaml").write_text(GOOD)
    ran.failure = OSError("address in use")
    result = run("control")
    assert (result.exit_code, result.stderr) == (1, "mainstay: control: address in use\n")
