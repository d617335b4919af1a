"""Probes against a fake provider, over real sockets."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.components import component_of
from mainstay.model.records import ProbeRecord
from mainstay.wiring.probing import RealProbes, open_probes
from tests.gateway.tokens.identity import service_account_text


@pytest.fixture
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread() as provider:
        yield provider


def snapshot(folder: Path, url: str) -> Snapshot:
    tree = {
        "state": str(folder / "state"),
        "upstreams": {
            "alpha": {
                "dialect": "anthropic",
                "base_url": url,
                "credentials": [{"name": "main", "key": "env:KEY"}, {"name": "spare", "key": "env:SPARE"}],
            },
            "any": {"dialect": "openai-chat", "base_url": f"{url}/v1"},
            "cloud": {
                "dialect": "gemini",
                "platform": "vertex",
                "region": "europe-west1",
                "project": "p",
                "base_url": f"{url}/v1/projects/p/locations/europe-west1",
                "credentials": [{"name": "robot", "key": "env:ROBOT"}],
            },
        },
        "models": {
            "dear": {"candidates": [{"upstream": "alpha", "model": "opus"}, {"upstream": "cloud", "model": "gemini"}]},
            "cheap": {"candidates": [{"upstream": "alpha", "model": "haiku"}]},
            "*": {"candidates": [{"upstream": "any"}]},
        },
        "prices": {"opus": {"input": 15.0, "output": 75.0}, "haiku": {"input": 1.0, "output": 5.0}},
        "auth": {"issuers": [{"issuer": f"{url}/issuer", "audience": "us", "tenant": "t"}]},
    }
    secrets = {"KEY": "sk-a", "SPARE": "sk-b", "ROBOT": service_account_text(f"{url}/token")}
    loaded = load_text(msgspec.json.encode(tree), folder, secrets)
    assert loaded.snapshot is not None, loaded.mistakes
    return loaded.snapshot


class Asked(msgspec.Struct):
    model: str


class Bench:
    def __init__(self, folder: Path, provider: FakeProviderThread) -> None:
        self.provider = provider
        self.ours = snapshot(folder, provider.url)

    def probe(self, name: str, reason: str = "suspect") -> ProbeRecord:
        component = component_of(name)
        assert component is not None

        async def work() -> ProbeRecord:
            async with open_probes(lambda: self.ours, lambda: "id") as probes:
                assert probes.objection(component) == ""
                return await probes.perform(component, reason)

        return asyncio.run(work())

    def ask(self, question: str, name: str) -> object:
        component = component_of(name)
        assert component is not None

        async def work() -> object:
            async with open_probes(lambda: self.ours) as probes:
                method = probes.objection if question == "objection" else probes.cost_nanodollars
                return method(component)

        return asyncio.run(work())

    @property
    def models(self) -> list[str]:
        return [msgspec.json.decode(one.request.body, type=Asked).model for one in self.provider.requests]

    @property
    def paths(self) -> list[str]:
        return [one.request.path for one in self.provider.requests]


@pytest.fixture
def bench(tmp_path: Path, provider: FakeProviderThread) -> Bench:
    return Bench(tmp_path, provider)


def test_a_model_is_asked_as_callers_would(bench: Bench) -> None:
    record = bench.probe("upstream:alpha/opus")
    assert (record.component, record.outcome, record.fault, record.reason) == (
        "upstream:alpha/opus",
        "served",
        "",
        "suspect",
    )
    assert record.first_content_seconds is not None
    assert 0 < record.first_content_seconds <= record.seconds
    assert record.cost_nanodollars == 64 * 15_000 + 64 * 75_000
    assert bench.models == ["opus"]


def test_of_a_whole_upstream_the_cheapest_model_is_asked(bench: Bench) -> None:
    assert bench.probe("upstream:alpha").outcome == "served"
    assert bench.models == ["haiku"]
    assert bench.ask("cost", "upstream:alpha") == 64 * 1_000 + 64 * 5_000


def test_a_provider_in_trouble_has_failed(bench: Bench) -> None:
    bench.provider.break_with("overloaded")
    record = bench.probe("upstream:alpha/opus")
    assert (record.outcome, record.fault, record.blame, record.status) == ("failed", "overload", "provider", 529)


def test_a_key_that_is_refused_is_not_the_providers_fault(bench: Bench) -> None:
    bench.provider.break_with("auth")
    record = bench.probe("upstream:alpha/opus")
    assert (record.outcome, record.fault, record.blame) == ("failed", "auth", "nobody")


def test_another_key_tells_how_the_provider_is(bench: Bench) -> None:
    bench.provider.break_with("auth", key="sk-a")
    assert bench.probe("upstream:alpha/opus").outcome == "served"
    assert bench.models == ["opus", "opus"]


def test_silence_is_the_providers_fault(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.wiring.probing.PROBE_SECONDS", 0.2)
    bench.provider.break_with("stall:phase=headers")
    record = bench.probe("upstream:alpha/opus")
    assert (record.outcome, record.fault, record.blame) == ("failed", "stall", "provider")


def test_the_administration_is_asked_for_models_and_costs_nothing(bench: Bench) -> None:
    record = bench.probe("upstream:alpha#admin", "admin")
    assert (record.outcome, record.cost_nanodollars) == ("served", None)
    assert bench.paths == ["/v1/models"]


def test_an_upstream_of_every_name_is_asked_for_models(bench: Bench) -> None:
    assert bench.probe("upstream:any").outcome == "served"
    assert bench.paths == ["/v1/models"]


def test_the_login_is_asked_for_a_token(bench: Bench) -> None:
    record = bench.probe("upstream:cloud#login", "login")
    assert (record.outcome, record.fault) == ("served", "")
    bench.provider.break_with("status:code=500")
    record = bench.probe("upstream:cloud#login", "login")
    assert (record.outcome, record.blame) == ("failed", "provider")


def test_a_model_behind_a_login_is_asked_with_a_token(bench: Bench) -> None:
    assert bench.probe("upstream:cloud/gemini").outcome == "served"
    assert len(bench.provider.requests) == 2


def test_an_issuer_that_gives_no_keys_has_failed_and_is_nobodys_fault(bench: Bench) -> None:
    record = bench.probe("gateway", "login")
    assert (record.outcome, record.blame) == ("failed", "nobody")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("upstream:gone", "no upstream 'gone'"),
        ("upstream:alpha/gone", "serves no model 'gone'"),
        ("upstream:alpha#login", "has no login"),
        ("upstream:cloud#admin", "cannot be asked for a list"),
        ("model:dear", "only components of upstreams"),
    ],
)
def test_where_there_is_nothing_to_probe_it_is_said_why(bench: Bench, name: str, words: str) -> None:
    assert words in str(bench.ask("objection", name))


def test_nothing_is_known_of_a_price_that_nobody_named(bench: Bench) -> None:
    assert bench.ask("cost", "upstream:cloud/gemini") == 0


def test_probes_are_what_the_prober_wants() -> None:
    assert {"objection", "cost_nanodollars", "perform"} <= set(dir(RealProbes))
