"""Who sees, who decides, who acts."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay.config.load import load_text
from mainstay.control.operations.following import Following
from mainstay.control.operations.watch import UNDONE_SECONDS, Duties, Watch
from mainstay.ledger.store.port import Span
from mainstay.model.evidence import Evidence
from mainstay.model.incident import ComponentStatus, Impact
from mainstay.model.records import DetectionRecord, ProcessRecord, Record
from mainstay.ops.detection.detector import Decision, Detector, ProbeWish, Standing
from mainstay.ops.detection.topology import Topology
from mainstay.ops.tallies.merging import encode
from mainstay.ops.tallies.tally import AttemptTally, SpanTallies
from tests.control.bookkeeping.desk import NOW, Desk

TEXT = """
upstreams: {alpha: {dialect: anthropic, base_url: "http://127.0.0.1:2"}}
models: {first: {candidates: [{upstream: alpha}]}}
"""


class Script(Detector):
    """Decides what the test says, and notes what it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.next: list[Decision] = []
        self.turns = 0

    def take(self, record: Record) -> None:
        self.given.append(record.id)

    def hear(self, evidence: Evidence) -> None:
        self.given.append(evidence.words)

    def turn(self, wall: float) -> tuple[Decision, ...]:
        self.turns += 1
        found, self.next = tuple(self.next), []
        return found

    def wishes(self, wall: float) -> tuple[ProbeWish, ...]:
        return (ProbeWish("upstream:alpha", "thin"),)

    def learn(self, start: float, seconds: float, tallies: SpanTallies) -> None:
        self.given.append(f"learned {start:.0f} {seconds:.0f} {tallies.attempts['alpha/a'].attempts}")

    def standing(self, wall: float, components: Iterable[str] = ()) -> tuple[Standing, ...]:
        return ()

    def arrange(self, settings: object, topology: Topology) -> None:
        self.given.append(f"{settings.error_percent} {len(topology.models)}")  # type: ignore[attr-defined]


def ill(at: float, component: str = "upstream:alpha") -> Decision:
    return Decision(component, "ill", "well", at, at, "all failed", Impact.MAJOR, ComponentStatus.MAJOR_OUTAGE)


def process(identity: str, at: float) -> ProcessRecord:
    return ProcessRecord(identity, at, "gateway", "started", "1")


class Room:
    """A watch, and all that it is asked to do."""

    def __init__(self, folder: Path) -> None:
        self.desk, self.detector = Desk(folder), Script()
        self.is_acting = True
        self.written: list[Record] = []
        self.decided: list[Decision] = []
        self.wished = 0
        self.heard: list[str] = []
        self.path = folder / "mainstay.yaml"
        self.path.write_text(TEXT)
        snapshot = load_text(TEXT.encode(), folder, {}).snapshot
        assert snapshot is not None
        following = Following(
            snapshot, self.path, lambda: load_text(self.path.read_bytes(), folder, {}), lambda _: None
        )
        duties = Duties(
            lambda: self.is_acting,
            self.written.append,
            self.decided.append,
            lambda _: setattr(self, "wished", self.wished + 1),
            lambda record: self.heard.append(record.id),
            lambda: self.heard.append("changed"),
            self.desk.wall,
            lambda _: None,
            lambda: f"id_{len(self.written)}",
        )
        self.watch = Watch(self.desk.open, self.detector, following, duties)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    room.desk.close()


def test_the_past_is_recalled_and_what_is_new_is_passed_on(room: Room) -> None:
    room.desk.ship(process("past", NOW - 100.0))
    room.watch.turn()
    room.desk.ship(process("new", NOW), worker=1)
    room.watch.turn()
    assert room.detector.given == ["past", "new"]
    assert room.heard == ["new"]


def test_a_decision_is_written_down_and_acted_upon(room: Room) -> None:
    room.detector.next = [ill(NOW)]
    room.watch.turn()
    (record,) = room.written
    assert isinstance(record, DetectionRecord)
    assert (record.component, record.state) == ("upstream:alpha", "ill")
    assert [one.component for one in room.decided] == ["upstream:alpha"]
    assert room.wished == 1


def test_whoever_does_not_hold_the_lease_only_looks(room: Room) -> None:
    room.is_acting = False
    room.detector.next = [ill(NOW)]
    room.watch.turn()
    assert room.detector.turns == 1
    assert room.written == []
    assert room.decided == []
    assert room.wished == 0


def test_who_takes_over_acts_upon_what_nobody_acted_upon(room: Room) -> None:
    room.is_acting = False
    room.detector.next = [ill(NOW), ill(NOW, "model:first")]
    room.watch.turn()
    room.desk.ship(DetectionRecord("other", NOW, "model:first", "ill", "all failed"))
    room.watch.turn()
    room.is_acting = True
    room.watch.turn()
    assert [one.component for one in room.decided] == ["upstream:alpha"]


def test_what_is_old_is_not_acted_upon(room: Room) -> None:
    room.is_acting = False
    room.detector.next = [ill(NOW)]
    room.watch.turn()
    room.desk.pass_time(UNDONE_SECONDS)
    room.watch.turn()
    room.is_acting = True
    room.watch.turn()
    assert room.decided == []


def test_without_the_store_nothing_is_decided(room: Room) -> None:
    room.watch.turn()
    room.desk.is_down = True
    room.desk.store.close()
    room.watch.close()
    room.watch.turn()
    assert room.detector.turns == 1
    assert room.watch.trouble is not None
    room.desk.is_down = False
    room.watch.turn()
    assert room.detector.turns == 2


def test_other_evidence_is_heard_at_the_next_turn(room: Room) -> None:
    room.watch.hear(Evidence("page", "upstream:alpha", NOW, is_bad=True, words="the page says so"))
    room.watch.turn()
    assert room.detector.given == ["the page says so"]


def test_a_changed_configuration_is_followed(room: Room) -> None:
    room.watch.turn()
    room.path.write_text(f"{TEXT}\ndetection: {{error_percent: 33}}")
    for _ in range(2):
        room.desk.pass_time(2.0)
        room.watch.turn()
    assert room.detector.given == ["33.0 1"]
    assert room.heard == ["changed"]


def test_many_records_are_heard_before_the_next_decision(room: Room) -> None:
    room.watch.turn()
    room.desk.ship(*(process(f"n{number}", NOW) for number in range(5_000)))
    room.watch.turn()
    assert len(room.heard) == 5_000
    assert room.detector.turns == 2


def test_what_is_usual_is_learned_from_days_before(room: Room) -> None:
    hour = int(NOW // 3_600) * 3_600
    body = encode(SpanTallies({"alpha/a": AttemptTally(attempts=7, served=7)}))
    room.desk.store.save_spans("r", 0, 1, [Span(3_600, hour - 86_400, body), Span(3_600, hour - 90_000, b"{")])
    room.watch.turn()
    room.watch.turn()
    assert room.detector.given == [f"learned {hour - 86_400} 3600 7"]


def test_a_standby_keeps_every_step_that_nobody_acted_upon(room: Room) -> None:
    room.is_acting = False
    room.detector.next = [ill(NOW)]
    room.watch.turn()
    room.detector.next = [msgspec.structs.replace(ill(NOW + 1), state="recovering", before="ill")]
    room.watch.turn()
    room.is_acting = True
    room.watch.turn()
    assert [one.state for one in room.decided] == ["ill", "recovering"]
