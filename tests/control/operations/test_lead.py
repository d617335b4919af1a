"""What the control plane that acts does again and again."""

from pathlib import Path

import pytest

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.control.book import Book
from mainstay.control.feeds.standing import FeedStanding
from mainstay.control.incidents.desk import Author, IncidentDesk
from mainstay.control.incidents.keeper import Ears, IncidentKeeper
from mainstay.control.operations.lead import PUBLISH_SECONDS, Lead, LeadParts, said_of
from mainstay.control.orders.desk import OrderDesk
from mainstay.control.orders.desk import Outside as OrderTools
from mainstay.control.orders.load import journal_load
from mainstay.control.status_page.publisher import Outside, Publisher
from mainstay.control.trouble.desk import TroubleDesk
from mainstay.control.trouble.persons import Persons
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.ledger.errors import StoreError
from mainstay.model.incident import ComponentStatus, Impact, Opened
from mainstay.model.records import Record
from mainstay.ops.detection.detector import Standing
from mainstay.ops.status.view import StatusView
from tests.control.bookkeeping.desk import Desk
from tests.control.memory_events import MemoryEvents

TEXT = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://127.0.0.1:2"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""


class Keeper(IncidentKeeper):
    """Notes what it is asked to do."""

    done: list[str]

    def resume(self, standings: object, wall: float) -> None:
        self.done.append("resume")

    def turn(self) -> None:
        self.done.append("turn")
        if "break" in self.done:
            raise StoreError("the store does not answer")


class Room:
    """A lead, and all that it leads."""

    def __init__(self, folder: Path) -> None:
        self.store, self.events = Desk(folder), MemoryEvents()
        self.is_acting = True
        self.records: list[Record] = []
        self.shown: list[StatusView] = []
        self.said: list[str] = []
        self.standing: tuple[Standing, ...] = ()
        self.text = TEXT
        self.folder = folder
        numbers = iter(range(1_000_000))
        wall, book = self.store.wall, Book(lambda: self.events, self.records.append)
        self.desk = IncidentDesk(book, wall, lambda: f"id_{next(numbers)}")
        self.keeper = Keeper(self.desk, self.snapshot().incidents, Ears(lambda _: None, lambda *_: None), wall)
        self.keeper.done = []
        outside = Outside(self.records.append, self.said.append, wall, lambda: f"id_{next(numbers)}")
        troubles = TroubleDesk(
            Persons(folder), lambda: self.snapshot().detection, self.records.append, wall, lambda: "id"
        )
        order_tools = OrderTools(
            self.snapshot, journal_load(folder), self.records.append, wall, lambda: "id", lambda count: b"r" * count
        )
        self.lead = Lead(
            LeadParts(
                snapshot=self.snapshot,
                is_acting=lambda: self.is_acting,
                is_warm=lambda: True,
                keeper=self.keeper,
                incidents=self.desk,
                troubles=troubles,
                orders=OrderDesk(OrderFolder(folder), order_tools),
                made_publisher=lambda settings: Publisher(folder, settings.export, outside),
                standing=lambda: self.standing,
                feeds=lambda: (),
                lag_seconds=lambda _: None,
                open_store=self.store.open,
                show=self.shown.append,
                wall=wall,
                report=self.said.append,
            )
        )

    def snapshot(self) -> Snapshot:
        found = load_text(self.text.encode(), self.folder, {}).snapshot
        assert found is not None
        return found

    @property
    def page(self) -> str:
        return (self.folder / "status-page" / "index.html").read_text()


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_whoever_begins_to_act_first_looks_at_what_stands(room: Room) -> None:
    room.is_acting = False
    room.lead.turn()
    assert room.keeper.done == []
    room.is_acting = True
    room.lead.turn()
    room.lead.turn()
    assert room.keeper.done == ["resume", "turn", "turn"]


def test_the_status_page_is_written_at_once_when_something_happens(room: Room) -> None:
    room.lead.turn()
    assert "The first is slow" not in room.page
    room.desk.open(Opened("The first is slow", Impact.MINOR, "hand", room.store.wall.now), Author("vera", "local"))
    room.lead.turn()
    assert "The first is slow" in room.page
    assert len(room.shown) == 2


def test_a_page_that_says_the_same_is_written_once_a_minute(room: Room) -> None:
    for _ in range(3):
        room.lead.turn()
    assert len(room.shown) == 1
    room.store.pass_time(PUBLISH_SECONDS)
    room.lead.turn()
    assert len(room.shown) == 2


def test_every_control_plane_keeps_the_page_also_one_that_does_not_act(room: Room) -> None:
    room.is_acting = False
    room.lead.turn()
    assert room.shown


def test_a_page_goes_on_while_the_store_does_not_answer(room: Room) -> None:
    room.desk.open(Opened("The first is slow", Impact.MINOR, "hand", room.store.wall.now), Author("vera", "local"))
    room.lead.turn()
    room.events.is_down = room.store.is_down = True
    room.store.pass_time(PUBLISH_SECONDS)
    room.lead.turn()
    assert len(room.shown) == 2
    assert "The first is slow" in room.page


def test_trouble_with_one_part_keeps_no_other_from_its_work_and_is_told_once(room: Room) -> None:
    room.keeper.done.append("break")
    room.lead.turn()
    room.lead.turn()
    assert room.shown
    assert room.lead.troubles() == ("incidents: the store does not answer",)
    assert room.said.count("operations: incidents: the store does not answer") == 1
    room.keeper.done.clear()
    room.lead.turn()
    assert room.lead.troubles() == ()


def test_a_defect_is_told_and_the_rest_goes_on(room: Room) -> None:
    room.standing = ("no standing",)  # type: ignore[assignment]
    room.lead.turn()
    assert "AttributeError" in room.lead.troubles()[0]
    assert room.keeper.done == ["resume", "turn"]


def test_another_configuration_counts_at_the_next_turn(room: Room) -> None:
    room.lead.turn()
    room.text = f"{TEXT}\nstatus_page: {{name: Our models, export: out}}\nincidents: {{scope_seconds: 7}}"
    room.lead.turn()
    assert "Our models" in room.page
    assert "Our models" in (room.folder / "out" / "index.html").read_text()
    assert room.keeper.settings.clocks.scope_seconds == 7


def feed(state: str, read_at: float | None) -> FeedStanding:
    indicator = ComponentStatus.PARTIAL_OUTAGE
    return FeedStanding("alpha", "https://s.example/", state, "", read_at, "statuspage", "A", indicator, (), (), ())


def test_a_provider_that_cannot_be_read_says_nothing() -> None:
    assert said_of(feed("ok", 5.0), 60.0).status is ComponentStatus.PARTIAL_OUTAGE
    assert said_of(feed("down", 5.0), None).status is None
    assert said_of(feed("ok", None), None).status is None
