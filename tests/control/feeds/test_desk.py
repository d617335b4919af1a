import msgspec

from mainstay.control.feeds.desk import FRESH_SECONDS, RETRY_SECONDS, FeedDesk
from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.port import Cursor, Query, StoredRecord
from mainstay.model.evidence import Evidence
from mainstay.model.records import DetectionRecord, FeedRecord, Record

NOW = 50 * 86_400.0
START = NOW - 86_400.0
OWN = Evidence("own", "upstream:a", START, is_bad=True, words="it failed")
RECORDS: list[Record] = [
    DetectionRecord("d1", START, "upstream:a", "ill", "", (OWN,)),
    FeedRecord("f1", START + 60, "a", "about upstream:a", "partial_outage"),
    DetectionRecord("d2", START + 600, "upstream:a", "well", ""),
    FeedRecord("f2", START + 660, "a", "about upstream:a", "operational"),
]


class Store:
    def __init__(self, *, is_down: bool = False) -> None:
        self.is_down = is_down
        self.is_closed = False
        self.readings = 0

    def records(self, query: Query, after: Cursor | None, limit: int) -> list[StoredRecord]:
        if self.is_down:
            raise StoreError("the database is down")
        self.readings += after is None
        bodies = [msgspec.json.encode(one) for one in RECORDS]
        return [
            StoredRecord(number, "c", number, "i", query.kind or "", "", "", 0.0, b"", body, duplicate=False)
            for number, body in enumerate(bodies)
            if after is None and f'"type":"{query.kind}"'.encode() in body
        ]

    def close(self) -> None:
        self.is_closed = True


def test_how_well_a_page_told_is_read_from_the_store_once_an_hour() -> None:
    now = [NOW]
    store = Store()
    desk = FeedDesk(tuple, lambda: store, lambda: now[0])
    assert (desk.accuracy("a").told, desk.accuracy("a").lag_seconds) == (1, 60.0)
    assert (store.readings, store.is_closed) == (2, True)
    now[0] += FRESH_SECONDS
    desk.accuracy("b")
    assert store.readings == 4


def test_a_store_that_is_down_costs_nothing_but_the_news() -> None:
    now = [NOW]
    store = Store(is_down=True)
    desk = FeedDesk(tuple, lambda: store, lambda: now[0])
    assert (desk.accuracy("a").told, store.is_closed) == (0, True)
    store.is_down = False
    assert desk.accuracy("a").told == 0
    now[0] += RETRY_SECONDS
    assert desk.accuracy("a").told == 1


def test_what_pages_say_is_the_pollers_word() -> None:
    assert FeedDesk(tuple, Store, lambda: NOW).standings() == ()
