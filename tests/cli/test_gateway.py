"""The command `gateway`: how it ends. What it runs with is shown by test_loading.py."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.main import app
from mainstay.ledger.errors import StateInUseError
from tests.cli.conftest import GOOD, Ran


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


@pytest.mark.parametrize("failure", [StateInUseError("another gateway uses it"), OSError("address in use")])
def test_a_gateway_that_cannot_run_says_why_in_a_line(ran: Ran, failure: Exception) -> None:
    Path("mainstay.yaml").write_text(GOOD)
    ran.failure = failure
    result = run("gateway")
    assert result.exit_code == 1
    assert result.stderr == f"mainstay: gateway: {failure}\n"


def test_a_defect_is_not_dressed_up(ran: Ran) -> None:
    Path("mainstay.yaml").write_text(GOOD)
    ran.failure = ZeroDivisionError("a defect")
    assert isinstance(run("gateway").exception, ZeroDivisionError)
