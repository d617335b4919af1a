"""A real server, built apart, and the stage for it.

These tests need what `scripts/install-selfhosted` builds; `make test-selfhosted` says where that is. A run that does
not say so does not collect them.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.selfhosted.server import FOLDER_VARIABLE
from tests.selfhosted.stage import Stage, stage

collect_ignore_glob = [] if os.environ.get(FOLDER_VARIABLE) else ["test_*.py"]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """For tests that break nothing."""
    with stage(tmp_path_factory.mktemp("selfhosted")) as found:
        yield found


@pytest.fixture
def breakable(tmp_path: Path) -> Iterator[Stage]:
    """For a test that kills the first server."""
    with stage(tmp_path) as found:
        yield found
