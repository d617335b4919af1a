"""A provider that answers, but slowly, is avoided while another one can serve, and looked at again and again."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mainstay.engine.demand import cohort_of
from mainstay.engine.gray.baseline import SAMPLES_MIN as BASELINE_SAMPLES
from mainstay.engine.gray.baseline import WAIT_SLACK_SECONDS
from mainstay.engine.gray.watch import PROBE_COHORTS
from mainstay.engine.gray.window import SAMPLES_MIN
from mainstay.model.records import CapacityRecord
from tests.conformance.stage import upstream
from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import Premises
from tests.e2e.raw import Heard, post
from tests.e2e.readiness import metric, readiness
from tests.e2e.turnstile import Turnstile

QUICK = int(BASELINE_SAMPLES) + 5
SLOW = 2 * SAMPLES_MIN
SLOWER = 4.0
"""Times the slowest that was seen before: three times the usual is slow."""


@pytest.fixture
def provider() -> Iterator[Turnstile]:
    with Turnstile() as running:
        yield running


@pytest.fixture
def standby() -> Iterator[Turnstile]:
    with Turnstile() as running:
        yield running


@pytest.fixture
def premises(provider: Turnstile, standby: Turnstile, tmp_path: Path) -> Iterator[Premises]:
    upstreams: Tree = {"alpha": upstream("anthropic", provider.url), "beta": upstream("anthropic", standby.url)}
    models: Tree = {"claude": {"candidates": [{"upstream": "alpha"}, {"upstream": "beta"}]}}
    with Premises(tmp_path, {"upstreams": upstreams, "models": models}) as made:
        yield made.start()


def ask(premises: Premises, session: str = "") -> Heard:
    body = Question(model="claude").body("anthropic")
    return post(premises.url, PATHS["anthropic"], body, {"x-mainstay-session": session} if session else {})


def session(*, stays: bool) -> str:
    """One of the sessions that stay with a suspect, or one of the others."""
    names = (f"session-{number}" for number in range(10_000))
    return next(name for name in names if (cohort_of(f"local/{name}", time.time()) < PROBE_COHORTS) is stays)


def test_who_becomes_slow_is_avoided_and_probed(premises: Premises, provider: Turnstile, standby: Turnstile) -> None:
    slowest = 0.0
    for _ in range(QUICK):
        begun = time.monotonic()
        assert ask(premises).status == 200
        slowest = max(slowest, time.monotonic() - begun)
    assert (len(provider.prompts), readiness(premises.url).suspects) == (QUICK, ())
    provider.hold()
    with ThreadPoolExecutor(SLOW) as pool:
        slow = [pool.submit(ask, premises) for _ in range(SLOW)]
        held = SLOWER * slowest + 2 * WAIT_SLACK_SECONDS
        premises.until(lambda: provider.held_seconds(QUICK + SLOW) > held, "they have waited for long")
        provider.open()
    assert [one.result().status for one in slow] == [200] * SLOW
    (suspect,) = readiness(premises.url).suspects
    assert (suspect.key.upstream, suspect.what) == ("alpha", "slow first content")
    assert readiness(premises.url).status == "degraded"
    series = 'mainstay_suspect_candidates{model="claude",upstream="alpha",what="slow first content"}'
    assert metric(premises.url, series) == 1
    avoiding = ask(premises, session(stays=False))
    assert avoiding.header("x-mainstay-upstream") == "beta"
    assert avoiding.header("x-mainstay-degraded") == "alpha: suspect: slow first content"
    assert avoiding.header("x-mainstay-attempts") == "1"
    # One session in ten stays, so that it is seen when all is well again: quick answers clear it.
    staying = session(stays=True)
    assert ask(premises, staying).header("x-mainstay-upstream") == "alpha"
    premises.until(lambda: ask(premises, staying).status == 200 and not readiness(premises.url).suspects, "it is over")
    assert ask(premises, session(stays=False)).header("x-mainstay-upstream") == "alpha"

    def changes() -> list[str]:
        records = [one for one in premises.records() if isinstance(one, CapacityRecord) and one.what == "suspect"]
        return [one.state for one in records]

    premises.until(lambda: len(changes()) == 2, "both changes are recorded")
    assert changes()[-1] == "over"
    assert len(standby.prompts) == 1
