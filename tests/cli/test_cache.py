"""`mainstay cache`, about a folder that no gateway uses now."""

import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.cache import Stats, cache_app
from mainstay.gateway.cache.answer_file import FILE_NAME, AnswerFile, Row
from tests.services.redis import free_port

YAML = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://alpha"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Three answers, the oldest of which is an hour old."""
    now = time.time()
    with closing(AnswerFile(tmp_path / "state" / "cache", 1_000_000)) as file:
        for name, tenant, model, age in (("a", "acme", "m", 3600), ("b", "acme", "n", 10), ("c", "other", "n", 10)):
            file.put(Row(name.encode(), tenant, model, now - age, now + 3600, b"sealed"), now)
    return tmp_path / "state"


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cache_app, list(arguments))
    assert result.exit_code == code, result.output
    return result


def stats(state: Path) -> Stats:
    return msgspec.json.decode(run("stats", "--state", str(state), "--json").stdout, type=Stats)


def test_stats_count_by_tenant_and_model(state: Path) -> None:
    found = stats(state)
    assert [(one.tenant, one.model, one.entries) for one in found.models] == [
        ("acme", "m", 1),
        ("acme", "n", 1),
        ("other", "n", 1),
    ]
    assert found.entries == 3
    assert found.bytes == sum(one.bytes for one in found.models) > 0
    assert found.oldest_seconds == pytest.approx(3600, abs=60)


def test_people_read_a_table(state: Path) -> None:
    said = run("stats", "--state", str(state)).stdout
    assert "acme" in said
    assert "oldest" in said


def test_where_nothing_is_kept_that_is_said(tmp_path: Path) -> None:
    assert run("stats", "--state", str(tmp_path)).stdout == "no answers are kept\n"
    assert stats(tmp_path).oldest_seconds is None
    assert "removed 0 answers" in run("purge", "--all", "--state", str(tmp_path)).stdout
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("options", "removed"),
    [
        (["--all"], 3),
        (["--tenant", "acme"], 2),
        (["--model", "n", "--tenant", "acme"], 1),
        (["--older-than", "60"], 1),
        (["--older-than", "7200"], 0),
    ],
)
def test_purging(state: Path, options: list[str], removed: int) -> None:
    said = run("purge", "--state", str(state), *options).stdout
    assert said.startswith(f"removed {removed} answer")
    assert stats(state).entries == 3 - removed


@pytest.mark.parametrize("options", [[], ["--all", "--tenant", "acme"]])
def test_it_must_be_said_what_to_purge(state: Path, options: list[str]) -> None:
    assert "say which answers" in run("purge", "--state", str(state), *options, code=1).stderr
    assert stats(state).entries == 3


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache" / FILE_NAME).mkdir(parents=True)
    assert FILE_NAME in run("stats", "--state", str(tmp_path), code=1).stderr
    assert "nothing was removed" in run("purge", "--all", "--state", str(tmp_path), code=1).stderr


def test_a_shared_store_that_is_away_is_told(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARED_OF_THE_TEST", f"redis://127.0.0.1:{free_port()}")
    monkeypatch.setenv("KEY_OF_THE_TEST", "one key for all replicas")
    file = tmp_path / "mainstay.yaml"
    shared = "shared: env:SHARED_OF_THE_TEST\ncache: {key: env:KEY_OF_THE_TEST}\n"
    file.write_text(f"{YAML}state: {state}\n{shared}")
    said = run("purge", "--all", "-c", str(file), code=1)
    assert "removed 3 answers from" in said.stdout
    assert "what replicas share was not removed" in said.stderr
