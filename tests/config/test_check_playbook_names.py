"""What playbooks may name."""

from pathlib import Path

import pytest

from mainstay.config.check_playbook_names import (
    ANY_NAME,
    below,
    component_mistakes,
    is_template,
    names_of,
    text_mistakes,
)
from mainstay.config.load import load_text
from mainstay.model.playbook import TEMPLATE_NAMES
from tests.config.playbook_texts import NAMES

FILE = b"""
upstreams:
  alpha: {dialect: anthropic, base_url: "http://127.0.0.1:9001", credentials: [{name: main, key: "env:KEY"}]}
  beta: {dialect: anthropic, base_url: "http://127.0.0.1:9002"}
models:
  sonnet: {candidates: [{upstream: alpha, model: claude}, {upstream: beta}]}
  "*": {candidates: [{upstream: beta}]}
workloads: {batch: {}}
"""


def test_the_names_of_a_configuration(tmp_path: Path) -> None:
    snapshot = load_text(FILE, tmp_path, {"KEY": "k"}).snapshot
    assert snapshot is not None
    names = names_of(snapshot.file, snapshot.file.upstreams)
    assert sorted(names.upstreams) == ["alpha", "beta"]
    assert sorted(names.models) == ["*", "sonnet"]
    assert names.workloads == {"batch", "default"}
    assert names.credentials == {"alpha": {"main"}, "beta": frozenset()}
    assert names.upstream_models == {"alpha": {"claude"}, "beta": {"sonnet", "*"}}


@pytest.mark.parametrize("text", [f"{{{name}}}" for name in sorted(TEMPLATE_NAMES)])
def test_all_names_in_braces_are_known(text: str) -> None:
    assert list(text_mistakes("x", text)) == []
    assert is_template(text)


def test_what_cannot_be_shown_is_not_shown() -> None:
    (mistake,) = text_mistakes("x", "{\x1b[31m}")
    assert "\x1b" not in mistake.message


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("upstream:anthropic", 0),
        ("upstream:anthropic/claude", 0),
        ("upstream:anthropic/opus", 1),
        ("upstream:spare/opus", 0),
        ("upstream:anthropic#login", 0),
        ("model:sonnet", 0),
        ("model:opus", 1),
        ("gateway", 0),
        ("gateways", 1),
        ("upstream:a b", 1),
        ("{run.component}", 0),
        ("*", 0),
    ],
)
def test_components(name: str, count: int) -> None:
    assert len(list(component_mistakes("x", name, NAMES))) == count
    assert len(list(component_mistakes("x", name, ANY_NAME))) <= count


def test_a_key_with_a_dot_is_quoted_in_its_path() -> None:
    assert below("a", "b", "c.d") == "a.b.'c.d'"
