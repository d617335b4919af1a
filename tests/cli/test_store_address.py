"""Which store is meant, and that no other stands in for it."""

from pathlib import Path

import pytest

from mainstay.cli.store_address import UnknownStoreError, store_dsn

YAML = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://alpha"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""
NAME = "STORE_OF_THE_TEST"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "mainstay.yaml"
    path.write_text(f"{YAML}store: env:{NAME}")
    return path


def test_the_configuration_names_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "postgresql://somewhere/else")
    assert store_dsn(path) == "postgresql://somewhere/else"


def test_otherwise_it_is_that_of_the_state_folder(path: Path) -> None:
    path.write_text(YAML)
    assert store_dsn(path) is None
    assert store_dsn(None) is None


def test_one_that_is_named_and_not_known_here_is_not_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    with pytest.raises(UnknownStoreError, match=f"the store is env:{NAME}, which gives nothing here"):
        store_dsn(path)


def test_a_file_with_mistakes_may_mean_another_one(path: Path) -> None:
    path.write_text("upstreams: 7")
    with pytest.raises(UnknownStoreError, match="mainstay check -c"):
        store_dsn(path)
