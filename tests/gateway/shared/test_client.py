"""`RedisShared` with an imagined server, then with a real one that is paused, killed, full, and not ours."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis.exceptions import BusyLoadingError, MovedError, OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from mainstay.gateway.shared.circuit import TROUBLES_MAX
from mainstay.gateway.shared.client import RedisShared, SharedStatus
from mainstay.gateway.shared.pool import CONNECTIONS_MAX
from mainstay.gateway.shared.port import CALL_SECONDS_MAX, SharedTroubleError
from tests.gateway.doubles import FakeClock
from tests.gateway.shared.fakes import FakeServer, settle
from tests.services.redis import RedisServer

PATIENT_SECONDS = 30.0
"""The limit of calls that shall succeed, however slow the machine."""


class Stage:
    def __init__(self, url: str = "redis://:canary@cache") -> None:
        self.server = FakeServer()
        self.clock = FakeClock()
        self.reports: list[str] = []
        self.hangs = False
        is_imagined = url == "redis://:canary@cache"
        connect = self.server.connect if is_imagined else None
        self.shared = RedisShared(url, self.clock, self.reports.append, connect, PATIENT_SECONDS)

    async def trouble(self, *command: str) -> str:
        """Make a call that fails; what it says. Only where the server hangs, the limit is that of real life."""
        hangs = self.hangs or not (self.server.answering.is_set() and self.server.connecting.is_set())
        self.shared._call_seconds = CALL_SECONDS_MAX if hangs else PATIENT_SECONDS
        with pytest.raises(SharedTroubleError) as trouble:
            await self.shared.call(*(command or ("GET", "a")))
        self.shared._call_seconds = PATIENT_SECONDS
        return str(trouble.value)

    async def troubles(self, count: int = TROUBLES_MAX) -> list[str]:
        return [await self.trouble() for _ in range(count)]


def play(story: Callable[[Stage], Awaitable[None]], url: str = "redis://:canary@cache") -> Stage:
    async def whole() -> Stage:
        stage = Stage(url)
        await story(stage)
        await stage.shared.close()
        return stage

    return asyncio.run(whole())


def test_a_call_is_answered() -> None:
    async def story(stage: Stage) -> None:
        assert await stage.shared.call("SET", b"key", 1, 0.5) == [b"SET", b"key", b"1", b"0.5"]
        assert stage.shared.trouble is None
        assert stage.shared.status() == SharedStatus("cache:6379", None, calls=1, troubles=0, skipped=0)

    assert play(story).reports == []


def test_a_hanging_store_costs_three_calls_their_limit_and_the_next_nothing() -> None:
    async def story(stage: Stage) -> None:
        stage.server.answering.clear()
        assert await stage.troubles() == ["no answer within 50 ms"] * TROUBLES_MAX
        connections = len(stage.server.connections)
        assert await stage.trouble() == "left alone for now: no answer within 50 ms"
        assert len(stage.server.connections) == connections
        assert stage.shared.status() == SharedStatus("cache:6379", "no answer within 50 ms", 3, 3, 1)
        stage.server.answering.set()
        stage.clock.advance(1.0)
        assert await stage.shared.call("PING") == [b"PING"]
        assert stage.shared.trouble is None

    assert play(story).reports == [
        "shared: cache:6379 is in trouble, going on without it: no answer within 50 ms",
        "shared: cache:6379 answers again",
    ]


def test_connecting_counts_into_the_limit_but_goes_on_beside_the_calls() -> None:
    async def story(stage: Stage) -> None:
        stage.server.connecting.clear()
        assert await stage.trouble() == "no answer within 50 ms"
        stage.server.connecting.set()
        await settle()
        assert await stage.shared.call("PING") == [b"PING"]
        assert len(stage.server.connections) == 1

    play(story)


def test_a_call_that_was_cut_off_leaves_no_answer_behind_for_the_next() -> None:
    async def story(stage: Stage) -> None:
        stage.server.answering.clear()
        cancelled = asyncio.ensure_future(stage.shared.call("GET", "mine"))
        await settle()
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        assert not stage.server.connections[0].is_connected
        stage.server.answering.set()
        assert await stage.shared.call("GET", "yours") == [b"GET", b"yours"]
        assert stage.shared.status().troubles == 0

    play(story)


def test_a_probe_that_its_caller_gives_up_does_not_bar_the_next() -> None:
    async def story(stage: Stage) -> None:
        stage.server.answering.clear()
        await stage.troubles()
        stage.clock.advance(1.0)
        cancelled = asyncio.ensure_future(stage.shared.call("GET", "a"))
        await settle()
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        stage.server.answering.set()
        assert await stage.shared.call("PING") == [b"PING"]

    play(story)


@pytest.mark.parametrize(
    "error",
    [
        OutOfMemoryError("command not allowed when used memory > 'maxmemory'."),
        ReadOnlyError("You can't write against a read only replica."),
        ResponseError("MISCONF Redis is configured to save snapshots"),
        BusyLoadingError("Redis is loading the dataset in memory"),
        MovedError("3999 127.0.0.1:6381"),
        RedisConnectionError("Connection closed by server."),
        ValueError("garbage"),
        RuntimeError("a defect of the library"),
    ],
)
def test_answers_that_speak_of_a_sick_server_are_trouble(error: Exception) -> None:
    async def story(stage: Stage) -> None:
        stage.server.error = error
        await stage.troubles()
        assert "left alone" in await stage.trouble()

    play(story)


def test_an_answer_that_speaks_of_the_command_says_that_the_server_is_well() -> None:
    async def story(stage: Stage) -> None:
        stage.server.error = ResponseError("WRONGTYPE Operation against a key")
        for _ in range(TROUBLES_MAX + 1):
            assert await stage.trouble() == "WRONGTYPE Operation against a key"
        assert stage.shared.trouble is None
        assert len(stage.server.connections) == 1

    assert play(story).reports == []


def test_too_many_calls_at_once_are_no_trouble_of_the_server() -> None:
    async def story(stage: Stage) -> None:
        taken = [await stage.shared._pool.take() for _ in range(CONNECTIONS_MAX)]
        stage.hangs = True
        assert await stage.troubles() == ["too many calls at once"] * TROUBLES_MAX
        stage.shared._pool.give(taken[0])
        assert await stage.shared.call("PING") == [b"PING"]
        assert stage.shared.status().troubles == 0

    play(story)


def test_who_has_seen_the_store_alive_ends_the_pause() -> None:
    async def story(stage: Stage) -> None:
        stage.server.answering.clear()
        await stage.troubles()
        stage.server.answering.set()
        stage.shared.seen_alive()
        assert await stage.shared.call("PING") == [b"PING"]

    play(story)


def test_what_is_told_of_an_error_is_short_and_without_the_password() -> None:
    async def story(stage: Stage) -> None:
        stage.server.refusal = RedisConnectionError(f"cannot use canary\n\x1b[31m{'!' * 1000}")
        await stage.troubles()
        said = [stage.shared.trouble or "", await stage.trouble(), *stage.reports]
        assert all("canary" not in one and one.isprintable() and len(one) < 300 for one in said)

    play(story)


# With a real server


def test_a_paused_server_ends_calls_in_time_and_is_used_again_when_it_goes_on() -> None:
    with RedisServer() as server:

        async def story(stage: Stage) -> None:
            assert await stage.shared.call("SET", "a", "1") == b"OK"
            server.pause()
            stage.hangs = True
            await stage.troubles()
            assert "left alone" in await stage.trouble()
            server.resume()
            stage.clock.advance(1.0)
            assert await stage.shared.call("GET", "a") == b"1"

        play(story, server.url)


def test_a_killed_server_is_used_again_when_it_is_back() -> None:
    with RedisServer("canary") as server:

        async def story(stage: Stage) -> None:
            await asyncio.gather(*(stage.shared.call("PING") for _ in range(8)))
            server.kill()
            await stage.troubles()
            server.start()
            stage.clock.advance(1.0)
            assert await stage.shared.call("PING") == b"PONG"
            assert stage.shared.trouble is None

        play(story, server.url)


def test_a_wrong_password_is_told_without_the_password() -> None:
    with RedisServer("right") as server:

        async def story(stage: Stage) -> None:
            (said, *_) = await stage.troubles()
            assert "password" in said
            assert "canary" not in said

        assert "canary" not in "".join(play(story, server.url.replace("right", "canary")).reports)


def test_a_full_server_is_left_alone() -> None:
    with RedisServer("", "--maxmemory", "2mb", "--maxmemory-policy", "noeviction") as server:

        async def story(stage: Stage) -> None:
            for _ in range(TROUBLES_MAX):
                assert "maxmemory" in await stage.trouble("SET", "a", "x" * 3_000_000)
            assert "left alone" in await stage.trouble()

        play(story, server.url)


def test_a_server_that_speaks_another_language_is_left_alone() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def whole() -> None:
        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        stage = Stage(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await stage.troubles()
        assert "left alone" in await stage.trouble()
        await stage.shared.close()
        server.close()

    asyncio.run(whole())
