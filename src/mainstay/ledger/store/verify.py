"""Whether the store holds what was shipped to it: every hash, every column, every signature.

Streaming, page by page, so that memory is bounded; each chain up to where it was when its verification began, so that
shipping may go on meanwhile.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from mainstay.ledger.chain import Anchor, genesis, origin
from mainstay.ledger.checkpoint import Checkpoint, PublicKeys, verified
from mainstay.ledger.errors import DamagedStoreError, ForgedCheckpointError, StoreError, UnknownKeyError
from mainstay.ledger.marks import Mark
from mainstay.ledger.store.port import Gap, Store, StoredChain, StoredRecord
from mainstay.ledger.store.rows import row_of
from mainstay.ledger.verify import Finding

PAGE_ROWS: Final = 2_000
COLUMNS: Final = ("id", "kind", "exchange", "tenant", "at")
"""What the store keeps beside a line and reads from it."""


def verify_store(store: Store, keys: PublicKeys, marks: Mapping[str, Mark] | None = None) -> Iterator[Finding]:
    """Verify every chain; `marks` are those of this machine, read before the store. The last finding of a chain is a
    note that counts its records, unless it is broken. Raises nothing: a store that does not answer is a finding too."""
    try:
        chains = store.chains()
        named = {one.chain.id: one for one in chains}
        for name in store.unnamed():
            yield Finding(name, 0, "", "what named this chain in the store was deleted", "broken")
        for one in store.hidden(1):
            what = "marked as a duplicate of a record that is not in the store, which hides it from readings"
            yield Finding(one.chain, one.sequence, one.id, what, "broken")
        for chain in chains:
            yield from _lineage(store, chain, named)
            yield from _Verification(store, chain, keys).findings()
        yield from _compare(store, named, marks or {})
    except DamagedStoreError as error:
        yield Finding(store.name, 0, "", str(error), "broken")
    except StoreError as error:
        yield Finding(store.name, 0, "", str(error), "unknown")


class _BrokenError(Exception):
    """Ends the verification of one chain."""

    def __init__(self, sequence: int, identity: str, what: str) -> None:
        super().__init__(what)
        self.sequence = sequence
        self.id = identity


class _Verification:
    """One chain's verification."""

    def __init__(self, store: Store, stored: StoredChain, keys: PublicKeys) -> None:
        self._store = store
        self._stored = stored
        self._chain = stored.chain
        self._keys = keys
        self._place = Anchor(0, genesis(stored.chain.id))
        self._count = 0
        self._unknown: set[str] = set()

    def findings(self) -> Iterator[Finding]:
        """Everything that is found, in order. Raises `StoreError`."""
        name = self._chain.id
        try:
            yield from self._walk()
            self._check_end()
        except _BrokenError as broken:
            yield Finding(name, broken.sequence, broken.id, str(broken), "broken")
            return
        for what in sorted(self._unknown):
            yield Finding(name, 0, "", what, "unknown")
        last = self._place.sequence
        text = f"{self._count:,} records in the store, up to {last:,}" if self._count else "no records in the store"
        yield Finding(name, last, "", text, "note")

    def _walk(self) -> Iterator[Finding]:
        gaps = {gap.first_sequence: gap for gap in self._store.gaps(self._chain.id)}
        checkpoints = self._checkpoints()
        checkpoint = next(checkpoints, None)
        for row in self._rows():
            while row.sequence > self._place.sequence + 1:
                yield self._skip(gaps, row.sequence)
            self._check(row)
            while checkpoint is not None and checkpoint.sequence <= row.sequence:
                if checkpoint.sequence == row.sequence and checkpoint.digest != row.hash.hex():
                    what = "this record, or one before it, is not the one that a checkpoint knows"
                    raise _BrokenError(row.sequence, row.id, what)
                checkpoint = next(checkpoints, None)
            if row.duplicate:
                self._check_duplicate(row)
        while self._place.sequence < self._stored.position.sequence:
            yield self._skip(gaps, self._stored.position.sequence + 1)
        while checkpoint is not None:
            if checkpoint.sequence > self._store.position(self._chain.id).sequence:
                raise _missing(self._place, checkpoint.sequence, "a checkpoint in the store")
            checkpoint = next(checkpoints, None)

    def _rows(self) -> Iterator[StoredRecord]:
        """The chain's records up to where it was in the beginning."""
        after = 0
        while page := self._store.of_chain(self._chain.id, after, PAGE_ROWS):
            yield from (row for row in page if row.sequence <= self._stored.position.sequence)
            after = page[-1].sequence
            if after >= self._stored.position.sequence:
                return

    def _skip(self, gaps: Mapping[int, Gap], found: int) -> Finding:
        """Go on behind missing records if it is known that they are; else they were deleted."""
        first = self._place.sequence + 1
        gap = gaps.get(first)
        if gap is None or gap.last_sequence >= found:
            raise _BrokenError(first, "", f"records {first} to {found - 1} are missing in the store: they were deleted")
        self._place = Anchor(gap.last_sequence, gap.digest)
        what = (
            f"records {first} to {gap.last_sequence} were in no store and no journal any more at {_day(gap.noticed_at)}"
        )
        return Finding(self._chain.id, first, "", what, "broken")

    def _check(self, row: StoredRecord) -> None:
        if sha256(self._place.digest + row.body).digest() != row.hash:
            raise _BrokenError(row.sequence, row.id, "this record or its hash was altered, or put here from elsewhere")
        told = row_of(row.sequence, row.body, row.hash)
        for column in COLUMNS:
            if getattr(row, column) != getattr(told, column):
                what = f"the column {column} was altered; the record itself is sound"
                raise _BrokenError(row.sequence, row.id, what)
        self._place = Anchor(row.sequence, row.hash)
        self._count += 1

    def _check_duplicate(self, row: StoredRecord) -> None:
        for chain, sequence in self._store.originals([row.id]).values():
            for original in self._store.of_chain(chain, sequence - 1, 1):
                if original.body != row.body:
                    what = f"record {row.sequence} ({row.id}) has the id of record {sequence} of {chain} and differs"
                    self._unknown.add(what)

    def _check_end(self) -> None:
        reached = self._stored.reached
        if reached.sequence > self._place.sequence:
            raise _missing(self._place, reached.sequence, "the store")
        if reached.sequence == self._place.sequence and reached.digest != self._place.digest:
            raise _BrokenError(reached.sequence, "", "what the store keeps of the chain's end was altered")
        if reached.sequence < self._place.sequence:
            raise _BrokenError(reached.sequence, "", "what the store keeps of the chain's end was set back")

    def _checkpoints(self) -> Iterator[Checkpoint]:
        """The chain's checkpoints that are genuine; those whose key is not known are left out and noted."""
        after = -(2**63)
        while rows := self._store.checkpoints(self._chain.id, after, PAGE_ROWS):
            for sequence, statement in rows:
                try:
                    checkpoint = verified(statement, self._keys)
                except ForgedCheckpointError as error:
                    raise _BrokenError(sequence, "", f"a checkpoint is not genuine: {error}") from error
                except UnknownKeyError as error:
                    self._unknown.add(f"a checkpoint in the store is {error}")
                    continue
                if checkpoint.sequence != sequence or checkpoint.chain != self._chain.id:
                    raise _BrokenError(sequence, "", "a checkpoint of another record or chain stands here")
                if checkpoint.origin != origin(self._chain):
                    what = "what the chain says of itself in the store (gateway, worker, beginning) was altered"
                    raise _BrokenError(0, "", what)
                yield checkpoint
            after = rows[-1][0]


def _lineage(store: Store, stored: StoredChain, named: Mapping[str, StoredChain]) -> Iterator[Finding]:
    """Whether the chain that this one follows is in the store, as far as it is known."""
    chain = stored.chain
    if not chain.follows:
        return
    before = named.get(chain.follows)
    if before is None:
        yield Finding(chain.id, 0, "", f"follows the chain {chain.follows}, which is not in the store", "unknown")
    elif before.position.sequence < chain.follows_sequence:
        yield _lost(before, chain.follows_sequence, f"the chain {chain.id}, which follows it,")
    else:
        witness = f"the chain {chain.id}, which follows it,"
        yield from _contradiction(store, before, chain.follows_sequence, chain.follows_digest.hex(), witness)


def _compare(store: Store, named: Mapping[str, StoredChain], marks: Mapping[str, Mark]) -> Iterator[Finding]:
    """Whether the store still has what the marks say it had."""
    for name, mark in sorted(marks.items()):
        stored = named.get(name)
        if stored is None:
            yield Finding(name, 1, "", f"the store lost this chain: the mark knows {mark.sequence:,} records", "broken")
        elif stored.position.sequence < mark.sequence:
            yield _lost(stored, mark.sequence, "the mark")
        else:
            yield from _contradiction(store, stored, mark.sequence, mark.digest, "the mark")


def _contradiction(store: Store, stored: StoredChain, sequence: int, digest: str, witness: str) -> Iterator[Finding]:
    """Whether a record of a chain is another one than the one that a witness knows by its hash (empty: not known)."""
    name = stored.chain.id
    for row in store.of_chain(name, sequence - 1, 1) if digest else ():
        if row.sequence == sequence and row.hash.hex() != digest:
            yield Finding(name, sequence, row.id, f"this record is not the one that {witness} knows", "broken")


def _lost(stored: StoredChain, sequence: int, witness: str) -> Finding:
    missing = _missing(stored.position, sequence, witness)
    return Finding(stored.chain.id, missing.sequence, "", str(missing), "broken")


def _missing(place: Anchor, sequence: int, witness: str) -> _BrokenError:
    first = place.sequence + 1
    return _BrokenError(first, "", f"records {first} to {sequence} are missing in the store: {witness} knows them")


def _day(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"@{at:g}"
