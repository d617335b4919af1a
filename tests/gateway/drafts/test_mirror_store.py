"""Our scripts, in memory and in a real server: both must do the same."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from mainstay.gateway.drafts.mirror_store import HOLE, PIECE_BYTES_MAX, TURNED_AWAY, Copy, MirrorStore, Piece
from mainstay.gateway.drafts.owner import Owner
from mainstay.gateway.drafts.seal import STATE_AT
from mainstay.gateway.drafts.wishes import Wish, WishKind
from mainstay.gateway.shared.client import RedisShared
from mainstay.gateway.shared.port import Shared, SharedTroubleError
from tests.gateway.drafts.cloud import Cloud
from tests.services.redis import RedisServer

HERE, THERE = Owner("here/0", "a1"), Owner("there/0", "b1")
HEAD = b"h" * STATE_AT + b"-"
Story = Callable[[Shared], Coroutine[Any, Any, None]]
Play = Callable[[Story], None]


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer() as running:
        yield running


@pytest.fixture(params=["memory", "server"])
def play(request: pytest.FixtureRequest) -> Play:
    """Tell a story to an empty shared store."""
    if request.param == "memory":
        return lambda story: asyncio.run(story(Cloud()))
    server: RedisServer = request.getfixturevalue("server")

    def on_server(story: Story) -> None:
        async def tell() -> None:
            shared = RedisShared(server.url, asyncio.get_running_loop(), print, call_seconds=20.0)
            await shared.call("FLUSHALL")
            await story(shared)
            await shared.close()

        asyncio.run(tell())

    return on_server


def stores(shared: Shared) -> tuple[MirrorStore, MirrorStore]:
    return MirrorStore(shared, HERE, 60.0), MirrorStore(shared, THERE, 60.0)


def test_a_copy_grows_and_is_read_by_others(play: Play) -> None:
    async def story(shared: Shared) -> None:
        here, there = stores(shared)
        await here.beat()
        assert await there.look("ex_1", 0) is None
        assert await here.put((Piece("ex_1", 1, 0, HEAD + b"one"),)) == (len(HEAD) + 3,)
        assert await here.put((Piece("ex_1", 1, len(HEAD) + 3, b"two"), Piece("ex_2", 1, 0, HEAD))) == (
            len(HEAD) + 6,
            len(HEAD),
        )
        assert await there.look("ex_1", 0) == Copy(b"-", HEAD + b"onetwo", len(HEAD) + 6, "here/0 a1 1", is_alive=True)
        assert await there.look("ex_1", len(HEAD) + 3) == Copy(
            b"-", b"two", len(HEAD) + 6, "here/0 a1 1", is_alive=True
        )

    play(story)


def test_what_is_sent_twice_stands_there_once(play: Play) -> None:
    async def story(shared: Shared) -> None:
        here, _ = stores(shared)
        for _ in range(2):
            await here.put((Piece("ex_1", 1, 0, HEAD),))
        for _ in range(2):
            assert await here.put((Piece("ex_1", 1, len(HEAD), b"one"),)) == (len(HEAD) + 3,)
        copy = await here.look("ex_1", 0)
        assert copy is not None
        assert copy.data == HEAD + b"one"

    play(story)


def test_a_hole_is_refused(play: Play) -> None:
    async def story(shared: Shared) -> None:
        here, _ = stores(shared)
        assert await here.put((Piece("ex_1", 1, 5, b"late"),)) == (TURNED_AWAY,)
        await here.put((Piece("ex_1", 1, 0, HEAD),))
        assert await here.put((Piece("ex_1", 1, len(HEAD) + 1, b"late"),)) == (HOLE,)
        await here.remove("ex_1")
        assert await here.put((Piece("ex_1", 1, len(HEAD), b"late"),)) == (HOLE,)
        assert await here.look("ex_1", 0) is None

    play(story)


def test_who_is_not_heard_of_does_not_live(play: Play) -> None:
    async def story(shared: Shared) -> None:
        here, there = stores(shared)
        await here.put((Piece("ex_1", 1, 0, HEAD),))
        copy = await there.look("ex_1", 0)
        assert copy is not None
        assert (copy.is_alive, copy.node) == (False, "here/0")
        await here.beat()
        assert (await there.lives(HERE), await there.lives(Owner("here/0", "a2"))) == (True, False)
        await here.leave()
        assert not await there.lives(HERE)

    play(story)


def test_one_takes_over_and_earlier_writers_are_turned_away(play: Play) -> None:
    async def story(shared: Shared) -> None:
        here, there = stores(shared)
        await here.put((Piece("ex_1", 1, 0, HEAD),))
        assert await there.take("ex_1", "here/0 a1 1") == 2
        assert await there.take("ex_1", "here/0 a1 1") == 0, "somebody was faster"
        assert await here.put((Piece("ex_1", 1, len(HEAD), b"late"),)) == (TURNED_AWAY,)
        assert await there.put((Piece("ex_1", 2, len(HEAD), b"on"),)) == (len(HEAD) + 2,)
        copy = await here.look("ex_1", 0)
        assert copy is not None
        assert (copy.data, copy.writer, copy.is_alive) == (HEAD + b"on", "there/0 b1 2", True)

    play(story)


def test_a_node_keeps_what_is_its_own_and_nothing_else(play: Play) -> None:
    async def story(shared: Shared) -> None:
        here, there = stores(shared)
        assert await here.keep("ex_1", by_force=False) == 1
        assert await here.keep("ex_1", by_force=False) == 2
        assert await MirrorStore(shared, Owner("here/0", "a2"), 60.0).keep("ex_1", by_force=False) == 3
        assert await there.keep("ex_1", by_force=False) == 0
        assert await there.keep("ex_1", by_force=True) == 4
        assert await there.lives(THERE)

    play(story)


def test_a_response_is_found_by_its_id(play: Play) -> None:
    async def story(shared: Shared) -> None:
        here, there = stores(shared)
        await here.link("resp_1", "ex_1")
        await here.link("resp_evil", "../../etc/passwd")
        assert await there.find_response("resp_1") == "ex_1"
        assert await there.find_response("resp_evil") is None
        assert await there.find_response("resp_2") is None

    play(story)


def test_wishes_reach_the_one_they_are_for(play: Play) -> None:
    async def story(shared: Shared) -> None:
        here, there = stores(shared)
        wish = Wish(WishKind.CANCEL, "ex_1")
        assert await there.wish(wish, "here/0")
        assert await there.wish(wish, "here/0")
        assert await there.beat() == ()
        assert await here.beat() == (wish,)
        assert await here.beat() == ()

    play(story)


def test_wishes_are_bounded(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.gateway.drafts.mirror_store.WISHES_MAX", 1)

    async def story(shared: Shared) -> None:
        here, _ = stores(shared)
        assert await here.wish(Wish(WishKind.CANCEL, "ex_1"), "there/0")
        assert not await here.wish(Wish(WishKind.CANCEL, "ex_2"), "there/0")

    play(story)


def test_a_large_copy_is_read_in_stretches(play: Play) -> None:
    async def story(shared: Shared) -> None:
        here, _ = stores(shared)
        await here.put((Piece("ex_1", 1, 0, bytes(PIECE_BYTES_MAX)), Piece("ex_1", 1, PIECE_BYTES_MAX, b"end")))
        first, second = await here.look("ex_1", 0), await here.look("ex_1", PIECE_BYTES_MAX)
        assert first is not None
        assert second is not None
        assert (len(first.data), second.data, first.size) == (PIECE_BYTES_MAX, b"end", PIECE_BYTES_MAX + 3)

    play(story)


def test_nothing_is_kept_for_ever(server: RedisServer) -> None:
    async def story() -> None:
        shared = RedisShared(server.url, asyncio.get_running_loop(), print, call_seconds=20.0)
        await shared.call("FLUSHALL")
        here, _ = stores(shared)
        await here.put((Piece("ex_1", 1, 0, HEAD),))
        await here.keep("ex_2", by_force=False)
        await here.link("resp_1", "ex_1")
        await here.wish(Wish(WishKind.CANCEL, "ex_1"), "there/0")
        await here.beat()
        keys = await shared.call("KEYS", "*")
        assert isinstance(keys, list)
        assert len(keys) == 6
        for key in keys:
            assert isinstance(key, bytes)
            remaining = await shared.call("TTL", key)
            assert isinstance(remaining, int)
            assert 0 < remaining <= 60, key
        await shared.close()

    asyncio.run(story())


def test_trouble_is_trouble() -> None:
    cloud = Cloud()
    cloud.paused = True
    with pytest.raises(SharedTroubleError):
        asyncio.run(MirrorStore(cloud, HERE, 60.0).beat())
