"""From the configuration to what is watched."""

from pathlib import Path

from mainstay.config.load import load_text
from mainstay.control.operations.topology import topology_of
from mainstay.ops.detection.topology import LogicalModel, UpstreamPlace

TEXT = """
upstreams:
  alpha: {dialect: anthropic, base_url: "http://127.0.0.1:2", depends_on: [cloudflare]}
  beta: {dialect: openai-chat, base_url: "http://127.0.0.1:3/v1"}
models:
  first: {candidates: [{upstream: alpha, model: a1}, {upstream: beta}]}
  "*": {candidates: [{upstream: alpha}]}
"""


def test_each_upstream_has_the_models_that_are_asked_of_it(tmp_path: Path) -> None:
    snapshot = load_text(TEXT.encode(), tmp_path, {}).snapshot
    assert snapshot is not None
    topology = topology_of(snapshot)
    assert topology.upstreams == (
        UpstreamPlace("alpha", ("a1",), ("cloudflare",)),
        UpstreamPlace("beta", ("first",)),
    )
    assert topology.models == (LogicalModel("first", (("alpha", "a1"), ("beta", "first"))),)
