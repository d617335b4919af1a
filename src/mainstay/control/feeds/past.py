"""Records of one kind from the store, as far back as somebody needs them."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from mainstay.ledger.store.port import Cursor, Query, StoredRecord
from mainstay.model.records import Record

PAGE_RECORDS: Final = 2_000
RECORDS_MAX: Final = 200_000

_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)


class ReadableStore(Protocol):
    """What is asked of a store."""

    def records(self, query: Query, after: Cursor | None, limit: int) -> list[StoredRecord]:
        """Records behind a place in the order of instants. May raise `LedgerError`."""

    def close(self) -> None:
        """Let go of it."""


def read_past(open_store: Callable[[], ReadableStore], kinds: Sequence[str], since: float) -> list[Record]:
    """Records of these kinds from `since` on, oldest first, from a store that is opened for it. Raises
    `LedgerError`."""
    store = open_store()
    try:
        found = [record for kind in kinds for record in past_records(store, kind, since)]
    finally:
        store.close()
    return sorted(found, key=lambda one: one.at)


def past_records(store: ReadableStore, kind: str, since: float) -> list[Record]:
    """Records of this kind from `since` on, oldest first; those that this version does not know are left out. Raises
    `LedgerError`."""
    found: list[Record] = []
    query, after = Query(since=since, kind=kind), None
    while len(found) < RECORDS_MAX and (page := store.records(query, after, PAGE_RECORDS)):
        after = Cursor(page[-1].at, page[-1].chain, page[-1].sequence)
        for one in page:
            try:
                found.append(_decoder.decode(one.body))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
    return found
