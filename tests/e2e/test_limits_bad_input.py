"""Nonsense about limits and time, from files, callers and providers: said clearly, or put right and written down."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.records import CapacityRecord
from tests.conformance.stage import upstream
from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import Premises
from tests.e2e.raw import Body, Heard, post
from tests.e2e.test_bad_input import message
from tests.e2e.turnstile import Turnstile

DOORS = list(PATHS)
WEEK_SECONDS = 604_800
RULE: Tree = {"ttl_seconds": 60}


@pytest.fixture(scope="module")
def provider() -> Iterator[Turnstile]:
    with Turnstile() as running:
        yield running


@pytest.fixture(scope="module")
def premises(provider: Turnstile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    with Premises(tmp_path_factory.mktemp("limits"), tree(provider.url)) as made:
        made.token()
        yield made.start()


def tree(url: str) -> dict[str, Tree]:
    return {
        "upstreams": {"alpha": upstream("anthropic", url)},
        "models": {"claude": {"candidates": [{"upstream": "alpha"}]}},
        "workloads": {"default": {"cache": RULE}, "bare": {}},
        "tenants": {"strangers": {"cache": "off"}},
        "auth": {"callers": "tokens"},
    }


def body_of(door: str) -> Body:
    return Question(model="claude", stream=False).body(door)


def ask(premises: Premises, door: str, headers: dict[str, str], tenant: str = "acme") -> Heard:
    return post(premises.url, PATHS[door], body_of(door), {"x-api-key": premises.token(tenant), **headers})


MISTAKES = [
    ({"limits": {"concurrency": 0}}, "upstreams.alpha.limits.concurrency", "a whole number from 1 to 1000000"),
    ({"limits": {"concurrency": -4}}, "upstreams.alpha.limits.concurrency", "a whole number from 1 to 1000000"),
    ({"limits": {"requests_per_minute": -1}}, "limits.requests_per_minute", "from 1 to 1000000000"),
    ({"limits": {"input_tokens_per_minute": 10**30}}, "limits.input_tokens_per_minute", "from 1 to 1000000000"),
    ({"limits": {"output_tokens_per_minute": 1.5}}, "limits.output_tokens_per_minute", "a whole number"),
    ({"limits": {"reserved": {"default": 101}}}, "limits.reserved", "a percentage above 0 and at most 100"),
    ({"limits": {"reserved": {"default": 60, "bare": 60}}}, "limits.reserved", "comes to 120 percent"),
    ({"limits": {"reserved": {"nobody": 60}}}, "limits.reserved.nobody", "is not the name of a workload"),
    ({"limits": {"concurency": 4}}, "limits.concurency", "concurrency"),
]


@pytest.mark.parametrize(("changed", "path", "says"), MISTAKES, ids=[str(one) for one in range(len(MISTAKES))])
def test_absurd_limits_are_named_with_what_they_may_be(
    changed: dict[str, Tree], path: str, says: str, tmp_path: Path
) -> None:
    made = tree("http://127.0.0.1:9")
    given = upstream("anthropic", "http://127.0.0.1:9")
    assert isinstance(given, dict)
    alpha: Tree = {**given, **changed}
    made["upstreams"] = {"alpha": alpha}
    with Premises(tmp_path, made) as premises:
        said = premises.run("check", "-c", str(premises.file), code=1)
        line = next(line for line in (said.out + said.err).splitlines() if path in line)
        assert says in line


def test_a_priority_that_nobody_defined_is_named_with_those_there_are(tmp_path: Path) -> None:
    workloads: Tree = {"default": {"priority": "urgent"}}
    made = {**tree("http://127.0.0.1:9"), "workloads": workloads}
    with Premises(tmp_path, made) as premises:
        said = premises.run("check", "-c", str(premises.file), code=1)
        line = next(line for line in (said.out + said.err).splitlines() if "workloads.default.priority" in line)
        assert all(name in line for name in ("critical", "interactive", "batch"))


@pytest.mark.parametrize("value", ["-5", "0", "nan", "inf", "1e99", "tomorrow", ""])
@pytest.mark.parametrize("door", DOORS)
def test_a_deadline_that_is_none_is_refused(door: str, value: str, premises: Premises) -> None:
    heard = ask(premises, door, {"x-mainstay-deadline-seconds": value})
    assert heard.status == 400
    assert "must be a number above 0 and at most 86400" in message(door, heard.body)


@pytest.mark.parametrize(
    ("headers", "tenant", "status", "says"),
    [
        ({"x-mainstay-cache": "repeatable"}, "strangers", 403, "your tenant may not use the cache"),
        ({"x-mainstay-cache": "for ever"}, "acme", 400, "x-mainstay-cache must be one of: "),
        ({"x-mainstay-workload": "urgent"}, "acme", 400, "x-mainstay-workload must be one of: bare, default"),
    ],
)
@pytest.mark.parametrize("door", DOORS)
def test_wishes_that_nobody_may_have_are_refused(
    door: str, headers: dict[str, str], tenant: str, status: int, says: str, premises: Premises
) -> None:
    heard = ask(premises, door, headers, tenant)
    assert heard.status == status
    assert says in message(door, heard.body)


@pytest.mark.parametrize("form", ["seconds", "milliseconds", "date"])
def test_a_provider_that_asks_for_a_week_is_asked_again_sooner(form: str, tmp_path: Path) -> None:
    with FakeProviderThread("alpha") as alpha, FakeProviderThread("beta") as beta:
        made: dict[str, Tree] = {
            "upstreams": {"alpha": upstream("anthropic", alpha.url), "beta": upstream("anthropic", beta.url)},
            "models": {"claude": {"candidates": [{"upstream": "alpha"}, {"upstream": "beta"}]}},
        }
        with Premises(tmp_path, made) as premises:
            premises.start()
            alpha.break_with(f"throttle:retry_after={WEEK_SECONDS},form={form}", 1)
            heard = post(premises.url, PATHS["anthropic"], body_of("anthropic"))
            assert (heard.status, heard.header("x-mainstay-upstream")) == (200, "beta")
            assert heard.header("x-mainstay-degraded") == "alpha: throttle"
            premises.until_recorded(1)
            (told,) = [one for one in premises.records() if isinstance(one, CapacityRecord) and one.what == "wait"]
            assert (told.upstream, told.state) == ("alpha", "3600")
            assert "rest" in told.reason
