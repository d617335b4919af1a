"""Answers among replicas, with a store in memory."""

import asyncio
import fnmatch

import pytest

from mainstay.gateway.cache.answer_file import Purge
from mainstay.gateway.cache.sealing import Sealing
from mainstay.gateway.cache.shared_shelf import PREFIX, VALUE_BYTES_MAX, SharedShelf
from mainstay.gateway.shared.port import Answer, Value

SEALING = Sealing(b"k" * 32)


class FakeRedis:
    """A few commands."""

    trouble = None

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {b"somebody:else": b"x"}
        self.lives: dict[bytes, int] = {}

    async def call(self, *command: Value) -> Answer:
        name, *words = [one if isinstance(one, bytes) else str(one).encode() for one in command]
        match name:
            case b"GET":
                return self.values.get(words[0])
            case b"SET":
                self.values[words[0]] = words[1]
                self.lives[words[0]] = int(words[3])
                return b"OK"
            case b"GETRANGE":
                return self.values.get(words[0], b"")[int(words[1]) : int(words[2]) + 1]
            case b"UNLINK":
                return int(self.values.pop(words[0], None) is not None)
            case b"SCAN":
                # One key to a page, so that cursors count.
                keys, at = sorted(self.values), int(words[0])
                page = [key for key in keys[at : at + 1] if fnmatch.fnmatch(key.decode(), words[2].decode())]
                return [str(at + 1 if at + 1 < len(keys) else 0).encode(), list[Answer](page)]
        raise AssertionError(command)


@pytest.fixture
def redis() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
def shelf(redis: FakeRedis) -> SharedShelf:
    return SharedShelf(redis, SEALING)


def test_what_is_put_is_got(shelf: SharedShelf, redis: FakeRedis) -> None:
    key = shelf.key("acme", "m", b"name")
    asyncio.run(shelf.put(key, b"sealed", 100.0, 1.5))
    assert asyncio.run(shelf.get(key)) == b"sealed"
    assert redis.lives[key.encode()] == 1500
    assert asyncio.run(shelf.get(shelf.key("other", "m", b"name"))) is None


def test_keys_tell_nobody_whose_they_are(shelf: SharedShelf) -> None:
    key = shelf.key("acme", "large-model", b"name")
    assert key.startswith(PREFIX)
    assert "acme" not in key
    assert "large-model" not in key


@pytest.mark.parametrize(("size", "keep_seconds"), [(VALUE_BYTES_MAX + 1, 10.0), (10, 0.0)])
def test_what_is_too_large_or_has_no_life_is_not_kept(
    shelf: SharedShelf, redis: FakeRedis, size: int, keep_seconds: float
) -> None:
    asyncio.run(shelf.put("key", b"x" * size, 100.0, keep_seconds))
    assert b"key" not in redis.values


@pytest.mark.parametrize("value", [b"", b"short", b"12345678"])
def test_what_is_not_ours_is_nothing(shelf: SharedShelf, redis: FakeRedis, value: bytes) -> None:
    redis.values[b"key"] = value
    assert asyncio.run(shelf.get("key")) is None


@pytest.mark.parametrize(
    ("purge", "left"),
    [
        (Purge(), ""),
        (Purge(tenant="acme"), "c"),
        (Purge(model="n"), "a"),
        (Purge(stored_before=150.0), "bc"),
        (Purge(tenant="acme", stored_before=150.0), "bc"),
    ],
)
def test_purging_removes_what_fits_and_nothing_of_others(
    shelf: SharedShelf, redis: FakeRedis, purge: Purge, left: str
) -> None:
    for name, tenant, model, stored_at in (("a", "acme", "m", 100), ("b", "acme", "n", 200), ("c", "other", "n", 200)):
        asyncio.run(shelf.put(shelf.key(tenant, model, name.encode()), name.encode(), stored_at, 60.0))
    removed = 0
    while found := asyncio.run(shelf.purge(purge)):
        removed += found
    ours = sorted(value[8:].decode() for key, value in redis.values.items() if key.startswith(PREFIX.encode()))
    assert "".join(ours) == left
    assert removed == 3 - len(left)
    assert redis.values[b"somebody:else"] == b"x"


def test_a_broken_entry_is_purged_as_old(shelf: SharedShelf, redis: FakeRedis) -> None:
    redis.values[f"{PREFIX}x:y:z".encode()] = b"?"
    assert asyncio.run(shelf.purge(Purge(stored_before=1.0))) == 1
