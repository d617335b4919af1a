"""Who is in charge, with real signals and files and workers that take notes."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mainstay.config.load import Loaded, load, load_text
from mainstay.gateway.supervisor import chief as chief_module
from mainstay.gateway.supervisor.archive import Archive
from mainstay.gateway.supervisor.chief import Chief
from mainstay.gateway.supervisor.lock import GatewayLock
from mainstay.gateway.supervisor.standing import ConfigurationStanding, Roll, WorkerStanding, read_standing
from mainstay.gateway.supervisor.versions import Version, Versions
from mainstay.ledger.errors import StateInUseError

YAML = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://alpha"}}
models: {first: {candidates: [{upstream: alpha}]}}
state: state
"""
PATIENCE_SECONDS = 20.0


class NotingWorkforce:
    """Those who serve. `plays` happens while they do."""

    def __init__(self, plays: Callable[["NotingWorkforce"], object]) -> None:
        self.happened: list[str] = []
        self.draining = False
        self.workers = (WorkerStanding(0, "serving", 7),)
        self.roll = Roll()
        self.disk_trouble = ""
        self.over = asyncio.Event()
        self._plays = plays

    async def work(self, version: Version) -> None:
        self.happened.append(f"work {version.snapshot.model_names[0]}")
        self._plays(self)
        await self.over.wait()

    def adopt(self, version: Version) -> None:
        self.happened.append(f"adopt {version.snapshot.model_names[0]}")

    def configured(self, standing: ConfigurationStanding) -> None:
        self.disk_trouble = standing.disk_trouble
        self.happened.append("configured" if standing.refused is None else "configured, one refused")

    def alert(self, message: str) -> None:
        self.happened.append(f"alert {message[:20]}")

    def restart(self) -> None:
        self.happened.append("restart")

    def stop(self) -> None:
        self.happened.append("stop")
        self.over.set()


class FileSource:
    def __init__(self, path: Path) -> None:
        self.path: Path | None = path
        self.name = str(path)

    def load_text(self, text: bytes) -> Loaded:
        assert self.path is not None
        return load_text(text, self.path.parent, {})


class Rig:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "mainstay.yaml"
        self.state = folder / "state"
        self.told: list[str] = []
        self.chief: Chief
        self.write("first")

    def write(self, model: str) -> None:
        self.path.write_text(YAML.replace("first", model))

    def run(self, plays: Callable[[NotingWorkforce], object]) -> list[str]:
        async def work() -> list[str]:
            workforce = NotingWorkforce(plays)
            loaded = load(self.path, {})
            versions = Versions(
                FileSource(self.path), loaded, Archive(self.state), wall=lambda: 1.0, report=self.told.append
            )
            self.chief = Chief(workforce, versions, self.state, self.path, report=self.told.append, wall=lambda: 2.0)
            await asyncio.wait_for(self.chief.run(), PATIENCE_SECONDS)
            return workforce.happened

        return asyncio.run(work())


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def soon(*steps: Callable[[], object]) -> Callable[[NotingWorkforce], object]:
    """These steps, a turn of the event loop after each other, and then the end."""

    async def play(workforce: NotingWorkforce) -> None:
        for step in steps:
            step()
            for _ in range(10):
                await asyncio.sleep(0)
        if not workforce.over.is_set():
            workforce.stop()

    keep: list[asyncio.Task[None]] = []
    return lambda workforce: keep.append(asyncio.get_running_loop().create_task(play(workforce)))


def raises(number: signal.Signals) -> Callable[[], object]:
    return lambda: os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told(rig: Rig, number: signal.Signals) -> None:
    assert rig.run(soon(raises(number))) == ["configured", "work first", "stop"]


def test_a_hangup_loads_the_file_again(rig: Rig) -> None:
    happened = rig.run(soon(lambda: rig.write("second"), raises(signal.SIGHUP)))
    assert happened == ["configured", "work first", "configured", "adopt second", "stop"]


def test_a_bad_file_is_an_alert_once(rig: Rig) -> None:
    def spoil() -> None:
        rig.path.write_text("models: {}\n")

    happened = rig.run(soon(spoil, raises(signal.SIGHUP), raises(signal.SIGUSR1)))
    assert happened[3].startswith("alert ")
    assert [*happened[2:3], *happened[4:]] == ["configured, one refused", "stop"]
    assert sum(one.startswith("alert") for one in happened) == 1, "going back to nowhere is no second one"


def test_it_goes_back_when_told(rig: Rig) -> None:
    happened = rig.run(soon(lambda: rig.write("second"), raises(signal.SIGHUP), raises(signal.SIGUSR1)))
    assert happened[-3:] == ["configured", "adopt first", "stop"], "whoever adopts it knows that it was gone back to"


def test_a_restart_is_passed_on(rig: Rig) -> None:
    assert rig.run(soon(raises(signal.SIGUSR2)))[-2:] == ["restart", "stop"]


def test_a_file_that_has_changed_is_noticed(rig: Rig) -> None:
    def look() -> None:
        rig.chief.look()

    happened = rig.run(soon(lambda: rig.write("second"), look, look))
    assert "adopt second" in happened


def test_it_looks_at_the_file_by_itself(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chief_module, "LOOK_SECONDS", 0.0)

    def plays(workforce: NotingWorkforce) -> None:
        rig.write("second")
        adopt = workforce.adopt

        def adopt_and_stop(version: Version) -> None:
            adopt(version)
            workforce.stop()

        workforce.adopt = adopt_and_stop  # type: ignore[method-assign]

    assert "adopt second" in rig.run(plays)


def test_how_things_stand_is_written_down(rig: Rig) -> None:
    rig.run(soon())
    standing = read_standing(rig.state)
    assert standing is not None
    assert (standing.pid, standing.path, standing.started_at) == (os.getpid(), str(rig.path), 2.0)
    assert standing.workers == (WorkerStanding(0, "serving", 7),)
    assert standing.configuration.accepted_at == 1.0
    assert standing.drain_seconds == 30.0


def test_a_state_folder_in_use_is_refused_before_anything_is_done(rig: Rig) -> None:
    other = GatewayLock(rig.state, pytest.fail)
    other.take()
    with pytest.raises(StateInUseError):
        rig.run(lambda _: pytest.fail("somebody works"))
    other.release()
    assert not (rig.state / "configurations").exists()


def test_the_gateway_has_a_name_of_its_own_from_the_start(rig: Rig) -> None:
    rig.run(soon())
    assert (rig.state / "run" / "gateway-id").exists()


def test_the_lock_is_free_afterwards(rig: Rig) -> None:
    rig.run(soon())
    rig.run(soon())


def test_those_who_serve_are_told_what_cannot_be_written_down(rig: Rig) -> None:
    rig.state.mkdir()
    (rig.state / "run").write_text("in the way")
    found: list[str] = []
    rig.run(lambda workforce: soon(lambda: None, lambda: found.append(workforce.disk_trouble))(workforce))
    assert "a second gateway on this folder would not be noticed" in found[0]
    assert "`mainstay route` cannot see this gateway" in found[0]
