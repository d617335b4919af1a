from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner, Result

from mainstay.cli.check import check

GOOD = """
upstreams: {a: {dialect: anthropic, base_url: "http://127.0.0.1:9001"}}
models: {m: {candidates: [{upstream: a}]}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.yaml"


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(check)
    return CliRunner().invoke(app, list(arguments))


def test_a_good_file_is_summed_up_in_a_line(path: Path) -> None:
    path.write_text(GOOD)
    result = run("-c", str(path))
    assert result.exit_code == 0
    assert result.stdout == (
        f"{path} is good: 1 upstream, 1 model, 1 workload; gateway on 127.0.0.1:8484, control on 127.0.0.1:8485.\n"
    )


def test_every_mistake_is_printed_with_line_and_path(path: Path) -> None:
    path.write_text(GOOD + "modls: {}\ngateway: {workers: 0}\n")
    result = run("--config", str(path))
    assert result.exit_code == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0] == f"{path}:4: mistake: modls is not a known key; did you mean models?"
    assert lines[1].startswith(f"{path}:5: mistake: gateway.workers ")
    assert lines[2] == f"{path}: 2 mistakes; nothing was changed or started."


def test_a_warning_stops_nothing(path: Path) -> None:
    path.write_text(GOOD + "workloads: {w: {cache: {ttl_seconds: 1}}}\ncache: off\n")
    result = run("-c", str(path))
    assert result.exit_code == 0
    assert result.stderr == f"{path}:4: warning: workloads.w.cache keeps nothing, for `cache: off` stands in the file\n"


def test_markup_in_a_key_is_printed_as_it_stands(path: Path) -> None:
    path.write_text(GOOD + "'[red]x': 1\n")
    assert "[red]x is not a known key" in run("-c", str(path)).stderr


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    result = run("-c", str(tmp_path / "nowhere.yaml"))
    assert result.exit_code == 1
    assert ": mistake: the file cannot be read: No such file" in result.stderr


def test_the_schema_is_printed_as_json() -> None:
    result = run("--schema")
    assert result.exit_code == 0
    assert msgspec.json.decode(result.stdout)["title"] == "mainstay.yaml"
