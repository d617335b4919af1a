"""The trust bundle in the shared store."""

import asyncio

import msgspec
import pytest

from mainstay.gateway.bus.trust_shelf import BUNDLE_BYTES_MAX, KEY, TrustShelf
from mainstay.gateway.shared.port import Answer, SharedTroubleError, Value
from mainstay.model.news import TrustNews


class MemoryStore:
    """A `Shared` in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.trouble: str | None = None
        self.called = asyncio.Event()
        self.writings = 0

    async def call(self, *command: Value) -> Answer:
        self.called.set()
        if self.trouble is not None:
            raise SharedTroubleError(self.trouble)
        name, key, *rest = command
        assert isinstance(key, str)
        if name == "GET":
            return self.kept.get(key)
        (value,) = rest
        assert isinstance(value, bytes)
        self.kept[key] = value
        return b"OK"

    def written(self) -> None:
        self.writings += 1

    @property
    def serial(self) -> int:
        return msgspec.msgpack.decode(self.kept[KEY], type=TrustNews).serial


def shelf(store: MemoryStore) -> tuple[TrustShelf, list[TrustNews]]:
    offered: list[TrustNews] = []
    return TrustShelf(store, offered.append, store.written), offered


def test_ours_is_put_where_there_is_none_or_an_older_one() -> None:
    async def story() -> None:
        store = MemoryStore()
        ours, offered = shelf(store)
        await ours.look()
        assert store.kept == {}
        for serial in (5, 6):
            ours.ours_is(serial, "bundle")
            await ours.look()
            assert store.serial == serial
        assert store.writings == 2
        assert offered == []

    asyncio.run(story())


def test_a_newer_one_is_offered_and_never_overwritten() -> None:
    async def story() -> None:
        store = MemoryStore()
        theirs, _ = shelf(store)
        theirs.ours_is(7, "newer")
        await theirs.look()
        for known in (False, True):
            ours, offered = shelf(store)
            if known:
                ours.ours_is(6, "older")
            await ours.look()
            assert offered == [TrustNews(7, "newer")]
            assert store.serial == 7

    asyncio.run(story())


def test_who_has_written_looks_again_for_somebody_may_have_written_over_it() -> None:
    async def story() -> None:
        store = MemoryStore()
        ours, _ = shelf(store)
        theirs, offered = shelf(store)
        ours.ours_is(7, "newer")
        theirs.ours_is(6, "older")
        assert await ours.look()
        store.kept.clear()
        assert await theirs.look(), "at the same moment, before ours was there"
        assert await ours.look()
        assert not await ours.look()
        assert not await theirs.look()
        assert offered == [TrustNews(7, "newer")]

    asyncio.run(story())


@pytest.mark.parametrize("garbage", [b"", b"garbage", b"\x93\xa5trust\x07", b"x" * (BUNDLE_BYTES_MAX + 1)])
def test_garbage_is_replaced_by_ours(garbage: bytes) -> None:
    async def story() -> None:
        store = MemoryStore()
        store.kept[KEY] = garbage
        ours, offered = shelf(store)
        ours.ours_is(5, "bundle")
        await ours.look()
        assert store.serial == 5
        assert offered == []

    asyncio.run(story())


def test_it_looks_by_itself_and_trouble_does_not_end_it() -> None:
    async def story() -> None:
        store = MemoryStore()
        ours, _ = shelf(store)
        store.trouble = "gone"
        ours.ours_is(5, "bundle")
        ours.start()
        await store.called.wait()
        ours.look_soon()
        await asyncio.sleep(0)
        assert ours._task is not None
        assert not ours._task.done()
        await ours.close()
        assert ours._task.done()

    asyncio.run(story())
