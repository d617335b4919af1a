"""The supervisor: performs what the crew decides. No request passes through it."""

import asyncio
import os
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec

from mainstay.gateway.http.listening import listen
from mainstay.gateway.http.shares import make_shares
from mainstay.gateway.supervisor.channel import SupervisorChannel, supervisors_end
from mainstay.gateway.supervisor.crew import TICK_SECONDS, Crew, Decision, End, Kill, Say, Start, Tell
from mainstay.gateway.supervisor.messages import (
    Alert,
    Beat,
    Configured,
    Load,
    Loaded,
    Note,
    Order,
    Ready,
    Report,
    Retire,
)
from mainstay.gateway.supervisor.standing import ConfigurationStanding, Roll, WorkerStanding
from mainstay.gateway.supervisor.versions import Version
from mainstay.ledger.errors import LedgerError

NOTES_MAX: Final = 100
"""Events that wait for a worker who writes them down."""


class Berth(msgspec.Struct, frozen=True):
    """What a worker is given: its number, and the descriptors of its line to the supervisor, of the listening sockets,
    and of the memory where workers count their connections (-1: there is none)."""

    number: int
    line: int
    sockets: tuple[int, ...]
    shares: int = -1

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All that are passed on."""
        return tuple(one for one in (self.line, *self.sockets, self.shares) if one >= 0)


Command = Callable[[Berth], list[str]]
"""The command line of a worker."""


class NobodyServesError(LedgerError):
    """No worker may use what it was told to; each has said why."""


class Child:
    """A worker's process."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        """It runs; its line is not connected yet."""
        self.process = process
        self.channel: SupervisorChannel | None = None
        self.waiting: list[Order] = []
        self.is_told = False
        """Whether it was told to stop."""

    def say(self, order: Order) -> bool:
        """Give an order, as soon as it can be given."""
        if self.channel is None:
            self.waiting.append(order)
            return True
        return self.channel.say(order)

    def connected(self, channel: SupervisorChannel) -> None:
        """Its line stands."""
        self.channel = channel
        for order in self.waiting:
            channel.say(order)
        self.waiting.clear()


class Supervisor:
    """`chief.Workforce` of several processes."""

    def __init__(self, workers: int, command: Command, report: Callable[[str], None]) -> None:
        """`command` gives a worker's command line; `report` takes one line for the operator."""
        self._command = command
        self._shares = make_shares(workers)
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._crew = Crew(workers, self._loop.time(), 0.0)
        self._children: dict[int, Child] = {}
        self._listening: list[socket.socket] = []
        self._connecting: set[asyncio.Task[None]] = set()
        self._notes: deque[Note | Alert] = deque(maxlen=NOTES_MAX)
        self._version: Version | None = None
        self._configured: Configured | None = None

    @property
    def draining(self) -> bool:
        """See `Workforce`."""
        return self._crew.stopping

    @property
    def workers(self) -> tuple[WorkerStanding, ...]:
        """See `Workforce`."""
        return self._crew.standings()

    @property
    def roll(self) -> Roll:
        """See `Workforce`."""
        return self._crew.roll

    async def work(self, version: Version) -> None:
        """See `Workforce`. Raises `OSError` for an address that cannot be had, `NobodyServesError`."""
        self._version = version
        self._crew.drain_seconds = version.snapshot.drain_seconds
        address = version.snapshot.gateway
        self._listening = listen(address.host, address.port)
        try:
            while not self._crew.is_over:
                self._perform(self._crew.tick(self._loop.time()))
                self._bury()
                await asyncio.sleep(TICK_SECONDS)
        finally:
            self._stop_listening()
            for child in self._children.values():
                child.process.kill()
                child.process.wait()
            if self._shares is not None:
                os.close(self._shares)
        if self._crew.gave_up:
            raise NobodyServesError("no worker can serve; the reason stands above")

    def adopt(self, version: Version) -> None:
        """See `Workforce`."""
        self._version = version
        self._crew.drain_seconds = version.snapshot.drain_seconds
        for child in self._children.values():
            child.say(Load(version.sha256, version.text))

    def configured(self, standing: ConfigurationStanding) -> None:
        """See `Workforce`."""
        self._configured = Configured(standing)
        for child in self._children.values():
            child.say(self._configured)

    def alert(self, message: str) -> None:
        """See `Workforce`."""
        self._notes.append(Alert(message))
        self._hand_notes()

    def restart(self) -> None:
        """See `Workforce`."""
        self._perform(self._crew.begin_roll(self._loop.time()))

    def stop(self) -> None:
        """See `Workforce`."""
        self._perform(self._crew.stop(self._loop.time()))
        self._stop_listening()

    def _perform(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            match decision:
                case Start(number):
                    self._start(number)
                case End(number):
                    self._end(number)
                case Kill(number):
                    if number in self._children:
                        self._children[number].process.kill()
                case Tell(event, pid):
                    self._notes.append(Note(event, pid))
                    self._hand_notes()
                case Say(words):
                    self._report(words)

    def _start(self, number: int) -> None:
        ours, theirs = socket.socketpair()
        sockets = tuple(one.fileno() for one in self._listening)
        berth = Berth(number, theirs.fileno(), sockets, -1 if self._shares is None else self._shares)
        try:
            # Its own session: Ctrl-C reaches us alone, and we say who ends when.
            process = subprocess.Popen(  # noqa: S603 - our own program
                self._command(berth), start_new_session=True, pass_fds=berth.descriptors
            )
        except OSError as error:
            ours.close()
            self._perform(self._crew.failed(number, error.strerror or str(error), self._loop.time()))
            return
        finally:
            theirs.close()
        child = self._children[number] = Child(process)
        self._crew.started(number, process.pid, self._loop.time())
        version = self._version
        if self._configured is not None:
            child.say(self._configured)
        if version is not None:
            child.say(Load(version.sha256, version.text))
        connecting = self._loop.create_task(self._connect(number, child, ours))
        self._connecting.add(connecting)
        connecting.add_done_callback(self._connecting.discard)

    async def _connect(self, number: int, child: Child, line: socket.socket) -> None:
        child.connected(await supervisors_end(line, partial(self._heard, number, child), self._bury))

    def _heard(self, number: int, child: Child, report: Report) -> None:
        if self._children.get(number) is not child:
            return
        now = self._loop.time()
        match report:
            case Beat():
                self._crew.heard(number, now)
            case Loaded(sha256):
                self._crew.loaded(number, sha256)
            case Ready():
                self._perform(self._crew.ready(number, now))
                self._hand_notes()

    def _end(self, number: int) -> None:
        child = self._children.get(number)
        if child is None:
            return
        if not self._crew.stopping:
            child.say(Retire())
        elif child.is_told:
            # Another signal than the first one: two of the same may melt into one.
            child.process.send_signal(signal.SIGINT)
        else:
            child.is_told = True
            child.process.send_signal(signal.SIGTERM)

    def _bury(self) -> None:
        """Notice who has died."""
        for number, child in tuple(self._children.items()):
            code = child.process.poll()
            if code is not None:
                del self._children[number]
                if child.channel is not None:
                    child.channel.close()
                self._perform(self._crew.died(number, code, self._loop.time()))

    def _hand_notes(self) -> None:
        """Have somebody who serves write down what happened."""
        for number in self._crew.serving():
            child = self._children.get(number)
            while child is not None and self._notes and child.say(self._notes[0]):
                self._notes.popleft()

    def _stop_listening(self) -> None:
        """Nobody waits in vain at a socket that only we still hold."""
        for one in self._listening:
            one.close()
        self._listening.clear()


def worker_sockets(descriptors: Sequence[int]) -> tuple[socket.socket, ...]:
    """In a worker: sockets from the descriptors that its supervisor passed on. They go no further."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - takes no names
    return tuple(socket.socket(fileno=descriptor) for descriptor in descriptors)
