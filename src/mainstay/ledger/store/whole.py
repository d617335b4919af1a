"""Everything there is: what the store has, and behind it what the journals of this machine have not shipped yet.

Shipping may go on meanwhile. What the store had in the beginning is read from the store, all else from the journals, or
from the store again where it was shipped and pruned in between; so nothing comes twice and nothing is left out.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.errors import DamagedStoreError, LedgerError
from mainstay.ledger.store.port import Cursor, Query, Store
from mainstay.ledger.store.rows import Row, checked_chain, row_of

PAGE_ROWS: Final = 2_000
PAGE_BYTES: Final = 2_000_000
REMEMBERED_IDS: Final = 100_000
"""Records that were written twice lie close together: where a damaged journal ends and the next begins."""


class Found(msgspec.Struct, frozen=True):
    """One record and the chain it is in."""

    chain: str
    row: Row


class _Tail(msgspec.Struct, frozen=True):
    """Records of a journal file behind `after`, up to `last`."""

    path: Path
    chain: str
    after: int
    last: int


class Whole:
    """All records that a query asks for. First those of the store in order of their instants, then chain by chain."""

    def __init__(self, store: Store | None, journals: Sequence[Path], query: Query) -> None:
        """Look where everything ends now. Without a store the journals are all there is. Raises `StoreError`."""
        self.problems: list[str] = []
        """Why records may be missing: journals that cannot be read. Complete after the last record."""
        self._store = store
        self._query = query
        self._positions = {one.chain.id: one.position.sequence for one in store.chains()} if store else {}
        self._tails = self._find_tails(journals)
        self._seen: OrderedDict[str, None] = OrderedDict()

    def records(self) -> Iterator[Found]:
        """All of them, once each. Raises `StoreError` where the store stops answering."""
        if self._store is not None:
            yield from self._stored(self._store)
        for tail in self._tails:
            for page in self._pages(tail):
                yield from self._new(tail.chain, [row for row in page if matches(row, self._query)])

    def _stored(self, store: Store) -> Iterator[Found]:
        cursor = None
        while page := store.records(self._query, cursor, PAGE_ROWS):
            for one in page:
                if one.sequence <= self._positions.get(one.chain, 0):
                    parts = (one.id, one.kind, one.exchange, one.tenant, one.at, one.hash, one.body)
                    yield Found(one.chain, Row(one.sequence, *parts))
            cursor = Cursor(page[-1].at, page[-1].chain, page[-1].sequence)

    def _find_tails(self, journals: Sequence[Path]) -> list[_Tail]:
        tails: dict[str, _Tail] = {}
        for path in journals:
            try:
                with ChainReader(path) as reader:
                    chain = checked_chain(reader.chain()).id
                    after = max(self._positions.get(chain, 0), 0 if self._store else reader.anchor().sequence)
                    tail = _Tail(path, chain, after, reader.last_sequence())
            except LedgerError as error:
                self.problems.append(str(error))
                continue
            if chain not in tails or tails[chain].last < tail.last:
                tails[chain] = tail
        return [tail for tail in tails.values() if tail.last > tail.after]

    def _pages(self, tail: _Tail) -> Iterator[list[Row]]:
        after = tail.after
        while after < tail.last:
            try:
                rows = _read(tail, after)
            except LedgerError as error:
                self.problems.append(f"chain {tail.chain} behind record {after}: {error}")
                return
            if (not rows or rows[0].sequence > after + 1) and self._store is not None:
                # They were shipped and pruned since we began.
                up_to = rows[0].sequence if rows else tail.last + 1
                page = self._store.of_chain(tail.chain, after, PAGE_ROWS)
                rows = [row_of(one.sequence, one.body, one.hash) for one in page if one.sequence < up_to] or rows
            if not rows:
                self.problems.append(f"chain {tail.chain}: records behind {after} are gone")
                return
            if rows[0].sequence > after + 1:
                self.problems.append(f"chain {tail.chain}: records {after + 1} to {rows[0].sequence - 1} are gone")
            yield rows
            after = rows[-1].sequence

    def _new(self, chain: str, rows: Sequence[Row]) -> Iterator[Found]:
        """Those of the rows that have not been given under another number."""
        originals = self._store.originals([row.id for row in rows]) if self._store else {}
        for row in rows:
            if row.id in self._seen or _is_elsewhere(originals.get(row.id), chain, row.sequence, self._positions):
                continue
            if row.id:
                self._seen[row.id] = None
            if len(self._seen) > REMEMBERED_IDS:
                self._seen.popitem(last=False)
            yield Found(chain, row)


def matches(row: Row, query: Query) -> bool:
    """Whether a query asks for this record."""
    asked = ((query.kind, row.kind), (query.tenant, row.tenant), (query.exchange, row.exchange))
    if any(wanted is not None and wanted != has for wanted, has in asked):
        return False
    return (query.since is None or row.at >= query.since) and (query.until is None or row.at < query.until)


def _is_elsewhere(original: tuple[str, int] | None, chain: str, sequence: int, positions: Mapping[str, int]) -> bool:
    """Whether the store had the record that readings show for this id when we began, and it is not this one."""
    if original is None or original == (chain, sequence):
        return False
    return original[1] <= positions.get(original[0], 0)


def _read(tail: _Tail, after: int) -> list[Row]:
    with ChainReader(tail.path) as reader:
        if reader.chain().id != tail.chain:
            return []
        rows: list[Row] = []
        for segment in reader.segments_after(after, PAGE_BYTES):
            try:
                lines = segment.lines()
            except DamagedStoreError:
                if rows:
                    break
                raise
            numbered = enumerate(lines, segment.first_sequence)
            rows += [row_of(number, line, b"") for number, line in numbered if after < number <= tail.last]
        return rows
