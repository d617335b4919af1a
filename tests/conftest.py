"""One hypothesis profile for the whole suite: bounded by examples, never by the speed of the machine."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.services.postgres"]

IS_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# In CI the same commit gives the same examples; by hand, each run looks for new ones.
settings.register_profile("mainstay", deadline=None, derandomize=IS_CI, print_blob=True)
settings.load_profile("mainstay")

LAST = ("e2e", "chaos")
TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes share the suite, a file at a time. What starts processes of its own comes last."""
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] in LAST)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """What was packed or sealed is different each time; both processes must call a test by the same name."""
    return argname if isinstance(val, bytes) and not val.isascii() else None
