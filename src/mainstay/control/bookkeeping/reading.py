"""Reading records by their arrival."""

from typing import Final

import msgspec

from mainstay.ledger.store.port import ALL, Store, StoredRecord
from mainstay.model.records import Record

_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)


def record_of(row: StoredRecord) -> Record | None:
    """The record that a line is; `None` where this version does not know it, or it was altered."""
    try:
        return _decoder.decode(row.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def arrival_before(store: Store, instant: float) -> int:
    """An arrival number behind which all is that came since an instant (seconds since 1970), as far as records arrive
    in the order of their instants; what came late may stand before it. Raises `StoreError`."""
    before, behind = 0, store.last_arrival()
    while before < behind:
        middle = (before + behind) // 2
        rows = store.arrivals(ALL, middle, 1)
        if not rows or rows[0].at >= instant:
            behind = middle
        else:
            before = rows[0].arrival
    return before
