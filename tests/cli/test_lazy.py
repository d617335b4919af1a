"""Commands that are imported when they are asked for."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from mainstay.cli.lazy import LazyCommands
from mainstay.cli.main import Commands, app

PATIENCE_SECONDS = 30.0
NOT_FOR_GATEWAYS = ("argon2", "authlib", "httpx", "jinja2", "psycopg", "pyarrow", "starlette")
PARTS_NOT_FOR_GATEWAYS = ("mainstay.control", "mainstay.lab", "mainstay.ledger.store")
PROGRAM = """
import sys
from mainstay.cli.main import app
from typer.testing import CliRunner
assert CliRunner().invoke(app, [sys.argv[1], "--help"]).exit_code == 0
print(*sys.modules)
"""


def imported_by(command: str) -> set[str]:
    """What a process has imported that knows how to run this command."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, command], capture_output=True, timeout=PATIENCE_SECONDS, check=True
    )
    return set(done.stdout.decode().split())


def test_a_gateway_and_its_workers_do_not_import_what_others_need() -> None:
    """No file of ours imports inside of a function, so what the command imports is all there will be."""
    imported = imported_by("gateway")
    assert "mainstay.gateway.worker" in imported
    assert imported.intersection((*NOT_FOR_GATEWAYS, *PARTS_NOT_FOR_GATEWAYS)) == set()


def test_what_gateways_do_without_is_what_others_have() -> None:
    assert imported_by("control").issuperset({"argon2", "authlib", "psycopg", "starlette", "mainstay.control"})


class Two(LazyCommands):
    places = {"one": f"{__name__}:one", "two": f"{__name__}:two"}  # noqa: RUF012 - never changed


def one() -> None:
    """Say one."""
    typer.echo("one")


two = typer.Typer()


@two.callback()
def of_two() -> None:
    """Say more."""


@two.command()
def more() -> None:
    typer.echo("two more")


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or sys.modules[one.__module__])
    both = typer.Typer(cls=Two)
    both.callback()(lambda: None)
    return both


def said(app: typer.Typer, *arguments: str) -> str:
    return CliRunner().invoke(app, arguments).output


def test_functions_and_groups_are_run(both: typer.Typer) -> None:
    assert said(both, "one") == "one\n"
    assert said(both, "two", "more") == "two more\n"


def test_help_shows_every_command_with_its_line(both: typer.Typer) -> None:
    lines = said(both, "--help").splitlines()
    assert any("one" in line and "Say one." in line for line in lines)
    assert any("two" in line and "Say more." in line for line in lines)


def test_the_nearest_name_is_told(both: typer.Typer) -> None:
    assert "Did you mean 'one'?" in said(both, "oen")


def test_nothing_is_imported_before_it_is_asked_for(both: typer.Typer) -> None:
    group = get_command(both)
    assert isinstance(group, TyperGroup)
    assert group.commands == {}
    assert group.get_command(typer.Context(group), "one") is group.get_command(typer.Context(group), "one")
    assert list(group.commands) == ["one"]


@pytest.mark.parametrize("name", list(Commands.places))
def test_every_place_is_right(name: str) -> None:
    assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0
    module = Commands.places[name].partition(":")[0]
    assert (Path("src") / module.replace(".", "/")).with_suffix(".py").exists()
