"""What the port promises of every store."""

import inspect

import pytest

from mainstay.ledger.store.port import ALL, EventStore, Query, SpanStore, Store
from mainstay.ledger.store.sql import SqlStore

METHODS = [
    name
    for part in (EventStore, SpanStore, Store)
    for name, what in vars(part).items()
    if inspect.isfunction(what) and not name.startswith("_")
]


@pytest.mark.parametrize("method", METHODS)
def test_the_store_takes_what_the_port_promises(method: str) -> None:
    assert inspect.signature(getattr(SqlStore, method)) == inspect.signature(getattr(Store, method))


def test_all_that_is_promised_is_looked_at() -> None:
    assert {"append", "append_event", "save_spans"} < set(METHODS)


def test_a_query_that_says_nothing_asks_for_all() -> None:
    assert Query() == ALL
