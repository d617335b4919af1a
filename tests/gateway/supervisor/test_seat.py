"""A worker under a supervisor that is a test, with a worker that takes notes."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import cast

import pytest

from mainstay.config.load import Loaded, load_text
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.supervisor import seat as seat_module
from mainstay.gateway.supervisor.channel import SupervisorChannel, supervisors_end
from mainstay.gateway.supervisor.messages import (
    Alert,
    Beat,
    Configured,
    Load,
    Note,
    Order,
    Ready,
    Report,
    Retire,
)
from mainstay.gateway.supervisor.messages import (
    Loaded as Runs,
)
from mainstay.gateway.supervisor.seat import ORPHAN_DRAIN_SECONDS, Seat, UnusableOrderError
from mainstay.gateway.supervisor.standing import ConfigurationStanding
from mainstay.gateway.worker import Worker

YAML = b'{upstreams: {a: {dialect: anthropic, base_url: "http://a"}}, models: {%b: {candidates: [{upstream: a}]}}}'
PATIENCE_SECONDS = 20.0
STANDING = ConfigurationStanding("ab", 1.0, rolled_back=True)


class NotingWorker:
    """What a worker is told; it runs until it is told to end."""

    def __init__(self, models: tuple[str, ...], ready: Callable[[], None]) -> None:
        self.happened = [f"made for {models[0]}"]
        self.configuration: ConfigurationStanding | None = None
        self._ready = ready
        self._over = asyncio.Event()

    async def run(self) -> None:
        self._ready()
        await self._over.wait()

    def configured(self, standing: ConfigurationStanding) -> None:
        self.configuration = standing

    def stop(self) -> None:
        self.happened.append("stop")
        self._over.set()

    def retire(self) -> None:
        self.happened.append("retire")
        self._over.set()

    def orphaned(self, drain_seconds: float) -> None:
        self.happened.append(f"orphaned {drain_seconds:g}")
        self._over.set()

    def load(self, snapshot: Snapshot, sha256: str, path: str) -> None:
        self.happened.append(f"load {snapshot.model_names[0]} {sha256} {path}")

    def note(self, event: str, pid: int) -> None:
        self.happened.append(f"note {event} {pid}")

    def alert(self, message: str) -> None:
        self.happened.append(f"alert {message}")


class Rig:
    """`name`, `load` and `load_text` are those of the source."""

    name = "file.yaml"

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.told: list[str] = []
        self.worker: NotingWorker
        self.channel: SupervisorChannel
        self.seat: Seat

    def load(self) -> Loaded:
        return load_text(YAML % b"environment", Path("/nowhere"), {})

    def load_text(self, text: bytes) -> Loaded:
        return load_text(text, Path("/nowhere"), {})

    async def connect(self) -> None:
        ours, theirs = socket.socketpair()
        self.channel = await supervisors_end(ours, self.reports.append, lambda: None)
        self.seat = Seat(theirs, self, self._made, self.told.append)

    def _made(self, loaded: Loaded, ready: Callable[[], None]) -> Worker:
        assert loaded.snapshot is not None
        self.worker = NotingWorker(loaded.snapshot.model_names, ready)
        return cast("Worker", self.worker)

    async def heard(self, wanted: Callable[[list[Report]], bool]) -> None:
        while not wanted(self.reports):  # noqa: ASYNC110 - the seat announces nothing else
            await asyncio.sleep(0)


def run(play: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(play, PATIENCE_SECONDS))


async def played(rig: Rig, *orders: Order, then: Callable[[], object] = lambda: None) -> None:
    """The first order, and when the worker serves the others, and then the end by `Retire`."""
    await rig.connect()
    running = asyncio.ensure_future(rig.seat.run())
    rig.channel.say(orders[0])
    await rig.heard(lambda reports: Ready() in reports)
    then()
    for order in (*orders[1:], Retire()):
        rig.channel.say(order)
    await running


def test_it_runs_the_version_that_it_is_told_and_says_so() -> None:
    rig = Rig()
    run(played(rig, Load("ab", YAML % b"first")))
    assert rig.worker.happened == ["made for first", "retire"]
    assert [one for one in rig.reports if not isinstance(one, Beat)] == [Runs("ab"), Ready()]
    assert Beat() in rig.reports


def test_without_a_file_it_finds_the_configuration_itself() -> None:
    rig = Rig()
    run(played(rig, Load("ab")))
    assert rig.worker.happened[0] == "made for environment"


def test_orders_are_obeyed() -> None:
    rig = Rig()
    second = Load("cd", YAML % b"second")
    run(played(rig, Load("ab", YAML % b"first"), Configured(STANDING), second, Note("died", 7), Alert("bad")))
    assert rig.worker.happened[1:] == [
        "load second cd file.yaml (rolled back)",
        "note died 7",
        "alert bad",
        "retire",
    ]
    assert rig.worker.configuration == STANDING
    assert Runs("cd") in rig.reports


def test_how_the_configuration_stands_may_come_before_the_worker_is_made() -> None:
    async def play() -> None:
        rig = Rig()
        await rig.connect()
        running = asyncio.ensure_future(rig.seat.run())
        for order in (Configured(STANDING), Load("ab", YAML % b"first"), Retire()):
            rig.channel.say(order)
            await rig.heard(lambda reports: Ready() in reports) if isinstance(order, Load) else None
        await running
        assert rig.worker.configuration == STANDING

    run(play())


def test_a_version_that_cannot_be_used_here_changes_nothing() -> None:
    rig = Rig()
    run(played(rig, Load("ab", YAML % b"first"), Load("cd", b"models: {}")))
    assert rig.worker.happened == ["made for first", "retire"]
    assert Runs("cd") not in rig.reports
    assert any(one.startswith("reload: upstreams") for one in rig.told)


def test_a_first_version_that_cannot_be_used_is_the_end() -> None:
    async def play() -> None:
        rig = Rig()
        await rig.connect()
        rig.channel.say(Load("ab", b"models: {}"))
        with pytest.raises(UnusableOrderError, match=r"upstreams|missing|needed"):
            await rig.seat.run()
        rig.channel.close()

    run(play())


def test_a_worker_without_a_supervisor_ends() -> None:
    rig = Rig()

    async def play() -> None:
        await rig.connect()
        running = asyncio.ensure_future(rig.seat.run())
        rig.channel.say(Load("ab", YAML % b"first"))
        await rig.heard(lambda reports: Ready() in reports)
        rig.channel.close()
        await running

    run(play())
    assert rig.worker.happened[-1] == f"orphaned {ORPHAN_DRAIN_SECONDS:g}"


def test_one_whose_supervisor_dies_before_it_has_said_anything_ends_too() -> None:
    async def play() -> None:
        rig = Rig()
        await rig.connect()
        rig.channel.close()
        with pytest.raises(UnusableOrderError, match="the supervisor is gone"):
            await rig.seat.run()

    run(play())


def test_one_whose_supervisor_dies_with_its_first_order_ends_too() -> None:
    async def play() -> None:
        rig = Rig()
        await rig.connect()
        running = asyncio.ensure_future(rig.seat.run())
        # Both in one turn of the loop: nobody has taken up the order yet when the line goes.
        rig.seat._obey(Load("ab", YAML % b"first"))
        rig.seat._lost()
        with pytest.raises(UnusableOrderError, match="the supervisor is gone"):
            await running
        rig.channel.close()
        assert rig.seat._channel is not None
        rig.seat._channel.close()

    run(play())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_worker(number: signal.Signals) -> None:
    rig = Rig()

    async def play() -> None:
        await rig.connect()
        running = asyncio.ensure_future(rig.seat.run())
        rig.channel.say(Load("ab", YAML % b"first"))
        await rig.heard(lambda reports: Ready() in reports)
        os.kill(os.getpid(), number)
        await running
        rig.channel.close()

    run(play())
    assert rig.worker.happened[-1] == "stop"


def test_it_says_again_and_again_that_its_loop_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    monkeypatch.setattr(seat_module, "BEAT_SECONDS", 0.0)

    async def play() -> None:
        await rig.connect()
        running = asyncio.ensure_future(rig.seat.run())
        rig.channel.say(Load("ab", YAML % b"first"))
        await rig.heard(lambda reports: reports.count(Beat()) >= 3)
        rig.channel.say(Retire())
        await running

    run(play())
