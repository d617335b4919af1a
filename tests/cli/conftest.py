"""Shared by the tests of the planes' commands: what they hand over to be run, without running it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.cli import control, gateway
from mainstay.config.load import Loaded
from mainstay.config.snapshot import Snapshot
from mainstay.wiring.source import Source

GOOD = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://127.0.0.1:9001"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY")


class Ran:
    """What was to be run. `failure` happens instead."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.snapshots: list[Snapshot | None] = []
        self.failure: Exception | None = None

    def gateway(self, source: Source, loaded: Loaded) -> None:
        self.sources.append(source)
        self.run(loaded.snapshot)

    def control(self, source: Source, snapshot: Snapshot) -> None:
        self.sources.append(source)
        self.run(snapshot)

    def run(self, snapshot: Snapshot | None) -> None:
        self.snapshots.append(snapshot)
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ran:
    """In an empty folder, without keys, and without running anything."""
    ran = Ran()
    monkeypatch.setattr(gateway, "run_gateway", ran.gateway)
    monkeypatch.setattr(control, "run_control", ran.control)
    monkeypatch.chdir(tmp_path)
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    return ran


@pytest.fixture(autouse=True)
def _the_umask_of_before() -> Iterator[None]:
    """A plane changes how its process writes files; the tests' own process goes on as before."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)
