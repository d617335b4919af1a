"""Which configuration the commands `gateway` and `control` are run with."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.loading import keep_private
from mainstay.cli.main import app
from tests.cli.conftest import GOOD, Ran


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


@pytest.mark.parametrize("plane", ["gateway", "control"])
def test_a_named_file_is_run(ran: Ran, plane: str) -> None:
    Path("file.yaml").write_text(GOOD)
    assert run(plane, "-c", "file.yaml").exit_code == 0
    (snapshot,) = ran.snapshots
    assert snapshot is not None
    assert snapshot.model_names == ("first",)


@pytest.mark.parametrize("plane", ["gateway", "control"])
def test_the_file_that_lies_here_is_run(ran: Ran, plane: str) -> None:
    Path("mainstay.yaml").write_text(GOOD)
    assert run(plane).exit_code == 0
    assert len(ran.snapshots) == 1


@pytest.mark.parametrize("plane", ["gateway", "control"])
def test_every_mistake_is_printed_and_nothing_is_run(ran: Ran, plane: str) -> None:
    Path("file.yaml").write_text(GOOD + "modls: {}\ngateway: {listen: '0.0.0.0:1'}\nauth: {callers: open}\n")
    result = run(plane, "-c", "file.yaml")
    assert result.exit_code == 1
    assert "modls is not a known key" in result.stderr
    assert "auth.callers would let in everybody" in result.stderr
    assert ran.snapshots == []


def test_without_anything_there_is_advice(ran: Ran) -> None:
    result = run("gateway")
    assert result.exit_code == 1
    assert "give -c FILE" in result.stderr
    assert ran.snapshots == []


def test_keys_of_the_environment_are_served(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    assert run("gateway").exit_code == 0
    assert ran.sources[0].name == "environment"


def test_the_demonstration_goes_before_a_file(ran: Ran) -> None:
    Path("mainstay.yaml").write_text(GOOD)
    assert run("gateway", "--demo-ports", "9001,9002,9003,9004").exit_code == 0
    (source,) = ran.sources
    assert (source.path, source.demo_ports) == (None, (9001, 9002, 9003, 9004))


def test_what_a_plane_writes_is_for_its_own_user_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        keep_private()
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").write_text("records")
    finally:
        os.umask(before)
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
