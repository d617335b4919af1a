"""A gateway of one worker, with a worker that takes notes."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.supervisor.alone import Alone, name_of
from mainstay.gateway.supervisor.standing import ConfigurationStanding
from mainstay.gateway.supervisor.versions import Version
from mainstay.gateway.worker import Worker

YAML = b'{upstreams: {a: {dialect: anthropic, base_url: "http://a"}}, models: {m: {candidates: [{upstream: a}]}}}'
STANDING = ConfigurationStanding("ab", 1.0)


def snapshot() -> Snapshot:
    loaded = load_text(YAML, Path("/nowhere"), {})
    assert loaded.snapshot is not None
    return loaded.snapshot


class NotingWorker:
    """What a worker is told."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.configuration: ConfigurationStanding | None = None
        self.ready: Callable[[], None] = lambda: None

    async def run(self) -> None:
        self.happened.append("run")
        self.ready()

    def configured(self, standing: ConfigurationStanding) -> None:
        self.configuration = standing

    def stop(self) -> None:
        self.happened.append("stop")

    def load(self, _snapshot: Snapshot, sha256: str, path: str) -> None:
        self.happened.append(f"load {sha256} {path}")

    def alert(self, message: str) -> None:
        self.happened.append(f"alert {message}")


class Rig:
    def __init__(self) -> None:
        self.worker = NotingWorker()
        self.told: list[str] = []
        self.alone = Alone(self._made, "file.yaml", self.told.append)
        self.version = Version(snapshot(), "ab")

    def _made(self, version: Version, ready: Callable[[], None]) -> Worker:
        assert version is self.version
        self.worker.ready = ready
        return cast("Worker", self.worker)

    def work(self) -> None:
        asyncio.run(self.alone.work(self.version))


def test_the_worker_runs_the_version_and_serves() -> None:
    rig = Rig()
    rig.alone.configured(STANDING)
    assert rig.alone.workers[0].state == "starting"
    rig.work()
    (one,) = rig.alone.workers
    assert (one.state, one.pid, one.sha256) == ("serving", os.getpid(), "ab")
    assert rig.worker.configuration == STANDING


def test_everything_is_passed_on() -> None:
    rig = Rig()
    rig.work()
    rig.alone.adopt(Version(snapshot(), "cd", rolled_back=True))
    rig.alone.alert("bad file")
    rig.alone.configured(STANDING)
    rig.alone.stop()
    assert rig.worker.happened == ["run", "load cd file.yaml (rolled back)", "alert bad file", "stop"]
    assert rig.worker.configuration == STANDING
    assert (rig.alone.draining, rig.alone.workers[0].state, rig.alone.workers[0].sha256) == (True, "ending", "cd")


def test_who_is_told_to_stop_before_it_serves_stops() -> None:
    rig = Rig()
    rig.alone.stop()
    rig.alone.alert("nobody to write it down")
    rig.work()
    assert rig.worker.happened == ["stop", "run"]


def test_one_worker_is_not_restarted_and_that_is_said() -> None:
    rig = Rig()
    rig.alone.restart()
    assert (rig.alone.roll.number, rig.alone.roll.under_way) == (1, False)
    assert "2 or more" in rig.alone.roll.trouble
    assert rig.told == [f"restart: {rig.alone.roll.trouble}"]


def test_records_say_which_version_was_gone_back_to() -> None:
    version = Version(snapshot(), "ab")
    assert name_of("f", version) == "f"
    assert name_of("f", Version(snapshot(), "ab", rolled_back=True)) == "f (rolled back)"
