import hashlib
from pathlib import Path

import pytest

from mainstay.config.load import load, load_tree
from tests.config.conftest import LoadText

REST_OF_THE_DESIGN = """
  bedrock-eu:
    dialect: bedrock
    region: eu-central-1
"""


def test_a_good_file_gives_a_snapshot_and_its_hash(tmp_path: Path, good: str) -> None:
    path = tmp_path / "mainstay.yaml"
    path.write_text(good)
    loaded = load(path, {"KEY": "x"})
    assert loaded.mistakes == ()
    assert loaded.snapshot is not None
    assert loaded.snapshot.state == tmp_path / "mainstay-data"
    assert loaded.sha256 == hashlib.sha256(good.encode()).hexdigest()


@pytest.mark.parametrize("name", ["missing.yaml", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path, name: str) -> None:
    loaded = load(tmp_path / name, {})
    assert loaded.snapshot is None
    assert "cannot be read" in loaded.mistakes[0].message


def test_a_file_with_mistakes_gives_no_snapshot_but_its_hash(load_yaml: LoadText, good: str) -> None:
    loaded = load_yaml(good + "\nx: 1")
    assert loaded.snapshot is None
    assert len(loaded.sha256) == 64


def test_mistakes_stand_in_the_order_of_the_file_with_their_lines(load_yaml: LoadText, good: str) -> None:
    loaded = load_yaml("retries: {budget_percent: 101}\n" + good + "modls: {}\nmodls: {}\n")
    assert [(mistake.line, mistake.path) for mistake in loaded.mistakes] == [
        (1, "retries.budget_percent"),
        (18, "modls"),
        (19, "modls"),
    ]


def test_a_missing_key_has_the_line_of_the_place_that_misses_it(load_yaml: LoadText, good: str) -> None:
    loaded = load_yaml(good.replace("    dialect: openai-chat\n", ""))
    assert [(mistake.line, mistake.path) for mistake in loaded.mistakes] == [(8, "upstreams.openai.dialect")]


def test_a_key_written_twice_stops_the_file_although_the_rest_is_good(load_yaml: LoadText, good: str) -> None:
    loaded = load_yaml(good + "state: a\nstate: b\n")
    assert loaded.snapshot is None
    assert [mistake.path for mistake in loaded.mistakes] == ["state"]


def test_an_empty_or_broken_file_has_one_mistake(load_yaml: LoadText) -> None:
    for text in ("", "upstreams: [", "- a\n", "---\n"):
        loaded = load_yaml(text)
        assert loaded.snapshot is None
        assert len(loaded.mistakes) == 1


def test_a_malformed_value_is_one_mistake_not_two(load_yaml: LoadText, good: str) -> None:
    loaded = load_yaml(good.replace("base_url: https://api.anthropic.com", "base_url: 7"))
    assert [mistake.path for mistake in loaded.mistakes] == ["upstreams.anthropic.base_url"]


def test_a_file_without_its_two_sections_still_has_the_rest_checked(load_yaml: LoadText) -> None:
    paths = [mistake.path for mistake in load_yaml("gateway: {listen: x}").mistakes]
    assert sorted(paths) == ["gateway.listen", "models", "upstreams"]


def test_a_tree_is_loaded_like_a_file(tmp_path: Path) -> None:
    upstream = {"dialect": "anthropic", "base_url": "http://127.0.0.1:1"}
    tree = {"upstreams": {"a": upstream}, "models": {"m": {"candidates": [{"upstream": "a"}]}}}
    assert load_tree(tree, tmp_path, {}).snapshot is not None  # type: ignore[arg-type]  # dict is invariant


def test_the_example_of_the_design_is_accepted(load_yaml: LoadText, good: str) -> None:
    text = good.replace("models:", REST_OF_THE_DESIGN.strip("\n") + "\nmodels:")
    text += "      - {upstream: bedrock-eu, model: eu.claude}\n"
    assert load_yaml(text).mistakes == ()
