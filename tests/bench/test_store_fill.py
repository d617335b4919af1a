from pathlib import Path

import pytest

from bench import store_fill
from bench.store_fill import EVENTS, fill_postgres, fill_sqlite
from bench.store_rows import Traffic
from mainstay.ledger.store.port import ALL, EVERY_LINE, Store

TRAFFIC = Traffic(300, 1.0, 1_700_000_000.0)
INDEXES = {"record_id", "record_at", "record_exchange", "record_kind", "record_duplicate", "record_tenant"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_fill, "SPAN_DAYS", {3_600: 2, 86_400: 3})
    monkeypatch.setattr(store_fill, "INCIDENTS", 3)
    monkeypatch.setattr(store_fill, "BATCH", 100)


def check(store: Store, indexes: set[str]) -> None:
    rows = [row for _chain, row in TRAFFIC.rows()]
    stored = store.arrivals(ALL, 0, 10_000)
    assert [(one.id, one.body) for one in stored] == [(row.id, row.body) for row in rows]
    assert len(store.newest(ALL, EVERY_LINE, None, 1_000, 1_000).rows) == len(rows)
    assert indexes >= INDEXES
    assert (len(store.spans(3_600, 0, 1e12)), len(store.spans(86_400, 0, 1e12))) == (49, 4)
    assert [head.stream for head in store.streams("incident/", None, 9)] == [f"incident/INC-{at}" for at in (3, 2, 1)]
    assert len(store.stream("incident/INC-2", 0, 100)) == EVENTS
    store.close()


def test_a_store_in_sqlite_is_as_if_it_had_been_shipped(tmp_path: Path) -> None:
    store = fill_sqlite(tmp_path, TRAFFIC, lambda _line: None)
    rows = store._database.rows("SELECT name FROM sqlite_master WHERE type = 'index'")  # type: ignore[attr-defined] # so
    check(store, {str(row[0]) for row in rows})


def test_a_store_in_postgresql_is_as_if_it_had_been_shipped(postgres: str) -> None:
    store = fill_postgres(postgres, TRAFFIC, lambda _line: None)
    rows = store._database.rows("SELECT indexname FROM pg_indexes")  # type: ignore[attr-defined] # so
    check(store, {str(row[0]) for row in rows})
