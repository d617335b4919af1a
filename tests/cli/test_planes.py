"""The commands `gateway` and `control`: what they refuse, and what they hand over to be run."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli import planes
from mainstay.cli.main import app
from mainstay.config.load import Loaded
from mainstay.config.snapshot import Snapshot
from mainstay.ledger.errors import StateInUseError
from mainstay.wiring import Source

GOOD = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://127.0.0.1:9001"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY")


class Ran:
    """What was to be run. `failure` happens instead."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.snapshots: list[Snapshot | None] = []
        self.failure: Exception | None = None

    def gateway(self, source: Source, loaded: Loaded) -> None:
        self.sources.append(source)
        self.run(loaded.snapshot)

    def run(self, snapshot: Snapshot | None) -> None:
        self.snapshots.append(snapshot)
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ran:
    """In an empty folder, without keys, and without running anything."""
    ran = Ran()
    monkeypatch.setattr(planes, "run_gateway", ran.gateway)
    monkeypatch.setattr(planes, "run_control", ran.run)
    monkeypatch.chdir(tmp_path)
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    return ran


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
    Path("file.yaml").write_text(GOOD + "modls: {}\ngateway: {listen: '0.0.0.0:1'}\n")
    result = run(plane, "-c", "file.yaml")
    assert result.exit_code == 1
    assert "modls is not a known key" in result.stderr
    assert "gateway.listen would accept callers" in result.stderr
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


@pytest.mark.parametrize("failure", [StateInUseError("another gateway uses it"), OSError("address in use")])
def test_a_gateway_that_cannot_run_says_why_in_a_line(ran: Ran, failure: Exception) -> None:
    Path("mainstay.yaml").write_text(GOOD)
    ran.failure = failure
    result = run("gateway")
    assert result.exit_code == 1
    assert result.stderr == f"mainstay: gateway: {failure}\n"


def test_a_control_plane_that_cannot_run_says_why_in_a_line(ran: Ran) -> None:
    Path("mainstay.yaml").write_text(GOOD)
    ran.failure = OSError("address in use")
    result = run("control")
    assert (result.exit_code, result.stderr) == (1, "mainstay: control: address in use\n")


def test_a_defect_is_not_dressed_up(ran: Ran) -> None:
    Path("mainstay.yaml").write_text(GOOD)
    ran.failure = ZeroDivisionError("a defect")
    assert isinstance(run("gateway").exception, ZeroDivisionError)
