"""Whole processes that share what they know: by sockets of their own, by a real server, and with another program."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from mainstay.engine.board import Board, Gate, Verdict
from mainstay.engine.breaker import CONSECUTIVE_FAILURES, BreakerState
from mainstay.gateway.bus.ports import NoMeters
from mainstay.gateway.bus.sharing import Place, Sharing, Surroundings
from mainstay.gateway.clocks import Clocks
from mainstay.gateway.shared.address import UnusableSharedUrlError
from tests.gateway.bus.rig import ALPHA, Records
from tests.services.redis import RedisServer

OTHER_PROGRAM = """
import asyncio, sys
from pathlib import Path
from tests.gateway.bus.test_sharing import Process

async def main():
    process = Process(Path(sys.argv[1]), 1)
    print("listening", flush=True)
    await process.records.written.wait()
    print(process.records.breakers[0].state, process.records.breakers[0].reason, flush=True)
    await process.sharing.close()

asyncio.run(main())
"""


class Process:
    """What a worker shares, on a real loop."""

    def __init__(
        self, state: Path, worker: int, url: str | None = None, gateway_id: str = "a", workers: int = 2
    ) -> None:
        loop = asyncio.get_running_loop()
        self.board = Board()
        self.records = Records()
        self.reports: list[str] = []
        self.offered: asyncio.Queue[str] = asyncio.Queue()
        around = Surroundings(
            board=self.board,
            meters=NoMeters(),
            offer=self.offered.put_nowait,
            journal=self.records,
            next_id=lambda: "id",
            clock=Clocks(loop),
            dice=lambda: 0.5,
            report=self.reports.append,
        )
        self.sharing = Sharing(Place(gateway_id, worker, state, workers, url), around)
        self.sharing.start()

    def fails(self) -> None:
        now = asyncio.get_running_loop().time()
        for _ in range(CONSECUTIVE_FAILURES):
            self.board.ended(ALPHA, Verdict.BAD, now, 0.5, started_at=now, repetition=False, reason="test")

    async def until_troubled(self) -> None:
        """Nothing tells of it, so it is looked for."""
        while True:
            if self.sharing.status().trouble is not None:
                return
            await asyncio.sleep(0.01)


def play(story: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(story())


def test_workers_share_health_by_their_sockets(tmp_path: Path) -> None:
    async def story() -> None:
        first, second = Process(tmp_path, 0), Process(tmp_path, 1)
        first.fails()
        await second.records.written.wait()
        assert second.board.breakers()[ALPHA].state is BreakerState.OPEN
        assert second.sharing.bus.peers().keys() == {"a/0"}
        assert second.sharing.status().trouble is None
        await first.sharing.close()
        await second.sharing.close()

    play(story)


def test_another_program_hears_us(tmp_path: Path) -> None:
    async def story() -> None:
        ours = Process(tmp_path, 0)
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", OTHER_PROGRAM, str(tmp_path), stdout=asyncio.subprocess.PIPE
        )
        assert program.stdout is not None
        assert await program.stdout.readline() == b"listening\n"
        ours.fails()
        assert await program.stdout.readline() == b"open told by another process\n"
        await program.wait()
        await ours.sharing.close()

    play(story)


def test_replicas_share_health_and_trust_by_a_server(tmp_path: Path) -> None:
    async def story() -> None:
        with RedisServer("canary") as server:
            first = Process(tmp_path, 0, server.url, "a", workers=1)
            second = Process(tmp_path, 0, server.url, "b", workers=1)
            first.fails()
            await second.records.written.wait()
            first.sharing.trust_changed(3, "small")
            assert await second.offered.get() == "small"
            second.sharing.trust_changed(3, "small")
            first.sharing.trust_changed(4, "large" * 20_000)
            assert await second.offered.get() == "large" * 20_000
            status = second.sharing.status()
            assert status.shared is not None
            assert "canary" not in repr(status)
            await first.sharing.close()
            await second.sharing.close()

    play(story)


def test_a_server_that_is_away_at_the_start_is_found_when_it_comes(tmp_path: Path) -> None:
    async def story() -> None:
        with RedisServer() as server:
            server.kill()
            first = Process(tmp_path, 0, server.url, "a", workers=1)
            second = Process(tmp_path, 0, server.url, "b", workers=1)
            first.fails()
            await first.until_troubled()
            server.start()
            await second.records.written.wait()
            await first.sharing.close()
            await second.sharing.close()

    play(story)


def test_a_process_that_is_alone_speaks_to_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        alone = Process(tmp_path, 0, workers=1)
        alone.fails()
        alone.board.close_gate(ALPHA, Gate(1e9, strict=True, reason="test"))
        assert alone.sharing.shared is None
        assert alone.sharing.status().bus.transports == ()
        await alone.sharing.close()

    play(story)
    assert list(tmp_path.iterdir()) == []


def test_a_url_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path) -> None:
    async def story() -> None:
        with pytest.raises(UnusableSharedUrlError):
            Process(tmp_path, 0, "http://:canary@cache")

    play(story)


def test_a_place_does_not_show_its_url() -> None:
    assert repr(Place("a", 3, Path(), shared_url="redis://:canary@cache")) == "Place(a/3)"
