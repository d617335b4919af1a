"""A control plane for each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from mainstay.control.people.roles import Role
from tests.control.office import Office
from tests.control.stand import Stand

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MILLISECONDS = 20_000
IS_CI = os.environ.get("CI", "").lower() in {"1", "true"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if IS_CI:
            pytest.fail(f"{CHROMIUM} is missing, and the pages must be shown to work in it")
        pytest.skip(f"{CHROMIUM} is missing")
    # A page that is not told of a change asks by itself, every five seconds.
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


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


@pytest.fixture
def office(peopled: Stand) -> Iterator[Office]:
    """Desks of operations for `peopled`."""
    office = peopled.equip()
    yield office
    office.close()
