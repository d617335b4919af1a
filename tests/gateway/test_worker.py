"""What a worker does besides serving, which the end-to-end tests show: loading its configuration again."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from mainstay.config.load import Loaded, load
from mainstay.gateway.app import Gateway
from mainstay.gateway.metrics import Metrics
from mainstay.gateway.tokens.keeper import TokenKeeper
from mainstay.gateway.worker import Settings, UnusableProxyError, Worker
from mainstay.model.catalogue import Upstream
from mainstay.model.records import ConfigurationRecord
from mainstay.wire.registry import SPEECH
from tests.gateway.doubles import FakeUpstreams, KeptRecords

YAML = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://alpha"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""


class WatchedKeeper(TokenKeeper):
    """Keeps no tokens, only the names of the upstreams that it is told to follow."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def replace(self, upstreams: Iterable[Upstream]) -> None:
        self.told.append(tuple(one.name for one in upstreams))


class Rig:
    """A worker that is not started, and the gateway that it would serve."""

    def __init__(self, path: Path, reload: Callable[[], Loaded] | None, monkeypatch: pytest.MonkeyPatch) -> None:
        loaded = load(path, {})
        assert loaded.snapshot is not None
        self.reports: list[str] = []
        settings = Settings(loaded.snapshot, loaded.sha256, "mainstay.yaml", reload, SPEECH, self.reports.append)
        self.worker = Worker(settings)
        self.journal = KeptRecords()
        self.keeper = WatchedKeeper()
        monkeypatch.setattr(self.worker, "_journal", self.journal)
        self.gateway = Gateway(
            loaded.snapshot,
            SPEECH,
            FakeUpstreams([]),
            self.journal,
            Metrics(version="1"),
            report=self.reports.append,
            next_id=lambda: "ex_1",
        )

    def reload(self) -> None:
        self.worker._reload(self.gateway, self.keeper)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "mainstay.yaml"
    path.write_text(YAML)
    return path


def rig_with(path: Path, reload: Callable[[], Loaded] | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    async def make() -> Rig:
        return Rig(path, reload, monkeypatch)

    with asyncio.Runner() as runner:
        yield runner.run(make())


@pytest.fixture
def rig(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    yield from rig_with(path, lambda: load(path, {}), monkeypatch)


@pytest.fixture
def fixed_rig(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    yield from rig_with(path, None, monkeypatch)


def test_a_good_file_is_swapped_recorded_and_reported(rig: Rig, path: Path) -> None:
    path.write_text(YAML.replace("first", "second"))
    rig.reload()
    assert rig.gateway.snapshot.model_names == ("second",)
    (record,) = rig.journal.records
    assert isinstance(record, ConfigurationRecord)
    assert (record.path, record.sha256) == ("mainstay.yaml", hashlib.sha256(path.read_bytes()).hexdigest())
    assert rig.reports == ["reload: mainstay.yaml accepted"]


def test_the_keeper_of_tokens_follows_a_good_file(rig: Rig, path: Path) -> None:
    path.write_text(YAML.replace("alpha", "omega"))
    rig.reload()
    assert rig.keeper.told == [("omega",)]


def test_a_bad_file_changes_nothing_and_every_mistake_is_reported(rig: Rig, path: Path) -> None:
    before = rig.gateway.snapshot
    path.write_text(YAML.replace("dialect: anthropic", "dialect: klingon") + "modls: {}\n")
    rig.reload()
    assert rig.gateway.snapshot is before
    assert rig.journal.records == []
    assert rig.keeper.told == []
    *mistakes, last = rig.reports
    assert sorted(line.split(":")[1].strip() for line in mistakes) == ["modls", "upstreams.alpha.dialect"]
    assert last == "reload: the file has mistakes, nothing was changed"


def test_a_file_that_is_gone_changes_nothing(rig: Rig, path: Path) -> None:
    path.unlink()
    rig.reload()
    assert rig.gateway.snapshot.model_names == ("first",)
    assert rig.reports[0].startswith("reload: mainstay.yaml: the file cannot be read")


def test_what_a_running_process_cannot_follow_is_said(rig: Rig, path: Path) -> None:
    path.write_text(YAML + "gateway: {listen: '127.0.0.1:9999'}\nstate: elsewhere\ndrafts: 'off'\n")
    rig.reload()
    last = "reload: gateway.listen, state, drafts stay as they were until the gateway is started again"
    assert rig.reports[-1] == last


def test_without_a_file_there_is_nothing_to_load_again(fixed_rig: Rig) -> None:
    fixed_rig.reload()
    assert fixed_rig.journal.records == []
    assert "cannot be loaded again" in fixed_rig.reports[0]


def test_a_proxy_that_cannot_be_used_is_refused_before_anything_is_opened(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(UnusableProxyError, match="proxy settings of the environment: only http:// proxies"):
        asyncio.run(rig.worker.run())
    assert rig.journal.records == []
