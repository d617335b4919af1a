"""What ends a control plane before it has begun. What it does is shown end to end."""

import threading
from pathlib import Path

import pytest

from mainstay.config.load import load_text
from mainstay.control.plane import NobodyCanLogInError
from mainstay.wiring.control import run_control
from mainstay.wiring.source import Source

YAML = b"""
control: {listen: "0.0.0.0:0"}
upstreams: {alpha: {dialect: anthropic, base_url: "http://127.0.0.1:9001"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""


def test_its_jobs_end_with_it(tmp_path: Path) -> None:
    snapshot = load_text(YAML, tmp_path, {}).snapshot
    assert snapshot is not None
    with pytest.raises(NobodyCanLogInError, match="mainstay people add"):
        run_control(Source(None, {}, tmp_path), snapshot)
    jobs = {"shipper", "lease", "watch", "bookkeeping", "lead", "notices", "playbooks", "feeds", "probes"}
    assert {thread.name for thread in threading.enumerate()}.isdisjoint(jobs)
