"""Two stores of two gateways, a real server between them: found, paused, killed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from mainstay.gateway.drafts.claiming import ALONE_ON_MACHINE, Claimed
from mainstay.gateway.drafts.elsewhere import Far
from mainstay.gateway.drafts.entries import Missing
from mainstay.gateway.drafts.keys import key_from_secret
from mainstay.gateway.drafts.siblings import drafts_folder
from mainstay.gateway.drafts.store import DraftStore
from mainstay.gateway.drafts.surroundings import Sharing
from mainstay.gateway.shared.client import RedisShared
from tests.gateway.drafts.conftest import event, events, opening
from tests.services.redis import RedisServer

PATIENCE_SECONDS = 60.0
Told = TypeVar("Told")


async def told(ask: Callable[[Callable[[Told], None]], None]) -> Told:
    """What a callback is told."""
    answer: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
    ask(answer.set_result)
    return await answer


@asynccontextmanager
async def gateway(state: Path, server: RedisServer, name: str) -> AsyncIterator[DraftStore]:
    loop = asyncio.get_running_loop()
    shared = RedisShared(server.url, loop, print, call_seconds=2.0)
    store = DraftStore(
        drafts_folder(state, 0),
        state / "keys",
        loop,
        report=print,
        key=key_from_secret("the same everywhere"),
        node=f"{name}/0",
        sharing=Sharing(shared, loop),
    )
    store.start()
    yield store
    await store.leave()
    store.close()
    await shared.close()


async def found(store: DraftStore, delivered: bytes) -> Far:
    """What a store finds elsewhere, once it is there."""
    while True:
        far: Far | Missing = await told(partial(store.elsewhere.load, "ex_1"))
        if not isinstance(far, Missing) and far.kept.data == delivered:
            return far


async def claim(store: DraftStore, key: str) -> Claimed:
    claims = store.claims
    wanted = claims.new("ex_1", "digest")
    return await told(partial(claims.claim, claims.name("acme", "/v1", key), wanted))


def test_a_draft_is_found_followed_taken_and_a_pause_delays_it_only(tmp_path: Path) -> None:
    async def story(server: RedisServer) -> None:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            gateway(tmp_path / "a", server, "a") as first,
            gateway(tmp_path / "b", server, "b") as second,
        ):
            draft = first.open(opening())
            draft.delivered(events(0, 3))
            assert (await found(second, events(0, 3))).seen.is_written
            server.pause()
            written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            draft.delivered(event(3), written=written.set_result)
            assert await written, "nobody waits for the shared store"
            alone = await claim(first, "key")
            assert (alone.is_ours, alone.alone) == (True, ALONE_ON_MACHINE)
            server.resume()
            far = await found(second, events(0, 4))
            assert not await told(partial(second.elsewhere.take, "ex_1", far.seen))
            draft.ended("left", 1.0)
            while (far := await found(second, events(0, 4))).kept.ended is None:
                pass
            assert await told(partial(second.elsewhere.take, "ex_1", far.seen))
            assert not await told(partial(first.elsewhere.keep, "ex_1"))

    with RedisServer() as server:
        asyncio.run(story(server))


def test_one_of_two_gateways_has_a_key(tmp_path: Path) -> None:
    async def story(server: RedisServer) -> None:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            gateway(tmp_path / "a", server, "a") as first,
            gateway(tmp_path / "b", server, "b") as second,
        ):
            for number in range(50):
                pair = await asyncio.gather(claim(first, f"key-{number}"), claim(second, f"key-{number}"))
                assert sorted(one.is_ours for one in pair) == [False, True]

    with RedisServer() as server:
        asyncio.run(story(server))


def test_a_server_that_lost_everything_is_told_of_what_begins_anew(tmp_path: Path) -> None:
    async def story(server: RedisServer) -> None:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            gateway(tmp_path / "a", server, "a") as first,
            gateway(tmp_path / "b", server, "b") as second,
        ):
            draft = first.open(opening("ex_0"))
            draft.delivered(events(0, 3))
            server.restart()
            other = first.open(opening())
            other.delivered(events(0, 2))
            await found(second, events(0, 2))
            draft.delivered(event(3))
            written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            draft.delivered(event(4), written=written.set_result)
            assert await written

    with RedisServer() as server:
        asyncio.run(story(server))
