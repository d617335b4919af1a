"""Shared by the tests of the configuration: a small good file and a way to load variations of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mainstay.config.load import Loaded, load_text

GOOD = """
upstreams:
  anthropic:
    dialect: anthropic
    base_url: https://api.anthropic.com
    credentials: [{name: main, key: env:KEY}]
    region: us
  openai:
    dialect: openai-chat
    base_url: https://api.openai.com/v1
    credentials: [{name: main, key: env:KEY}]
models:
  claude:
    candidates:
      - {upstream: anthropic}
      - {upstream: openai, model: gpt, substitute: true}
"""

LoadText = Callable[[str], Loaded]


@pytest.fixture
def good() -> str:
    """A small file without mistakes; sections may be appended."""
    return GOOD


@pytest.fixture
def load_yaml(tmp_path: Path) -> LoadText:
    """Load a text as if it lay in an empty folder, with KEY in the environment."""
    return lambda text: load_text(text.encode(), tmp_path, {"KEY": "secret-value"})
