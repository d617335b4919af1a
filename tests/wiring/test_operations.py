"""All parts of operations, connected with each other, on a real store."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainstay.config.load import Loaded, load_text
from mainstay.control.operations.following import Following
from mainstay.ledger.store.opening import open_store
from mainstay.model.incident import Impact, Opened
from mainstay.model.orders import Order, OrderKind
from mainstay.model.records import OrderRecord, Record
from mainstay.wiring.operations import Operations
from tests.control.incidents.stand import ANN

TEXT = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://127.0.0.1:2"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""
PATIENCE_SECONDS = 20.0


class Room:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.text = TEXT
        self.records: list[Record] = []
        self.said: list[str] = []
        open_store(None, folder / "mainstay-data").close()
        first = self.load().snapshot
        assert first is not None
        (folder / "mainstay.yaml").write_text(TEXT)
        following = Following(first, folder / "mainstay.yaml", self.load, self.said.append)
        self.operations = Operations(following, folder, lambda: True, self.records.append, self.said.append)

    def load(self) -> Loaded:
        return load_text(self.text.encode(), self.folder, {})

    def soon(self, is_so: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, self.said
            time.sleep(0.02)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    room.operations.close()


def test_its_jobs_work_together_and_end(room: Room) -> None:
    operations, jobs = room.operations, room.operations.jobs()
    for job in jobs:
        job.start()
    try:
        now = time.time()
        operations.incidents.open(Opened("The first is slow", Impact.MAJOR, "hand", now), ANN)
        page = operations.lead.publisher.folder / "index.html"
        room.soon(lambda: page.exists() and "The first is slow" in page.read_text())
        room.soon(operations.watch.standing)
    finally:
        ended = [job.close() for job in reversed(jobs)]
    assert all(ended)
    assert operations.troubles() == ()


def test_before_anything_runs_every_desk_can_be_asked(room: Room) -> None:
    desks = room.operations.desks()
    assert desks.incidents.current() == ()
    assert desks.orders.in_force() == ()
    assert {one.name for one in desks.playbooks.playbooks()} >= {"provider-down", "fail-back"}
    assert desks.status_view() is None
    assert desks.standing() == ()
    assert desks.feeds.standings() == ()
    assert desks.is_acting()
    assert "detection is blind" in desks.troubles()[0]


def test_an_order_of_another_machine_counts_here_too(room: Room) -> None:
    now = time.time()
    order = Order("ORD-AAAAAAAA", OrderKind.DRAIN, "vera", "it fails", now, now + 60, upstream="alpha")
    room.operations.heard(OrderRecord("r", now, order, "given", "vera"))
    assert [one.id for one in room.operations.orders.in_force()] == ["ORD-AAAAAAAA"]
    room.operations.heard(OrderRecord("r", now, order, "followed"))
    assert room.said == []


def test_what_changes_is_felt_by_open_pages(room: Room) -> None:
    desks = room.operations.desks()
    before = desks.pulse()
    desks.incidents.open(Opened("The first is slow", Impact.MAJOR, "hand", time.time()), ANN)
    assert desks.pulse() != before
