"""A control plane for each test."""

from pathlib import Path

import pytest

from mainstay.control.people.roles import Role
from tests.control.stand import Stand


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    """Without any account."""
    return Stand(tmp_path)


@pytest.fixture
def peopled(stand: Stand) -> Stand:
    """With a person for each role."""
    for name, role in (("vera", Role.VIEWER), ("otto", Role.OPERATOR), ("ada", Role.ADMIN)):
        stand.add(name, role)
    return stand
