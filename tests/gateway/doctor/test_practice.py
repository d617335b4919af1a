"""The doctor with everything real, against fake providers: what it reports, and that it leaves no trace."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.doctor.findings import Proof
from mainstay.gateway.doctor.practice import UnusableWishError, consult, proof_records
from mainstay.gateway.doctor.rounds import Wanted
from mainstay.gateway.doctor.verdict import ModelReport, Report
from mainstay.gateway.equipment import UnusableProxyError
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.sqlite import RecordStore
from mainstay.model.records import ProofRecord
from mainstay.wire.registry import SPEECH
from tests.gateway.doctor.wards import KEY
from tests.ledger.conftest import exchange

PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


class Practice:
    """Two providers, and a file with a model that both serve."""

    def __init__(self, folder: Path, first: FakeProviderThread, standby: FakeProviderThread) -> None:
        self.state = folder / "state"
        self.first = first
        self.standby = standby
        keys = [{"name": "main", "key": "env:DOCTORS_KEY"}]
        tree = {
            "state": str(self.state),
            "upstreams": {
                "alpha": {"dialect": "anthropic", "base_url": first.url, "credentials": keys},
                "beta": {"dialect": "openai-chat", "base_url": f"{standby.url}/v1", "credentials": keys},
            },
            "models": {
                "claude": {"candidates": [{"upstream": "alpha"}, {"upstream": "beta", "model": "gpt"}]},
                "again": {"candidates": [{"upstream": "beta", "model": "gpt"}]},
            },
        }
        loaded = load_text(msgspec.json.encode(tree), folder, {"DOCTORS_KEY": KEY})
        assert loaded.snapshot is not None, loaded.mistakes
        self.snapshot: Snapshot = loaded.snapshot

    def consult(self, wanted: Wanted | None = None) -> Report:
        return asyncio.run(consult(self.snapshot, SPEECH, wanted or Wanted(seconds=5.0)))


@pytest.fixture
def practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    secretive = Personality(key=KEY)
    with (
        FakeProviderThread("primary", personality=secretive) as first,
        FakeProviderThread("standby", personality=secretive) as standby,
    ):
        yield Practice(tmp_path, first, standby)


def test_a_healthy_house_is_well_and_untouched(practice: Practice) -> None:
    report = practice.consult()
    assert report.ok
    assert [(one.model, one.workloads[0].survives) for one in report.models] == [("claude", True), ("again", None)]
    assert report.warnings == ("again: has no standby: add a candidate at another upstream",)
    assert (len(practice.first.requests), len(practice.standby.requests)) == (1, 2)
    assert not practice.state.exists()


def test_nothing_that_is_told_holds_a_secret(practice: Practice) -> None:
    practice.standby.break_with("auth")
    assert KEY not in msgspec.json.encode(practice.consult()).decode()


def test_a_standby_that_is_ill_is_told_by_each_model_that_names_it(practice: Practice) -> None:
    practice.standby.break_with("not-found")
    report = practice.consult()
    assert not report.ok
    assert [one.is_well for one in report.models] == [False, False]


def test_only_what_is_wanted_is_asked(practice: Practice) -> None:
    report = practice.consult(Wanted(models=("again",), seconds=5.0))
    assert [one.model for one in report.models] == ["again"]
    assert practice.first.requests == ()


def test_a_wish_that_cannot_be_met_asks_nobody(practice: Practice) -> None:
    with pytest.raises(UnusableWishError, match="no model 'gone'"):
        practice.consult(Wanted(models=("gone",)))
    assert practice.first.requests == ()


def test_a_proxy_that_cannot_be_used_is_told(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://proxy")
    with pytest.raises(UnusableProxyError, match="proxy settings of the environment"):
        practice.consult()


def test_the_last_hour_is_read_beside_a_gateway_that_writes_it(practice: Practice) -> None:
    file = JournalFile(journal_path(practice.state, 0), time.time)
    with file.open() as store:
        busy = [exchange(f"ex_{number}", time.time() - 5) for number in range(10)]
        store.append([msgspec.structs.replace(one, dialect="openai-responses") for one in busy])
        report = practice.consult()
    file.release()
    checks = {one.name: one for one in report.models[0].proofs[0].checks}
    assert checks["quota"].words.startswith("the busiest minute needs ")
    assert "openai-responses (streamed) to anthropic" in checks["translation"].words


def test_a_journal_that_cannot_be_read_is_a_warning(practice: Practice) -> None:
    practice.state.mkdir()
    journal_path(practice.state, 0).write_bytes(b"no database" * 1_000)
    report = practice.consult()
    assert report.ok
    assert report.warnings[-1].startswith("not all of the last hour is known: ")


def test_simulated_providers_prove_nothing(practice: Practice) -> None:
    upstreams = tuple(msgspec.structs.replace(one, simulated=True) for one in practice.snapshot.upstreams)
    practice.snapshot = msgspec.structs.replace(practice.snapshot, upstreams=upstreams)
    assert "simulated" in practice.consult().warnings[-1]


def test_the_gateways_tokens_are_left_alone_dead_or_not(practice: Practice) -> None:
    dead = practice.state / "tokens" / f"{32 * '0'}.json"
    dead.parent.mkdir(parents=True)
    dead.write_bytes(msgspec.json.encode({"origin": "x", "value": "y", "expires_at": 1.0}))
    practice.consult()
    assert dead.exists()


def test_whom_nobody_asked_leaves_no_proof() -> None:
    kept_out = Proof("beta", "gpt", "", "", "unknown", ())
    assert proof_records(Report(1.0, ok=True, models=(ModelReport("claude", (kept_out,), ()),)), lambda: "id") == []


def test_each_pair_leaves_one_proof(practice: Practice) -> None:
    practice.standby.break_with("auth")
    report = practice.consult()
    numbers = iter(range(10))
    records = proof_records(report, lambda: f"id_{next(numbers)}")
    assert all(isinstance(one, ProofRecord) for one in records)
    assert [(one.id, one.at) for one in records] == [("id_0", report.at), ("id_1", report.at)]
    said = [(one.upstream, one.model, one.credential, one.outcome) for one in records if isinstance(one, ProofRecord)]
    assert said == [("alpha", "claude", "main", "ok"), ("beta", "gpt", "main", "failed")]
    with RecordStore(practice.state.parent / "proofs.sqlite") as store:
        assert store.append(records) == 2


def test_a_token_that_is_never_given_is_told_with_the_reason(tmp_path: Path) -> None:
    account = {"type": "service_account", "client_email": "a@b", "private_key": "none", "token_uri": "https://x"}
    tree = {
        "state": str(tmp_path / "state"),
        "upstreams": {
            "vertex": {
                "dialect": "gemini",
                "platform": "vertex",
                "region": "europe-west1",
                "base_url": "http://127.0.0.1:9/v1/projects/p/locations/europe-west1",
                "credentials": [{"name": "main", "key": "env:ACCOUNT"}],
            }
        },
        "models": {"flash": {"candidates": [{"upstream": "vertex"}]}},
    }
    environment = {"ACCOUNT": msgspec.json.encode(account).decode()}
    snapshot = load_text(msgspec.json.encode(tree), tmp_path, environment).snapshot
    assert snapshot is not None
    report = asyncio.run(consult(snapshot, SPEECH, Wanted(seconds=5.0)))
    (credential,) = [one for one in report.models[0].proofs[0].checks if one.name == "credential"]
    assert credential.outcome == "failed"
    assert credential.words.startswith("main gives no living token: ")
    assert not (tmp_path / "state").exists()
