"""Hedging over real sockets: a primary that falls silent is outrun before its caller has heard a word."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.engine.gray.baseline import HEDGE_SAMPLES_MIN
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.records import AttemptRecord
from tests.conformance.stage import upstream
from tests.e2e.lanes import Tree
from tests.e2e.premises import Premises
from tests.e2e.raw import Heard, post

QUIET = "stall:phase=headers"
WORDS = "Say something in 5 words"


@pytest.fixture
def alpha() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


@pytest.fixture
def beta() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("beta") as running:
        yield running


def premises(folder: Path, alpha: FakeProviderThread, beta: FakeProviderThread, percent: float) -> Premises:
    retries: Tree = {"hedge_percent": percent}
    upstreams: Tree = {
        "alpha": {**upstream_of(alpha), "retries": retries},
        "beta": {**upstream_of(beta), "retries": retries},
    }
    models: Tree = {"claude": {"candidates": [{"upstream": "alpha"}, {"upstream": "beta"}]}}
    return Premises(folder, {"upstreams": upstreams, "models": models, "gateway": {"workers": 1}})


def upstream_of(provider: FakeProviderThread) -> dict[str, Tree]:
    given = upstream("anthropic", provider.url)
    assert isinstance(given, dict)
    return dict(given)


def ask(made: Premises, *, stream: bool) -> Heard:
    body = {
        "model": "claude",
        "max_tokens": 100,
        "stream": stream,
        "messages": [{"role": "user", "content": WORDS}],
    }
    return post(made.url, "/v1/messages", body)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_silent_primary_is_outrun(
    alpha: FakeProviderThread, beta: FakeProviderThread, tmp_path: Path, *, stream: bool
) -> None:
    with premises(tmp_path, alpha, beta, percent=20) as made:
        made.start()
        for _ in range(int(HEDGE_SAMPLES_MIN) + 50):
            assert ask(made, stream=stream).status == 200
        alpha.break_with(QUIET)
        heard = ask(made, stream=stream)
        assert heard.status == 200
        assert heard.header("x-mainstay-upstream") == "beta"
        assert heard.header("x-mainstay-attempts") == "2"
        assert heard.header("x-mainstay-degraded") == "alpha: outrun"
        assert b"end_turn" in heard.body
        made.until_recorded(1, degraded="alpha: outrun")
        told = {(one.upstream, one.outcome): one for one in made.records() if isinstance(one, AttemptRecord)}
        assert told["beta", "served"].chosen == "hedge"
        assert told["alpha", "no-sample"].fault == "outrun"
        assert told["alpha", "no-sample"].usage_estimated
        # Without any harm to those that come after it, whoever is faster.
        alpha.heal()
        assert ask(made, stream=stream).status == 200
