"""A worker's shelf, as its configuration says."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mainstay.config.secret import Secret
from mainstay.config.snapshot import CacheLimits, Snapshot
from mainstay.gateway.cache.opening import cache_folder, made_shelf
from mainstay.gateway.cache.shelf import KEY_FILE, Shelf
from mainstay.gateway.shared.port import Answer, SharedTroubleError, Value
from tests.gateway.rig import snapshot


class Away:
    trouble = "away"

    async def call(self, *command: Value) -> Answer:
        raise SharedTroubleError("away")


def configured(state: Path, limits: CacheLimits | None) -> Snapshot:
    return msgspec.structs.replace(snapshot(), state=state, cache=limits)


def opened(config: Snapshot, look: Callable[[Shelf | None], None], *, shared: bool = False) -> None:
    async def run() -> None:
        shelf = made_shelf(config, asyncio.get_running_loop(), Away() if shared else None, lambda _: None)
        look(shelf)
        if shelf is not None:
            shelf.start()
            shelf.close()

    asyncio.run(run())


def test_off_means_off(tmp_path: Path) -> None:
    found: list[Shelf | None] = []
    opened(configured(tmp_path, None), found.append)
    assert found == [None]
    assert not cache_folder(tmp_path).exists()


def test_a_key_is_made_where_none_is_written(tmp_path: Path) -> None:
    opened(configured(tmp_path, CacheLimits(bytes_max=5_000)), lambda _: None)
    assert (tmp_path / "keys" / KEY_FILE).exists()


@pytest.mark.parametrize("has_key", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_replicas_share_only_what_all_of_them_can_read(tmp_path: Path, *, shared: bool, has_key: bool) -> None:
    limits = CacheLimits(bytes_max=5_000, key=Secret("one key for all") if has_key else None)
    found: list[Shelf | None] = []
    opened(configured(tmp_path, limits), found.append, shared=shared)
    (shelf,) = found
    assert shelf is not None
    assert shelf.status().shared is (shared and has_key)
    assert shelf.status().bytes_max == 5_000
    assert (tmp_path / "keys").exists() is not has_key
