"""Where a configuration comes from. What the processes do with it is shown end to end."""

import re
from pathlib import Path

import pytest

from mainstay.wiring.source import Source, demo_snapshot, here

YAML = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://alpha", credentials: [{name: main, key: env:KEY}]}}
models: {first: {candidates: [{upstream: alpha}]}}
"""
PORTS = (9001, 9002, 9003, 9004)
SHA256 = re.compile("[0-9a-f]{64}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "mainstay.yaml"
    path.write_text(YAML)
    return path


def test_a_file_is_loaded_with_the_environment(path: Path) -> None:
    source = Source(path, {"KEY": "secret"}, path.parent)
    loaded = source.load()
    assert loaded.snapshot is not None
    assert loaded.snapshot.upstreams[0].credentials[0].key == "secret"
    assert source.name == str(path)
    assert Source(path, {}, path.parent).load().snapshot is None


@pytest.mark.parametrize(
    ("key", "url", "word"),
    [
        ("store", "mysql://u:canary@h/d", "must refer to postgresql://"),
        ("shared", "http://u:canary@h", "the URL must begin with redis://"),
    ],
)
def test_a_server_of_another_kind_is_a_mistake_that_keeps_its_password(
    path: Path, key: str, url: str, word: str
) -> None:
    path.write_text(f"{YAML}{key}: env:URL\n")
    (mistake,) = Source(path, {"KEY": "secret", "URL": url}, path.parent).load().mistakes
    assert mistake.path == key
    assert mistake.message.startswith(word)
    assert "canary" not in mistake.message


@pytest.mark.parametrize("url", ["postgresql://u:p@h/d", "postgres://h/d", "host=h dbname=d"])
def test_postgresql_may_be_named_in_its_own_ways(path: Path, url: str) -> None:
    path.write_text(f"{YAML}store: env:URL\n")
    assert Source(path, {"KEY": "secret", "URL": url}, path.parent).load().mistakes == ()


def test_without_a_file_the_environments_keys_are_served(tmp_path: Path) -> None:
    source = Source(None, {"OPENAI_API_KEY": "secret"}, tmp_path)
    loaded = source.load()
    assert loaded.snapshot is not None
    assert {one.name for one in loaded.snapshot.upstreams} == {"openai", "openai-responses"}
    assert not loaded.snapshot.is_simulated
    assert source.name == "environment"


def test_without_anything_there_is_advice(tmp_path: Path) -> None:
    loaded = Source(None, {}, tmp_path).load()
    assert loaded.snapshot is None
    (mistake,) = loaded.mistakes
    assert "-c FILE" in mistake.message
    assert "ANTHROPIC_API_KEY" in mistake.message


def test_the_demonstration_is_simulated_and_has_a_hash_of_its_own(tmp_path: Path) -> None:
    source = Source(None, {"OPENAI_API_KEY": "secret"}, tmp_path, demo_ports=PORTS)
    loaded = source.load()
    assert loaded.snapshot is not None
    assert loaded.snapshot.is_simulated
    assert loaded.snapshot.state == tmp_path / "mainstay-data"
    assert source.name == "demonstration"
    other = Source(None, {}, tmp_path, demo_ports=(1, 2, 3, 4)).load()
    assert SHA256.fullmatch(loaded.sha256)
    assert loaded.sha256 != other.sha256


def test_the_demonstrations_providers_are_paired_by_dialect(tmp_path: Path) -> None:
    snapshot = demo_snapshot(PORTS, tmp_path)
    urls = {name: [one.upstream.base_url for one in candidates] for name, candidates in snapshot.models.items()}
    assert urls == {
        "claude-demo": ["http://127.0.0.1:9001", "http://127.0.0.1:9002"],
        "gpt-demo": ["http://127.0.0.1:9003/v1", "http://127.0.0.1:9004/v1"],
    }


def test_a_named_file_goes_before_the_one_that_lies_here(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    other = Path("other.yaml")
    assert here(other).path == other
    assert here(None).path == path


def test_without_a_file_here_the_environment_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAINSTAY_ANTHROPIC_BASE_URL", "http://elsewhere")
    source = here(None)
    assert source.path is None
    assert source.directory == tmp_path
    assert source.environment["MAINSTAY_ANTHROPIC_BASE_URL"] == "http://elsewhere"


def test_a_folder_of_that_name_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mainstay.yaml").mkdir()
    monkeypatch.chdir(tmp_path)
    assert here(None).path is None
