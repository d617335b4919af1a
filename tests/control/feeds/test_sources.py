from pathlib import Path

from mainstay.config.load import load_text
from mainstay.control.feeds.sources import sources_of
from mainstay.ops.feeds.claims import About

YAML = b"""
upstreams:
  alpha: {dialect: anthropic, base_url: "http://127.0.0.1:1", status_feed: "https://status.lab.example"}
  second: {dialect: anthropic, base_url: "http://127.0.0.1:2", status_feed: "https://status.lab.example"}
  third: {dialect: openai-chat, base_url: "http://127.0.0.1:3", status_feed: "https://status.other.example"}
  silent: {dialect: openai-chat, base_url: "http://127.0.0.1:4"}
models:
  first: {candidates: [{upstream: alpha, model: opus}, {upstream: third, model: gpt}]}
  other: {candidates: [{upstream: alpha, model: haiku}, {upstream: silent}]}
  "*": {candidates: [{upstream: second}]}
"""


def test_each_page_is_read_once_for_all_upstreams_that_name_it(tmp_path: Path) -> None:
    snapshot = load_text(YAML, tmp_path, {}).snapshot
    assert snapshot is not None
    first, second = sources_of(snapshot)
    assert (first.url, first.abouts) == (
        "https://status.lab.example",
        (About("alpha", ("opus", "haiku")), About("second", ())),
    )
    assert (second.names, second.abouts[0].models) == ("third", ("gpt",))
    assert first.names == "alpha, second"
