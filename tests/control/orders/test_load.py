"""What was asked lately, from the store and from journals."""

import time
from pathlib import Path

import msgspec
import pytest

from mainstay.control.orders import load as load_module
from mainstay.control.orders.load import WINDOW_SECONDS, Asked, counted, journal_load, store_load
from mainstay.ledger.errors import StoreError
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.retention import RetentionLimits
from mainstay.ledger.store.port import Cursor, Query, Store, StoredRecord
from mainstay.ledger.writing.committer import Committer
from mainstay.model.records import ExchangeRecord, Record

WALL = 1_772_448_540.0


def exchange(number: int, *, at: float = WALL, **fields: object) -> ExchangeRecord:
    known = ExchangeRecord(f"ex_{number}", at, "acme", "default", "anthropic", "answer", False, "claude", "answered")  # noqa: FBT003 - a record by position
    return msgspec.structs.replace(known, **({"upstream": "alpha"} | fields))


def body(record: Record) -> bytes:
    return msgspec.json.encode(record)


def test_exchanges_are_counted_by_what_routing_asks() -> None:
    found = counted(
        [body(exchange(1)), body(exchange(2)), body(exchange(3, upstream="beta")), body(exchange(4, tenant="globex"))]
    )
    assert found.counts == {
        Asked("claude", "default", "acme", "alpha"): 2,
        Asked("claude", "default", "acme", "beta"): 1,
        Asked("claude", "default", "globex", "alpha"): 1,
    }
    assert found.total == 4


def test_what_asked_nobody_or_cannot_be_read_does_not_count() -> None:
    repeated, refused = exchange(1, repeats="ex_0"), exchange(2, workload="", model_asked="")
    assert counted([body(repeated), body(refused), b"garbage", b"\xff", b"[]"]).counts == {}


def test_journals_of_this_machine_are_read_for_the_window_alone(tmp_path: Path) -> None:
    file = JournalFile(journal_path(tmp_path, 0), time.time)
    committer = Committer(file, lambda _: None, RetentionLimits(), time.time)
    committer.start()
    assert committer.commit([exchange(1), exchange(2, at=WALL - WINDOW_SECONDS - 1), exchange(3, at=WALL - 60)])
    committer.close()
    assert journal_load(tmp_path)(WALL).total == 2


def test_without_journals_nothing_is_known_and_nothing_is_wrong(tmp_path: Path) -> None:
    found = journal_load(tmp_path)(WALL)
    assert (found.total, found.trouble) == (0, "")


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = journal_path(tmp_path, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no database" * 1_000)
    assert "cannot be read" in journal_load(tmp_path)(WALL).trouble


class Pages:
    """A store, as far as it is asked here."""

    def __init__(self, *records: ExchangeRecord) -> None:
        self.records_kept = [
            StoredRecord(number, "c", number, one.id, "exchange", one.id, one.tenant, one.at, b"", body(one), False)  # noqa: FBT003 - as above
            for number, one in enumerate(records, 1)
        ]
        self.is_closed = False
        self.asked: list[Query] = []

    def records(self, query: Query, after: Cursor | None, limit: int) -> list[StoredRecord]:
        self.asked.append(query)
        return [one for one in self.records_kept if after is None or one.sequence > after.sequence][:limit]

    def close(self) -> None:
        self.is_closed = True


def opened(pages: Pages) -> Store:
    return pages  # type: ignore[return-value]


def test_the_store_is_read_page_by_page_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "PAGE_RECORDS", 2)
    monkeypatch.setattr(load_module, "EXCHANGES_MAX", 4)
    pages = Pages(*(exchange(number) for number in range(9)))
    assert store_load(lambda: opened(pages))(WALL).total == 4
    assert pages.is_closed
    assert pages.asked[0] == Query(since=WALL - WINDOW_SECONDS, kind="exchange")


def test_a_store_that_does_not_answer_is_told() -> None:
    def fail() -> Store:
        raise StoreError("connection refused")

    assert "connection refused" in store_load(fail)(WALL).trouble
