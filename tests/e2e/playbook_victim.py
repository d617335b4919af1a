"""A process that carries runs of playbooks on, on a real store, until there is nothing left to do, or until it kills
itself at the point that it was told. What it does are files: one for each key, and a line for each time."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mainstay.control.book import Book
from mainstay.control.playbooks.crew import InlineCrew
from mainstay.control.playbooks.ports import OrderPreview, Ports
from mainstay.control.playbooks.runner import Runner, RunnerTools
from mainstay.gateway.identity import id_maker
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import StreamEvent, StreamHead
from mainstay.model.incident import IncidentEvent, Opened
from mainstay.model.notice import Notice
from mainstay.model.orders import Order, OrderKind
from mainstay.model.records import Record
from mainstay.ops.playbooks.facts import Facts, ProbeFact

TURNS_MAX = 50


class Fate:
    """Counts points, and kills this process at one of them (0: at none)."""

    def __init__(self, dies_at: int) -> None:
        self._left = dies_at

    def point(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalStore:
    """The real store; the process may die before and after each event."""

    def __init__(self, state: Path, fate: Fate) -> None:
        self._store = open_store(None, state)
        self._fate = fate

    def append_event(self, stream: str, number: int, event_id: str, at: float, body: bytes) -> bool:
        self._fate.point()
        taken = self._store.append_event(stream, number, event_id, at, body)
        self._fate.point()
        return taken

    def stream(self, stream: str, after: int, limit: int) -> list[StreamEvent]:
        return self._store.stream(stream, after, limit)

    def streams(self, prefix: str, before: int | None, limit: int) -> list[StreamHead]:
        return self._store.streams(prefix, before, limit)

    def event_arrivals(self, after: int, limit: int) -> list[StreamEvent]:
        return self._store.event_arrivals(after, limit)

    def close(self) -> None:
        self._store.close()


class FileWorld:
    """All ports. An effect is a file that is made once; each time that one is really made is a line in `effects`."""

    def __init__(self, folder: Path, fate: Fate) -> None:
        self._folder = folder
        self._fate = fate

    def effect(self, what: str, key: str) -> None:
        self._fate.point()
        try:
            (self._folder / f"{what}-{key.replace('/', '_')}").touch(exist_ok=False)
        except FileExistsError:
            return
        with (self._folder / "effects").open("a") as log:
            log.write(f"{what} {key}\n")
        self._fate.point()

    def preview(self, order: Order) -> OrderPreview:
        return OrderPreview(())

    def give(self, order: Order, key: str) -> str:
        self.effect("order", order.id)
        return "given"

    def end(self, order_id: str, by: str, why: str) -> bool:
        self.effect("end", order_id)
        return True

    def in_force(self, upstream: str, kinds: Sequence[OrderKind]) -> tuple[str, ...]:
        return ()

    def open(self, opened: Opened, by: str, key: str) -> str:
        self.effect("open", key)
        return "INC-1"

    def add(self, incident: str, event: IncidentEvent, by: str, key: str) -> None:
        self.effect("incident", key)

    def tell(self, notice: Notice) -> None:
        self.effect("notice", notice.key)

    def probe(self, component: str, timeout_seconds: float) -> ProbeFact:
        return ProbeFact(time.time(), "served")

    def post(self, url: str, key: str, webhook_id: str, body: bytes, timeout_seconds: float) -> str:
        self.effect("webhook", webhook_id)
        return "200 OK"

    def facts(self, incident: str) -> Facts:
        return Facts()


def keep_quiet(_record: Record) -> None:
    """The journal is not what this is about."""


def live(state: Path, dies_at: int, report: Callable[[str], None]) -> bool:
    """Carry on; whether all runs are over."""
    fate = Fate(dies_at)
    world = FileWorld(state, fate)
    book = Book(lambda: MortalStore(state, fate), keep_quiet)
    ports = Ports(world, world, world, world, world, world)
    tools = RunnerTools(book, dict, ports, lambda: True, time.time, id_maker(), report)
    runner = Runner(tools, InlineCrew())
    for _ in range(TURNS_MAX):
        runner.turn()
        if not runner.is_busy:
            return True
    return False


if __name__ == "__main__":
    sys.exit(0 if live(Path(sys.argv[1]), int(sys.argv[2]), print) else 1)
