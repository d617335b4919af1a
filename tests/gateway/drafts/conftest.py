"""A world for drafts: an event loop that is turned by hand, a disk that refuses on demand, and samples."""

import errno
import os
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition, Event
from typing import Any

import pytest

from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.drafts.entries import Missing, Opening
from mainstay.gateway.drafts.limits import USUAL_LIMITS, DraftLimits
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.drafts.siblings import drafts_folder
from mainstay.gateway.drafts.store import DraftStore
from mainstay.gateway.drafts.surroundings import Sharing
from mainstay.gateway.drafts.writer import Done
from tests.gateway.drafts.cloud import Cloud

PATIENCE_SECONDS = 20.0
"""How long a test waits for another thread before it fails; never how long it takes."""
KEY = bytes(range(32))
SMALL = DraftLimits(
    exchange_bytes_max=200_000,
    memory_bytes_max=2_000,
    held_bytes_max=50_000,
    batch_bytes=1_000,
    pending_bytes_max=400_000,
)


class ManualTimer:
    def __init__(self, at: float, callback: Callable[[], object]) -> None:
        self.at = at
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class ManualTask:
    def cancel(self) -> None:
        """It is over already."""


class ManualLoop:
    """Time passes when `pass_seconds` says so; what another thread has to tell is heard in `until` and `turn`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.closed = False
        self._soon: deque[Callable[[], object]] = deque()
        self._timers: list[ManualTimer] = []
        self._changed = Condition()

    def call_soon(self, callback: Callable[[], object], /) -> None:
        self._soon.append(callback)

    def call_later(self, delay: float, callback: Callable[[], object], /) -> ManualTimer:
        timer = ManualTimer(self.now + delay, callback)
        self._timers.append(timer)
        return timer

    def call_soon_threadsafe(self, callback: Callable[[list[Done]], None], done: list[Done], /) -> None:
        if self.closed:
            raise RuntimeError("closed")
        with self._changed:
            self._soon.append(lambda: callback(done))
            self._changed.notify()

    def silence(self) -> None:
        """Nothing that is due is called any more."""
        self._soon.clear()
        self._timers.clear()

    @property
    def timers(self) -> int:
        return sum(not timer.cancelled for timer in self._timers)

    def create_task(self, work: Coroutine[Any, Any, None], /) -> "ManualTask":
        """Work that never waits, so it is done at once."""
        with suppress(StopIteration):
            work.send(None)
            raise AssertionError("it waits")
        return ManualTask()

    def turn(self) -> None:
        while self._soon:
            self._soon.popleft()()

    def pass_seconds(self, seconds: float) -> None:
        self.turn()
        self.now += seconds
        due = [timer for timer in self._timers if timer.at <= self.now]
        self._timers = [timer for timer in self._timers if timer.at > self.now]
        for timer in due:
            if not timer.cancelled:
                timer.callback()
        self.turn()

    def until(self, condition: Callable[[], bool]) -> None:
        """Turn until something is so, which another thread is about to bring about."""
        self.turn()
        while not condition():
            with self._changed:
                assert self._changed.wait_for(lambda: bool(self._soon), PATIENCE_SECONDS), "it never came"
            self.turn()


class FussyDisk(Disk):
    """Writes nothing while `refuses` is set, and half of it where a file system is full."""

    def __init__(self) -> None:
        self.refuses = 0
        self.refuses_sync = 0
        self.refuses_to_cut = 0
        self.refuses_to_remove = 0
        self.refuses_to_rename = 0
        self.refuses_to_read = 0
        self.synced: list[Path] = []
        self.entered = Event()
        self.may_go_on = Event()
        self.may_go_on.set()

    def create(self, path: Path, data: bytes) -> None:
        self.entered.set()
        assert self.may_go_on.wait(PATIENCE_SECONDS)
        if self.refuses:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data[: len(data) // 2])
            self._refuse(self.refuses, path)
        super().create(path, data)

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        # Nothing grows when one byte in the middle is changed, so a full disk allows it.
        if self.refuses and not (self.refuses == errno.ENOSPC and len(data) == 1):
            super().write_at(path, offset, data[: len(data) // 2])
            self._refuse(self.refuses, path)
        super().write_at(path, offset, data)

    def cut(self, path: Path, size: int) -> None:
        self._refuse(self.refuses_to_cut, path)
        super().cut(path, size)

    def read(self, path: Path, offset: int = 0, length: int = -1) -> bytes:
        self._refuse(self.refuses_to_read, path)
        return super().read(path, offset, length)

    def rename(self, source: Path, target: Path) -> None:
        self._refuse(self.refuses_to_rename, source)
        super().rename(source, target)

    def remove(self, path: Path) -> None:
        self._refuse(self.refuses_to_remove, path)
        super().remove(path)

    def sync(self, path: Path) -> None:
        self._refuse(self.refuses_sync, path)
        self.synced.append(path)
        super().sync(path)

    @staticmethod
    def _refuse(number: int, path: Path) -> None:
        if number:
            raise OSError(number, os.strerror(number), str(path))


def event(number: int) -> bytes:
    return b'event: delta\ndata: {"number":%d}\n\n' % number


def events(first: int, end: int) -> bytes:
    return b"".join([event(number) for number in range(first, end)])


def opening(exchange_id: str = "ex_1", *, durable: bool = False, at: float = 1_000.0, body: bytes = b"{}") -> Opening:
    return Opening(
        exchange_id=exchange_id,
        at=at,
        deadline=at + 300.0,
        tenant="local",
        workload="default",
        durable=durable,
        dialect="anthropic",
        path="/v1/messages?beta=true",
        headers=(("anthropic-version", "2023-06-01"),),
        body=body,
        model="claude-sonnet-4-6",
        kind="answer",
        stream=True,
    )


class World:
    """A store on a folder, restarted at will."""

    def __init__(
        self,
        state: Path,
        limits: DraftLimits = USUAL_LIMITS,
        *,
        worker: int = 0,
        gateway: str = "here",
        cloud: Cloud | None = None,
    ) -> None:
        self.state = state
        self.worker = worker
        self.node = f"{gateway}/{worker}"
        self.cloud = cloud
        self.limits = limits
        self.loop = ManualLoop()
        self.disk = FussyDisk()
        self.told: list[str] = []
        self.now = 2_000.0
        self.store = self.new_store()

    @property
    def folder(self) -> Path:
        return drafts_folder(self.state, self.worker)

    def new_store(self) -> DraftStore:
        return DraftStore(
            self.folder,
            self.state / "keys",
            self.loop,
            report=self.told.append,
            wall=lambda: self.now,
            limits=self.limits,
            disk=self.disk,
            key=None if self.cloud is None else KEY,
            node=self.node,
            sharing=None if self.cloud is None else Sharing(self.cloud, self.loop, lambda: self.loop.now),
        )

    def die(self) -> None:
        """The process is gone as if it had been killed: what was handed to the disk is there, and nothing is said."""
        self.settle()
        self.loop.silence()
        self.store._closed = True
        assert self.store._writer.close(PATIENCE_SECONDS)
        self.store._lock.release()

    def be_born(self) -> None:
        """Another process in its place."""
        self.store = self.new_store()
        self.store.start()

    def restart(self) -> None:
        assert self.store.close(PATIENCE_SECONDS)
        self.store = self.new_store()
        self.store.start()

    def settle(self) -> None:
        """Wait until all that was handed to the disk is there."""
        self.unfinished()

    def unfinished(self) -> tuple[str, ...]:
        found: list[tuple[str, ...]] = []
        self.store.unfinished(found.append)
        self.loop.until(lambda: bool(found))
        return found[0]

    @contextmanager
    def disk_hanging(self) -> Iterator[None]:
        self.disk.may_go_on.clear()
        try:
            yield
        finally:
            self.disk.may_go_on.set()

    def load(self, exchange_id: str = "ex_1") -> Kept | Missing:
        found: list[Kept | Missing] = []
        self.store.load(exchange_id, found.append)
        self.loop.until(lambda: bool(found))
        return found[0]

    def delete(self, exchange_id: str = "ex_1") -> bool:
        found: list[bool] = []
        self.store.delete(exchange_id, found.append)
        self.loop.until(lambda: bool(found))
        return found[0]

    def find_response(self, response_id: str) -> str | None:
        found: list[str | None] = []
        self.store.find_response(response_id, found.append)
        self.loop.until(lambda: bool(found))
        return found[0]

    def kept(self, exchange_id: str = "ex_1") -> Kept:
        kept = self.load(exchange_id)
        assert isinstance(kept, Kept), kept
        return kept

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("??/*.draft"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "state")
    made.store.start()
    yield made
    made.store.close(PATIENCE_SECONDS)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """Bounds that a test reaches."""
    made = World(tmp_path / "state", SMALL)
    made.store.start()
    yield made
    made.store.close(PATIENCE_SECONDS)
