"""Making a worker's shelf from its configuration."""

import time
from asyncio import AbstractEventLoop
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from mainstay.config.snapshot import Snapshot
from mainstay.gateway.cache.shared_shelf import SharedShelf
from mainstay.gateway.cache.shelf import Shelf
from mainstay.gateway.drafts.errands import Errands
from mainstay.gateway.drafts.keys import key_from_secret
from mainstay.gateway.shared.port import Shared

FOLDER: Final = "cache"


def cache_folder(state: Path) -> Path:
    """Where a gateway keeps answers."""
    return state / FOLDER


def made_shelf(
    snapshot: Snapshot, loop: AbstractEventLoop, shared: Shared | None, report: Callable[[str], None]
) -> Shelf | None:
    """The shelf; `None` where the cache is off, or no workload has one. Replicas share answers where they have both a
    shared store and a key that is written in the file."""
    limits, state = snapshot.cache, Path(snapshot.state)
    if limits is None:
        return None
    key = None if limits.key is None else key_from_secret(limits.key.value)
    is_shared = shared is not None and key is not None
    return Shelf(
        cache_folder(state),
        state / "keys",
        loop,
        bytes_max=limits.bytes_max,
        wall=time.time,
        report=report,
        key=key,
        made_shared=partial(SharedShelf, shared) if shared is not None and is_shared else None,
        errands=Errands(loop, lambda words: report(words.replace("drafts:", "cache:", 1))) if is_shared else None,
    )
