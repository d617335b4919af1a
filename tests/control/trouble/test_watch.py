from threading import Event

import msgspec
import pytest

from mainstay.control.trouble.watch import RETRY_SECONDS, TroubleWatch
from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.port import Cursor, Query, StoredRecord
from mainstay.model.evidence import Evidence
from mainstay.model.records import FeedRecord, TroubleRecord
from mainstay.model.settings import DetectionSettings
from mainstay.ops.trouble.usual import WEEK_SECONDS

NOW = 1_000 * WEEK_SECONDS


def report(person: str, at: float, name: str = "") -> TroubleRecord:
    return TroubleRecord(name or f"{person}-{at}", at, person, "page", "model:chat")


class Store:
    def __init__(self) -> None:
        self.past: list[TroubleRecord] = []
        self.is_down = False
        self.queries: list[Query] = []

    def records(self, query: Query, after: Cursor | None, limit: int) -> list[StoredRecord]:
        if self.is_down:
            raise StoreError("the database is down")
        self.queries.append(query)
        return [
            StoredRecord(n, "c", n, one.id, "trouble", "", "", one.at, b"", msgspec.json.encode(one), duplicate=False)
            for n, one in enumerate(self.past if after is None else ())
        ]

    def close(self) -> None:
        pass


class Bench:
    def __init__(self) -> None:
        self.now = NOW
        self.store = Store()
        self.evidence: list[Evidence] = []
        settings = DetectionSettings()
        self.watch = TroubleWatch(lambda: self.store, lambda: settings, self.evidence.append, lambda: self.now)

    def crowd(self, count: int, prefix: str = "p") -> None:
        for number in range(count):
            self.watch.heard(report(f"{prefix}{number}", self.now))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_many_reports_are_evidence_at_the_next_turn(bench: Bench) -> None:
    bench.crowd(5)
    bench.watch.heard(FeedRecord("f", NOW, "a", "feed", "down"))
    assert bench.evidence == []
    bench.watch.turn()
    assert [(one.kind, one.component, one.is_bad) for one in bench.evidence] == [("people", "model:chat", True)]
    assert [one.reports for one in bench.watch.levels()] == [5]


def test_what_is_usual_is_learned_from_the_store(bench: Bench) -> None:
    bench.store.past = [report(f"p{n}", NOW - week * WEEK_SECONDS) for week in range(8, 0, -1) for n in range(60)]
    bench.crowd(8)
    bench.watch.turn()
    assert bench.evidence == []
    assert bench.store.queries[0] == Query(since=NOW - 8 * WEEK_SECONDS, kind="trouble")


def test_a_report_that_is_in_the_store_and_comes_as_well_counts_once(bench: Bench) -> None:
    bench.store.past = [report(f"p{number}", NOW, f"id{number}") for number in range(3)]
    for number in range(3):
        bench.watch.heard(report(f"q{number}", NOW, f"id{number}"))
    bench.watch.turn()
    assert [one.reports for one in bench.watch.levels()] == [3]


def test_a_store_that_is_down_is_asked_again_later(bench: Bench) -> None:
    bench.store.is_down = True
    bench.crowd(5)
    bench.watch.turn()
    assert len(bench.evidence) == 1
    bench.store.is_down = False
    bench.watch.turn()
    assert bench.store.queries == []
    bench.now += RETRY_SECONDS
    bench.watch.turn()
    bench.watch.turn()
    assert len({id(one) for one in bench.store.queries}) == 1


def test_it_runs_until_it_is_told_to_end(bench: Bench) -> None:
    stop = Event()
    stop.set()
    bench.watch.run(stop)
    assert bench.store.queries == []
