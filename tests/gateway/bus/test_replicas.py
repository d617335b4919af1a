"""Replicas that publish and subscribe in a real server, which dies, hangs and comes back."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mainstay.gateway.bus import replicas
from mainstay.gateway.bus.replicas import WAITING_MAX, Replicas, heartbeat_key
from mainstay.gateway.clocks import Clocks
from mainstay.gateway.shared.client import RedisShared
from tests.gateway.bus.rig import Heard, TwoClocks
from tests.services.redis import RedisServer

PATIENT_SECONDS = 30.0
"""The limit of a call: what these tests show does not depend on the speed of the machine."""


class Stage:
    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.open: list[tuple[Replicas, RedisShared]] = []
        self.reports: list[str] = []

    async def replica(self, gateway_id: str, call_seconds: float = PATIENT_SECONDS) -> tuple[Replicas, Heard]:
        """A replica whose subscription stands. The pauses of its calls never end by themselves."""
        clock = Clocks(asyncio.get_running_loop())
        shared = RedisShared(self.server.url, TwoClocks(), self.reports.append, call_seconds=call_seconds)
        heard, one = Heard(), Replicas(shared, gateway_id, clock, lambda: 0.0)
        self.open.append((one, shared))
        one.start(heard)
        await heard.until(lambda: heard.missed == 1)
        return one, heard


def play(story: Callable[[Stage], Awaitable[None]], password: str = "") -> Stage:
    async def whole() -> Stage:
        with RedisServer(password) as server:
            stage = Stage(server)
            try:
                await story(stage)
            finally:
                for one, shared in stage.open:
                    await one.close()
                    await shared.close()
            return stage

    return asyncio.run(whole())


async def until_heard(replica: Replicas, other: Heard, data: bytes) -> None:
    """Publish again and again, as buses do, until the other hears it."""
    while data not in other.bulletins:
        replica.publish(data)
        await asyncio.sleep(0.01)


async def until_troubled(replica: Replicas) -> None:
    """Nothing tells of it, so it is looked for."""
    while True:
        if replica.status().trouble is not None:
            return
        await asyncio.sleep(0.01)


def test_what_one_publishes_all_hear() -> None:
    async def story(stage: Stage) -> None:
        (first, ours), (_, theirs) = await stage.replica("a"), await stage.replica("b")
        first.publish(b"news\r\n\x00")
        for heard in (ours, theirs):
            await heard.until_count(1)
            assert heard.bulletins == [b"news\r\n\x00"]
        assert first.status().trouble is None

    assert play(story, "canary").reports == []


def test_a_gateway_that_lives_has_a_heartbeat() -> None:
    async def story(stage: Stage) -> None:
        (first, ours) = await stage.replica("a")
        first.publish(b"news")
        await ours.until(lambda: bool(ours.bulletins))
        assert stage.server.ask("GET", heartbeat_key("a")).startswith(b"$13\r\n")
        left = int(stage.server.ask("PTTL", heartbeat_key("a"))[1:])
        assert 0 < left <= 5000

    play(story)


def test_after_a_restart_of_the_server_replicas_find_each_other_and_ask_for_what_they_missed() -> None:
    async def story(stage: Stage) -> None:
        (first, ours), (_, theirs) = await stage.replica("a"), await stage.replica("b")
        stage.server.restart()
        await theirs.until(lambda: theirs.missed == 2)
        await until_heard(first, theirs, b"again")
        await ours.until(lambda: ours.others >= 1 or ours.missed == 2)

    play(story)


def test_while_the_server_is_gone_news_are_thrown_away_and_told_so() -> None:
    async def story(stage: Stage) -> None:
        (first, ours), (_, theirs) = await stage.replica("a"), await stage.replica("b")
        stage.server.kill()
        while not stage.reports:
            first.publish(b"old news")
            await asyncio.sleep(0.01)
        assert len(first._waiting) <= WAITING_MAX
        stage.server.start()
        await theirs.until(lambda: theirs.missed == 2)
        await until_heard(first, theirs, b"fresh")  # which also shows that a subscription ends the pause of calls
        await ours.until(lambda: ours.others == 1)

    play(story)


def test_what_waits_is_bounded_while_the_server_hangs() -> None:
    async def story(stage: Stage) -> None:
        first, _ = await stage.replica("a")
        stage.server.pause()
        for _ in range(10 * WAITING_MAX):
            first.publish(b"news")
        assert len(first._waiting) == WAITING_MAX
        assert first.status().lost == 9 * WAITING_MAX
        stage.server.resume()

    play(story)


def test_a_server_that_hangs_is_noticed_by_its_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "SILENCE_SECONDS_MAX", 0.2)

    async def story(stage: Stage) -> None:
        first, ours = await stage.replica("a", call_seconds=0.05)
        stage.server.pause()
        await until_troubled(first)
        stage.server.resume()
        await ours.until(lambda: ours.missed == 2)

    play(story)
