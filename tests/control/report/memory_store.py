"""A store in memory, with everything around the sample incident."""

from collections.abc import Sequence

import msgspec

from mainstay.ledger.store.port import Cursor, Query, Span, StoredRecord
from mainstay.model.records import Record
from tests.ops.report.samples import spans

encoder = msgspec.json.Encoder()


class Store:
    """Records and spans in memory; remembers what was asked."""

    def __init__(self, kept: Sequence[Record] = (), added_up: Sequence[Span] = ()) -> None:
        rows = sorted(kept, key=lambda one: one.at)
        self.rows = [_row(number, one) for number, one in enumerate(rows)]
        self.added_up = list(added_up)
        self.asked: list[Query] = []

    def records(self, query: Query, after: Cursor | None, limit: int) -> list[StoredRecord]:
        self.asked.append(query)
        begin = -1 if after is None else after.sequence
        since, until = query.since or 0.0, query.until or 9e12
        found = [
            one for one in self.rows if one.kind == query.kind and since <= one.at < until and one.sequence > begin
        ]
        return found[:limit]

    def spans(self, seconds: int, since: float, until: float) -> list[Span]:
        return [one for one in self.added_up if one.seconds == seconds and since <= one.start < until]

    def close(self) -> None:
        """Nothing is held."""


def _row(number: int, record: Record) -> StoredRecord:
    kind = str(record.__struct_config__.tag)
    body = encoder.encode(record)
    return StoredRecord(number, "chain", number, record.id, kind, "", "", record.at, b"", body, duplicate=False)


def minutes() -> list[Span]:
    return [Span(one.seconds, one.start, encoder.encode(one.tallies)) for one in spans()]
