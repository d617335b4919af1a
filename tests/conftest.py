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

# These start processes, cut cables and wait for clocks of their own: beside other tests they would measure these.
ALONE = ("e2e", "chaos")
TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes share the suite, a file at a time; what must be alone comes last, in one of them."""
    items.sort(key=is_alone)
    for item in items:
        group = "alone" if is_alone(item) else item.path.relative_to(TESTS).as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


def is_alone(item: pytest.Item) -> bool:
    """Whether nothing may run beside it."""
    return item.path.relative_to(TESTS).parts[0] in ALONE


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """What was packed or sealed is different each time; both processes must call a test by the same name."""
    return argname if isinstance(val, bytes) and not val.isascii() else None
