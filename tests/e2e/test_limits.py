"""Rates from outside: what an upstream may be given, what a provider tells of itself, what a caller may use."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anthropic
import openai
import pytest

from mainstay.model.records import AttemptRecord, CapacityRecord
from mainstay.wire.trust.claims import AllowanceClaim
from tests.conformance.stage import upstream
from tests.e2e.callers import PATHS, Callers, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import Premises
from tests.e2e.raw import Heard, post
from tests.e2e.readiness import readiness
from tests.e2e.turnstile import Turnstile

DOORS = list(PATHS)
PER_MINUTE = 6
WORKLOADS: Tree = {
    "default": {"queue_seconds": 0},
    "critical": {"priority": "critical", "queue_seconds": 0},
    "batch": {"priority": "batch", "queue_seconds": 0},
}
"""Nobody waits: who does not fit is told so at once."""
LONG_PROMPT = "Why do bridges hum? " * 60
"""Some three hundred tokens."""


@pytest.fixture
def provider() -> Iterator[Turnstile]:
    with Turnstile() as running:
        yield running


@pytest.fixture
def standby() -> Iterator[Turnstile]:
    with Turnstile() as running:
        yield running


def premises(folder: Path, limits: dict[str, Tree], *providers: Turnstile, **sections: Tree) -> Premises:
    """The first of these providers has the limits."""
    upstreams: dict[str, Tree] = {}
    for name, one in zip(("alpha", "beta"), providers, strict=False):
        given = upstream("anthropic", one.url)
        assert isinstance(given, dict)
        upstreams[name] = {**given, **({"limits": limits} if name == "alpha" and limits else {})}
    models: Tree = {"claude": {"candidates": [{"upstream": name} for name in upstreams]}}
    tree: dict[str, Tree] = {"upstreams": upstreams, "models": models, "workloads": WORKLOADS}
    return Premises(folder, tree | sections)


def ask(
    made: Premises, workload: str = "default", door: str = "anthropic", token: str = "", model: str = "claude"
) -> Heard:
    question = Question(model=model, stream=False, workload=workload)
    headers = {**question.headers, **({"x-api-key": token} if token else {})}
    return post(made.url, PATHS[door], question.body(door), headers)


def changes(made: Premises, what: str) -> list[CapacityRecord]:
    return [one for one in made.records() if isinstance(one, CapacityRecord) and one.what == what]


def in_seconds(seconds: float) -> str:
    """An instant as Anthropic tells it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_standby_takes_what_an_upstream_may_not_be_given(
    provider: Turnstile, standby: Turnstile, tmp_path: Path
) -> None:
    with premises(tmp_path, {"requests_per_minute": PER_MINUTE}, provider, standby) as made:
        made.start()
        heard = [ask(made) for _ in range(3 * PER_MINUTE)]
        assert {one.status for one in heard} == {200}
        assert len(provider.prompts) == PER_MINUTE
        assert len(standby.prompts) == 2 * PER_MINUTE
        assert heard[-1].header("x-mainstay-degraded").startswith("alpha: ")
        made.until_recorded(3 * PER_MINUTE)
        attempts = [one for one in made.records() if isinstance(one, AttemptRecord)]
        assert len(attempts) == 3 * PER_MINUTE


def test_without_a_standby_the_rest_is_told_to_come_again(provider: Turnstile, tmp_path: Path) -> None:
    with premises(tmp_path, {"requests_per_minute": PER_MINUTE}, provider) as made:
        made.start()
        heard = [ask(made) for _ in range(PER_MINUTE + 1)]
        assert [one.status for one in heard] == [200] * PER_MINUTE + [529]
        assert 1 <= int(heard[-1].header("retry-after")) <= 60


def test_what_a_provider_tells_is_left_to_the_urgent(provider: Turnstile, tmp_path: Path) -> None:
    with premises(tmp_path, {}, provider) as made:
        made.start()
        provider.tell("requests", 100, "20", in_seconds(50))
        assert ask(made).status == 200
        # A fifth is left: less than batch work must leave to others, and more than interactive work must.
        assert ask(made, "batch").status == 529
        assert [(one.what, one.limit) for one in readiness(made.url).capacity.quotas] == [("requests", 100)]
        assert ask(made).status == 200
        assert ask(made, "critical").status == 200
        assert len(provider.prompts) == 3


def test_nonsense_of_a_provider_is_told_once_and_stops_nobody(provider: Turnstile, tmp_path: Path) -> None:
    cases = {
        "clamped": (100, "101", 30.0),
        "disbelieved": (100, "0", 900_000.0),
        "disbelieved as well": (0, "0", 30.0),
        "not told": (100, "-5", 30.0),
        "not told either": (100, "plenty", 30.0),
    }
    models: Tree = {name.replace(" ", "-"): {"candidates": [{"upstream": "alpha"}]} for name in cases}
    with premises(tmp_path, {}, provider, models=models) as made:
        made.start()
        for name, (limit, remaining, ahead) in cases.items():
            provider.tell("requests", limit, remaining, in_seconds(ahead))
            for _ in range(3):
                assert ask(made, "batch", model=name.replace(" ", "-")).status == 200
        made.until_recorded(3 * len(cases))
        told = [(one.model, one.state) for one in changes(made, "quota")]
        assert told == [
            ("clamped", "clamped"),
            ("disbelieved", "disbelieved"),
            ("disbelieved-as-well", "disbelieved"),
        ]


def test_tokens_by_the_minute_bound_tenants_and_tokens_alike(provider: Turnstile, tmp_path: Path) -> None:
    tenants: Tree = {f"bound-{door}": {"input_tokens_per_minute": 1_000} for door in DOORS}
    with premises(tmp_path, {}, provider, tenants=tenants, auth={"callers": "tokens"}) as made:
        of_tenants = {door: made.token(f"bound-{door}") for door in DOORS}
        of_tokens = {door: made.token("free", AllowanceClaim(input_tokens_per_minute=1_000)) for door in DOORS}
        made.start()
        for door, token in (*of_tenants.items(), *of_tokens.items()):
            heard = ask(made, door=door, token=token)
            assert heard.status == 200
            assert any("ratelimit" in name for name, _ in heard.headers)
            error = refusal(made, door, token)
            assert 1 <= int(error.response.headers["retry-after"]) <= 60
            assert any("ratelimit" in name for name in error.response.headers)
            assert "may use 1000 input tokens per minute" in error.message
        told = made.until_recorded(2 * len(DOORS), fault_code="input_tokens_per_minute")
        assert {(one.outcome, one.fault, one.status) for one in told} == {("refused", "allowance", 429)}


def refusal(made: Premises, door: str, token: str) -> anthropic.RateLimitError | openai.RateLimitError:
    """What the SDK raises when the minute is used up. The provider counts a dozen tokens for each request: what was
    expected beyond is given back, so that about a dozen of these fit into the minute."""
    callers = Callers(made.url, token)
    try:
        for _ in range(200):
            callers.ask(door, Question(model="claude", prompt=LONG_PROMPT * 2, stream=False))
    except (anthropic.RateLimitError, openai.RateLimitError) as error:
        return error
    finally:
        callers.close()
    raise AssertionError("nothing was refused")


def test_the_doctor_adds_up_what_both_workers_were_asked(
    provider: Turnstile, standby: Turnstile, tmp_path: Path
) -> None:
    models: Tree = {"claude": {"candidates": [{"upstream": "beta"}, {"upstream": "alpha"}]}}
    limits: dict[str, Tree] = {"requests_per_minute": PER_MINUTE}
    with premises(tmp_path, limits, provider, standby, models=models, gateway={"workers": 2}) as made:
        made.start()
        # More than twice as many, so that one of two minutes has too many for sure.
        asked = 2 * PER_MINUTE + 2
        assert [ask(made).status for _ in range(asked)] == [200] * asked
        made.until_recorded(asked)
        said = made.run("doctor", "-c", str(made.file), code=1)
        assert "too little for the busiest minute" in said.out
        assert f"of {PER_MINUTE} requests (configured)" in said.out
        assert ask(made).status == 200
