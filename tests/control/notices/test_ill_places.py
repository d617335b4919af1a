"""Whose host it is, and whether that is down."""

from pathlib import Path

import pytest

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.control.notices.ill_places import is_ill_host
from mainstay.ops.detection.values import Standing
from tests.control.telemetry.values import standing

YAML = b"""
upstreams:
  one: {dialect: anthropic, base_url: "https://api.example.com", depends_on: [bigcloud, edge]}
  two: {dialect: anthropic, base_url: "https://llm.other.net/v1x", depends_on: [bigcloud]}
  near: {dialect: anthropic, base_url: "http://10.0.0.7:8000"}
  here: {dialect: anthropic, base_url: "http://127.0.0.1:8000"}
models: {m: {candidates: [{upstream: one}, {upstream: two}, {upstream: near}, {upstream: here}]}}
"""
ONE, TWO, NEAR = standing("upstream:one", "ill"), standing("upstream:two/m", "ill"), standing("upstream:near", "ill")


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    found = load_text(YAML, Path("/nowhere"), {}).snapshot
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("host", "ill", "expected"),
    [
        ("api.example.com", (ONE,), True),
        ("hooks.Example.com", (ONE,), True),
        ("example.com.evil.net", (ONE,), False),
        ("hooks.other.net", (ONE,), False),
        ("hooks.other.net", (TWO,), True),
        ("10.0.0.7", (NEAR,), True),
        ("10.0.0.8", (NEAR,), False),
        ("127.0.0.1", (standing("upstream:here", "ill"),), False),
        ("hooks.bigcloud.com", (ONE, TWO), True),
        ("hooks.bigcloud.com", (ONE,), False),
        ("hooks.edge.com", (ONE, TWO), False),
        ("api.example.com", (standing("upstream:one", "suspected"),), False),
        ("api.example.com", (standing("model:m", "ill"), standing("gateway", "ill")), False),
    ],
)
def test_a_host_is_told_by_whose_it_is(
    snapshot: Snapshot, host: str, ill: tuple[Standing, ...], *, expected: bool
) -> None:
    assert is_ill_host(host, snapshot, ill) is expected
