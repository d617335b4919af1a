"""The supervisor with small processes of its own in the place of workers: they speak its language and serve nothing."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from mainstay.config.load import load_text
from mainstay.gateway.supervisor.crew import NOT_OURS
from mainstay.gateway.supervisor.standing import ConfigurationStanding
from mainstay.gateway.supervisor.supervisor import Berth, NobodyServesError, Supervisor, worker_sockets
from mainstay.gateway.supervisor.versions import Version

YAML = b"""
gateway: {listen: "127.0.0.1:0", workers: 2}
upstreams: {a: {dialect: anthropic, base_url: "http://a"}}
models: {m: {candidates: [{upstream: a}]}}
"""
PATIENCE_SECONDS = 30.0
TICK = 0.01
SCRIPT = """
import json, os, signal, socket, sys
line = socket.socket(fileno=int(sys.argv[1]))
notes = open(sys.argv[2], "a", buffering=1)
stops = []
def stop(number, _):
    stops.append(number)
    notes.write(f"{number}\\n")
    if len(stops) >= int(sys.argv[3]):
        os._exit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
heard = line.makefile("rb")
def say(**message):
    line.sendall(json.dumps(message).encode() + b"\\n")
for order in heard:
    order = json.loads(order)
    notes.write(order["type"] + " " + str(order.get("event", order.get("sha256", ""))) + "\\n")
    if order["type"] == "load":
        say(type="loaded", sha256=order["sha256"])
        say(type="ready")
    if order["type"] == "retire":
        os._exit(0)
os._exit(3)
"""


class Rig:
    """Everything beside the supervisor."""

    def __init__(self, folder: Path, script: str = SCRIPT, stops: int = 1) -> None:
        self.folder = folder
        self.told: list[str] = []
        self._script = script
        self._stops = stops
        loaded = load_text(YAML, folder, {})
        assert loaded.snapshot is not None
        self.version = Version(loaded.snapshot, "ab", YAML)
        self.supervisor: Supervisor
        self.berths: list[Berth] = []

    def command(self, berth: Berth) -> list[str]:
        self.berths.append(berth)
        arguments = [str(berth.line), str(self.folder / f"notes-{berth.number}"), str(self._stops)]
        return [sys.executable, "-I", "-c", self._script, *arguments]

    def notes(self, number: int) -> list[str]:
        """What a worker has heard, in all its lives."""
        try:
            return (self.folder / f"notes-{number}").read_text().splitlines()
        except FileNotFoundError:
            return []

    @property
    def states(self) -> list[str]:
        return [one.state for one in self.supervisor.workers]

    @property
    def pids(self) -> list[int]:
        return [one.pid for one in self.supervisor.workers]

    async def serve(self, *steps: Callable[[], object] | Callable[[], bool]) -> None:
        """Two workers serve; then each step is done, or waited for when it says `False`; then all is stopped."""
        self.supervisor = Supervisor(2, self.command, self.told.append)
        self.supervisor.configured(ConfigurationStanding("ab", 1.0))
        working = asyncio.ensure_future(self.supervisor.work(self.version))
        for step in (lambda: self.states == ["serving"] * 2, *steps):
            while step() is False:
                assert not working.done(), working
                await asyncio.sleep(TICK)
        if not self.supervisor.draining:
            self.supervisor.stop()
        await working


def run(play: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(play, PATIENCE_SECONDS))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_every_worker_is_given_the_version_and_all_of_them_end(rig: Rig) -> None:
    run(rig.serve())
    for number in (0, 1):
        assert rig.notes(number) == ["configured ", "load ab", "15"]
    assert rig.supervisor.draining
    assert rig.told == []


def test_workers_share_the_same_sockets(rig: Rig) -> None:
    run(rig.serve())
    one, other = rig.berths
    assert one.sockets == other.sockets
    assert len(one.sockets) == 1
    assert one.shares == other.shares >= 0
    assert {one.line, *one.sockets, one.shares} == set(one.descriptors)


def test_a_killed_worker_is_started_again_and_another_writes_it_down(rig: Rig) -> None:
    killed: list[int] = []

    def kill() -> None:
        killed.append(rig.pids[0])
        os.kill(rig.pids[0], 9)

    run(rig.serve(kill, lambda: rig.pids[0] not in {0, *killed}, lambda: rig.states == ["serving"] * 2))
    assert rig.told == ["worker 0 ended with code -9; it starts again in 0.5 s"]
    assert "note worker 0 ended with code -9" in rig.notes(0) + rig.notes(1)
    assert rig.notes(0).count("load ab") == 2


def test_a_new_version_goes_to_everybody_and_to_those_who_come_later(rig: Rig) -> None:
    def adopt() -> None:
        rig.supervisor.adopt(Version(rig.version.snapshot, "cd", YAML))

    def all_run_it() -> bool:
        return [one.sha256 for one in rig.supervisor.workers] == ["cd", "cd"]

    run(
        rig.serve(
            adopt,
            all_run_it,
            lambda: os.kill(rig.pids[1], 9),
            lambda: rig.supervisor.workers[1].restarts == 1,
            all_run_it,
        )
    )
    assert rig.notes(1).count("load cd") == 2


def test_a_restart_goes_from_one_to_the_next(rig: Rig) -> None:
    before: list[int] = []

    def restart() -> None:
        before.extend(rig.pids)
        rig.supervisor.restart()

    run(rig.serve(restart, lambda: rig.supervisor.roll.number == 1 and not rig.supervisor.roll.under_way))
    assert set(before).isdisjoint(rig.berths and rig.pids)
    assert [rig.notes(number).count("retire ") for number in (0, 1)] == [1, 1]
    assert rig.told[-1] == "restart: all workers are new"


def test_a_refused_file_is_written_down_by_one_of_them(rig: Rig) -> None:
    def alerts() -> int:
        return sum(note.startswith("alert") for number in (0, 1) for note in rig.notes(number))

    run(rig.serve(lambda: rig.supervisor.alert("bad"), lambda: alerts() == 1))
    assert alerts() == 1


def test_a_second_stop_is_told_by_another_signal(tmp_path: Path) -> None:
    rig = Rig(tmp_path, stops=2)

    def first_is_heard() -> bool:
        return all("15" in rig.notes(number) for number in (0, 1))

    def stop() -> None:
        rig.supervisor.stop()

    run(rig.serve(stop, first_is_heard, stop))
    assert [rig.notes(number)[-2:] for number in (0, 1)] == [["15", "2"]] * 2


def test_nobody_listens_any_more_once_it_stops(rig: Rig) -> None:
    listening: list[socket.socket] = []

    def stop() -> None:
        listening.extend(rig.supervisor._listening)
        rig.supervisor.stop()

    run(rig.serve(stop))
    assert [one.fileno() for one in listening] == [-1]


def test_it_gives_up_where_nobody_may_serve(tmp_path: Path) -> None:
    rig = Rig(tmp_path, script=f"import os; os._exit({NOT_OURS})")

    async def play() -> None:
        rig.supervisor = Supervisor(2, rig.command, rig.told.append)
        await rig.supervisor.work(rig.version)

    with pytest.raises(NobodyServesError):
        run(play())


def test_an_address_that_is_taken_is_an_error(rig: Rig) -> None:
    async def play() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            text = YAML.replace(b"127.0.0.1:0", f"127.0.0.1:{taken.getsockname()[1]}".encode())
            loaded = load_text(text, rig.folder, {})
            assert loaded.snapshot is not None
            await Supervisor(2, rig.command, rig.told.append).work(Version(loaded.snapshot, "ab"))

    with pytest.raises(OSError, match="in use"):
        run(play())
    assert rig.berths == []


def test_a_command_that_cannot_be_run_is_told_and_tried_again(rig: Rig) -> None:
    async def play() -> None:
        rig.supervisor = Supervisor(1, lambda _: ["/nowhere/python"], rig.told.append)
        working = asyncio.ensure_future(rig.supervisor.work(rig.version))
        while not rig.told:  # noqa: ASYNC110 - the supervisor announces nothing else
            await asyncio.sleep(TICK)
        rig.supervisor.stop()
        await working

    run(play())
    assert rig.told == ["worker 0 cannot be started (No such file or directory); tried again in 0.5 s"]


def test_a_worker_passes_its_descriptors_on_to_nobody() -> None:
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)  # noqa: FBT003 - takes no names
    (one,) = worker_sockets([theirs.detach()])
    assert not one.get_inheritable()
    one.close()
    ours.close()
