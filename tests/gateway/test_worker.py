"""What a worker does besides serving, which the end-to-end tests show: following its configuration, and its end."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.drafts.lock import FolderLock
from mainstay.gateway.equipment import OPEN, UnusableProxyError
from mainstay.gateway.supervisor.standing import ConfigurationStanding
from mainstay.gateway.worker import Settings, Worker
from mainstay.ledger.errors import StateInUseError
from mainstay.ledger.files import journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.records import AlertRecord, ConfigurationRecord, ProcessRecord
from mainstay.wire.registry import SPEECH

YAML = """
gateway: {listen: "127.0.0.1:0", drain_seconds: 1}
upstreams: {alpha: {dialect: anthropic, base_url: "http://alpha"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""
PATIENCE_SECONDS = 20.0
Kind = TypeVar("Kind", AlertRecord, ConfigurationRecord, ProcessRecord)


def snapshot(folder: Path, text: str = YAML) -> Snapshot:
    loaded = load_text(text.encode(), folder, {})
    assert loaded.snapshot is not None, loaded.mistakes
    return loaded.snapshot


class Rig:
    """A worker on a folder of its own."""

    def __init__(self, folder: Path, number: int = 0) -> None:
        self.folder = folder
        self.state = folder / "mainstay-data"
        self.number = number
        self.told: list[str] = []
        self.worker: Worker

    def run(self, *steps: Callable[[], object]) -> None:
        """Serve, take these steps, and stop."""

        async def work() -> None:
            served = asyncio.Event()
            settings = Settings(
                snapshot(self.folder), "ab", "mainstay.yaml", SPEECH, self.told.append, self.number, role="worker"
            )
            self.worker = Worker(settings, served.set)
            running = asyncio.ensure_future(self.worker.run())
            waiting = asyncio.ensure_future(served.wait())
            await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
            for step in steps:
                step()
            self.worker.stop()
            waiting.cancel()
            await asyncio.wait_for(running, PATIENCE_SECONDS)

        asyncio.run(work())

    def records(self, kind: type[Kind]) -> list[Kind]:
        with RecordReader(journal_path(self.state, self.number)) as reader:
            name = str(kind.__struct_config__.tag)
            found = [row.record() for row in reader.newest_since(name, 0.0, 100)]
        return [one for one in found if isinstance(one, kind)]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_life_is_recorded_from_its_start_to_its_end(rig: Rig) -> None:
    rig.run()
    events = [(one.role, one.event, one.pid) for one in rig.records(ProcessRecord)]
    assert events == [("worker", "started", os.getpid()), ("worker", "stopped", os.getpid())]
    (accepted,) = rig.records(ConfigurationRecord)
    assert (accepted.path, accepted.sha256) == ("mainstay.yaml", "ab")
    assert rig.told == [OPEN]


def test_another_configuration_is_swapped_in_and_recorded(rig: Rig) -> None:
    def load() -> None:
        rig.worker.load(snapshot(rig.folder, YAML.replace("first", "second")), "cd", "mainstay.yaml (rolled back)")
        gateway = rig.worker._gateway
        assert gateway is not None
        assert gateway.snapshot.model_names == ("second",)

    rig.run(load)
    accepted = [(one.path, one.sha256) for one in rig.records(ConfigurationRecord)]
    assert accepted == [("mainstay.yaml", "ab"), ("mainstay.yaml (rolled back)", "cd")]


def test_what_happened_to_others_is_written_down(rig: Rig) -> None:
    rig.run(lambda: rig.worker.note("worker 1 ended with code -9", 7))
    noted = [(one.role, one.event, one.pid) for one in rig.records(ProcessRecord)]
    assert ("worker", "worker 1 ended with code -9", 7) in noted


def test_a_refused_file_is_an_alert(rig: Rig) -> None:
    rig.run(lambda: rig.worker.alert("models: missing"))
    (alert,) = rig.records(AlertRecord)
    assert (alert.kind, alert.message) == ("configuration-refused", "models: missing")


def test_one_that_is_told_to_stop_says_so_and_one_that_retires_does_not(rig: Rig) -> None:
    states: list[bool] = []

    def retire() -> None:
        gateway = rig.worker._gateway
        assert gateway is not None
        rig.worker.retire()
        states.append(gateway.draining)
        rig.worker.stop()
        states.append(gateway.draining)
        assert not rig.worker._hurry.is_set(), "retiring first is no reason to hurry"

    rig.run(retire)
    assert states == [False, True]


def test_a_second_word_ends_the_waiting(rig: Rig) -> None:
    def stop() -> None:
        rig.worker.stop()
        assert not rig.worker._hurry.is_set()
        rig.worker.stop()
        assert rig.worker._hurry.is_set()

    rig.run(stop)


def test_an_orphan_waits_no_longer_than_it_is_told(rig: Rig) -> None:
    rig.run(lambda: rig.worker.orphaned(0.0))


def test_each_worker_has_files_of_its_own(tmp_path: Path) -> None:
    Rig(tmp_path, 3).run()
    assert (tmp_path / "mainstay-data" / "journal-3.sqlite").exists()
    assert (tmp_path / "mainstay-data" / "drafts-3").is_dir()


def test_how_the_configuration_stands_is_kept_for_those_who_ask(rig: Rig) -> None:
    standing = ConfigurationStanding("ab", 1.0)

    def tell() -> None:
        rig.worker.configured(standing)
        equipment = rig.worker._equipment
        assert equipment is not None
        assert ("configuration", standing) in [(part.name, part.body) for part in equipment.parts()]

    rig.run(tell)


def test_drafts_that_are_in_use_are_not_ours(rig: Rig) -> None:
    folder = rig.state / "drafts"
    folder.mkdir(parents=True)
    lock = FolderLock(folder)
    lock.take()
    with pytest.raises(StateInUseError, match="in use"):
        rig.run()
    lock.release()


def test_without_room_for_drafts_it_serves_and_says_so(rig: Rig) -> None:
    rig.state.mkdir()
    (rig.state / "drafts").write_text("no folder")
    rig.run()
    assert any(line.startswith("drafts: none can be kept") for line in rig.told)


def test_a_proxy_that_cannot_be_used_is_refused_before_anything_is_opened(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(UnusableProxyError, match="proxy settings of the environment: only http:// proxies"):
        rig.run()
    assert not journal_path(rig.state, 0).exists()
