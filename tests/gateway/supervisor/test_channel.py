"""The line between a supervisor and a worker, both ends in one process."""

import asyncio
import socket
from collections.abc import Callable, Coroutine

import pytest

from mainstay.gateway.supervisor import channel as channel_module
from mainstay.gateway.supervisor.channel import SupervisorChannel, WorkerChannel, supervisors_end, workers_end
from mainstay.gateway.supervisor.messages import Beat, Load, Loaded, Order, Ready, Report, Retire

PATIENCE_SECONDS = 20.0


class Line:
    """Both ends, and what each has heard."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.reports: list[Report] = []
        self.lost: list[str] = []
        self.supervisor: SupervisorChannel
        self.worker: WorkerChannel

    async def connect(self) -> None:
        ours, theirs = socket.socketpair()
        self.supervisor = await supervisors_end(ours, self.reports.append, lambda: self.lost.append("worker"))
        self.worker = await workers_end(theirs, self.orders.append, lambda: self.lost.append("supervisor"))

    async def raw(self) -> socket.socket:
        """Only the worker's end is ours; the other one says what it likes."""
        raw, theirs = socket.socketpair()
        raw.settimeout(0.0)
        self.worker = await workers_end(theirs, self.orders.append, lambda: self.lost.append("supervisor"))
        return raw

    def close(self) -> None:
        self.supervisor.close()
        self.worker.close()


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - the other side announces nothing
        await asyncio.sleep(0)


def run(play: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(play, PATIENCE_SECONDS))


def test_both_say_and_hear_in_order() -> None:
    async def play() -> None:
        line = Line()
        await line.connect()
        orders: list[Order] = [Load("ab", b"x" * 300_000), Retire()]
        reports: list[Report] = [Loaded("ab"), Ready(), Beat()]
        for order in orders:
            assert line.supervisor.say(order)
        for report in reports:
            assert line.worker.say(report)
        await until(lambda: (len(line.orders), len(line.reports)) == (2, 3))
        assert line.orders == orders
        assert line.reports == reports
        line.close()

    run(play())


def test_who_loses_the_other_is_told_once_and_says_no_more() -> None:
    async def play() -> None:
        line = Line()
        await line.connect()
        line.supervisor.close()
        await until(lambda: line.lost)
        assert line.lost == ["supervisor"], "who hangs up itself is not told"
        assert not line.worker.say(Beat())
        line.close()

    run(play())


@pytest.mark.parametrize("nonsense", [b"\n", b"{}\n", b'{"type":"beat"}\n', b"\xff\xfe\n", b"[[[[\n"])
def test_nonsense_is_hung_up_on(nonsense: bytes) -> None:
    async def play() -> None:
        line = Line()
        raw = await line.raw()
        raw.send(nonsense)
        await until(lambda: line.lost)
        assert line.orders == []
        raw.close()

    run(play())


def test_a_line_without_an_end_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        line = Line()
        raw = await line.raw()
        raw.send(b"x" * 2_000)
        await until(lambda: line.lost)
        raw.close()

    monkeypatch.setattr(channel_module, "LINE_BYTES_MAX", 1_000)
    run(play())


def test_what_waits_for_a_paused_worker_is_bounded() -> None:
    async def play() -> None:
        ours, theirs = socket.socketpair()
        supervisor = await supervisors_end(ours, print, lambda: None)
        said = 0
        while supervisor.say(Load("ab", bytes(1_000_000))):
            said += 1
        assert 2 <= said < 20
        supervisor.close()
        theirs.close()

    run(play())
