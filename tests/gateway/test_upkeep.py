"""What a worker does each second: with real drafts, real pages and a clock that does not wait."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mainstay.gateway import shipping_watch, upkeep
from mainstay.gateway.drafts.store import DraftStore
from mainstay.gateway.metrics_pages import MetricsPages
from mainstay.gateway.shipping_watch import TROUBLE
from mainstay.gateway.upkeep import Upkeep, told
from mainstay.ledger.errors import StateInUseError
from mainstay.ledger.writing.status import JournalStatus

NODE = "0123456789abcdef/0"


class Doors:
    def metrics_page(self, running: int) -> bytes:
        return b"running %d\n" % running


class NotingGateway:
    running = 3

    def __init__(self) -> None:
        self.own = Doors()
        self.picked_up = 0

    def pick_up(self) -> None:
        self.picked_up += 1


class NotingSpending:
    def __init__(self) -> None:
        self.ticks = 0
        self.fails = False
        self._next = asyncio.Event()

    async def pass_by(self, seconds: int) -> None:
        """Wait for so many ticks."""
        for _ in range(seconds):
            self._next.clear()
            await self._next.wait()

    def tick(self) -> None:
        self.ticks += 1
        self._next.set()
        if self.fails:
            raise RuntimeError("ticking")


class Rig:
    """A worker's upkeep, its seconds as short as can be."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.told: list[str] = []
        self.gateway = NotingGateway()
        self.spending = NotingSpending()
        self.shipped = 7

    def journal_status(self) -> JournalStatus:
        return JournalStatus(sequence=7, shipped_sequence=self.shipped)

    def run(self, *steps: Callable[[Upkeep], object], seconds_each: int = 3) -> Upkeep:
        """Do these steps, some seconds after each other."""

        async def work() -> Upkeep:
            loop = asyncio.get_running_loop()
            drafts = DraftStore(self.state / "drafts", self.state / "keys", loop, report=self.told.append)
            pages = MetricsPages(self.state / "run", 0)
            made = Upkeep(self.spending, self.journal_status, drafts, pages, self.told.append)  # type: ignore[arg-type] # a stand-in
            made.begin_drafts()
            going_on = loop.create_task(made.go_on(self.gateway))  # type: ignore[arg-type] # a stand-in
            for step in steps:
                step(made)
                await self.spending.pass_by(seconds_each)
            going_on.cancel()
            drafts.close()
            return made

        return asyncio.run(work())


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(upkeep, "TICK_SECONDS", 0.0)
    monkeypatch.setattr(upkeep, "PAGE_SECONDS", 0.0)
    monkeypatch.setattr(shipping_watch, "PATIENCE_SECONDS", 0.0)
    return Rig(tmp_path)


def nothing(_upkeep: Upkeep) -> None:
    """Time passes."""


def test_spending_is_bounded_and_the_page_is_left(rig: Rig) -> None:
    done = rig.run(nothing)
    assert rig.spending.ticks >= 3
    assert (rig.state / "run" / "metrics-0.prom").read_bytes() == b'running{worker="0"} 3\n'
    assert (done.drafts_trouble, done.page_trouble) == (None, None)
    assert rig.told == []
    assert rig.gateway.picked_up == 0


def test_drafts_begin_when_the_disk_allows_it(rig: Rig) -> None:
    way = rig.state / "drafts"
    way.write_text("in the way")
    troubles: list[str | None] = []
    done = rig.run(lambda one: troubles.append(one.drafts_trouble), lambda _: way.unlink())
    assert troubles == [f"{way}: File exists"]
    assert done.drafts_trouble is None
    assert rig.gateway.picked_up == 1
    assert rig.told == [
        f"drafts: none can be kept yet, so no answer can be resumed: {way}: File exists",
        "drafts: they are kept from now on",
    ]
    assert (rig.state / "keys" / "drafts.key").stat().st_size == 32


def test_drafts_of_another_process_are_left_alone(rig: Rig) -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        first, second = (
            DraftStore(rig.state / "drafts", rig.state / "keys", loop, report=rig.told.append) for _ in range(2)
        )
        first.start()
        made = Upkeep(rig.spending, JournalStatus, second, None, rig.told.append)  # type: ignore[arg-type] # a stand-in
        with pytest.raises(StateInUseError):
            made.begin_drafts()
        first.close()

    asyncio.run(work())


def test_a_page_that_cannot_be_left_is_told_once_and_tried_again(rig: Rig) -> None:
    way = rig.state / "run"
    way.write_text("in the way")
    troubles: list[str | None] = []
    done = rig.run(nothing, lambda one: troubles.append(one.page_trouble), lambda _: way.unlink())
    assert troubles == [f"{way}: File exists"]
    assert done.page_trouble is None
    assert rig.told == [f"metrics: other workers cannot tell of this one: {way}: File exists"]


def test_the_journal_is_watched(rig: Rig) -> None:
    troubles: list[str | None] = []

    def store_stops(one: Upkeep) -> None:
        troubles.append(one.shipping.trouble)
        rig.shipped = 6

    assert rig.run(nothing, store_stops).shipping.trouble == TROUBLE
    assert troubles == [None]


def test_a_defect_ends_nothing(rig: Rig) -> None:
    rig.spending.fails = True
    rig.run(nothing)
    assert rig.told[0] == "a defect of ours, once a second: RuntimeError: ticking"


def test_trouble_names_the_file() -> None:
    assert told(FileNotFoundError(2, "No such file", "/a/b")) == "/a/b: No such file"
    assert told(OSError("not a key")) == "not a key"
    assert told(OSError(28, "No space left on device")) == "No space left on device"
