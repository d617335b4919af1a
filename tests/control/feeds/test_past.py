import msgspec

from mainstay.control.feeds.past import past_records, read_past
from mainstay.ledger.store.port import Cursor, Query, StoredRecord
from mainstay.model.records import FeedRecord


class PagedStore:
    """Gives one record at a time."""

    def __init__(self, bodies: list[bytes]) -> None:
        self.bodies = bodies
        self.queries: list[Query] = []
        self.is_closed = False

    def records(self, query: Query, after: Cursor | None, limit: int) -> list[StoredRecord]:
        self.queries.append(query)
        number = 0 if after is None else after.sequence
        found = self.bodies[number : number + 1]
        return [
            StoredRecord(
                number + 1, "c", number + 1, f"{number}", "feed", "", "", float(number), b"", body, duplicate=False
            )
            for body in found
        ]

    def close(self) -> None:
        self.is_closed = True


def test_the_store_is_opened_for_it_and_let_go_of() -> None:
    late, early = (FeedRecord(name, at, "a", "feed", "ok") for name, at in (("1", 2.0), ("2", 1.0)))
    store = PagedStore([msgspec.json.encode(late), msgspec.json.encode(early)])
    assert read_past(lambda: store, ("feed",), 0.0) == [early, late]
    assert store.is_closed


def test_all_pages_are_read_and_what_is_unknown_is_left_out() -> None:
    first, second = (FeedRecord(name, at, "a", "feed", "ok") for name, at in (("1", 1.0), ("2", 2.0)))
    store = PagedStore([msgspec.json.encode(first), b'{"type":"of-tomorrow"}', msgspec.json.encode(second)])
    assert past_records(store, "feed", 0.5) == [first, second]
    assert store.queries[0] == Query(since=0.5, kind="feed")
