"""What a store can do, whichever database it is, and the words for it."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from mainstay.ledger.chain import Anchor, Chain
from mainstay.ledger.schema import Segment


class StoredChain(msgspec.Struct, frozen=True):
    """A chain in the store. `reached` is how far it ever came; `position` is what is there now. Where the second lies
    behind the first, the store has lost records."""

    chain: Chain
    reached: Anchor
    position: Anchor


class Gap(msgspec.Struct, frozen=True):
    """Records of a chain that the store will never have: neither it nor a journal held them at `noticed_at` (seconds
    since 1970). `digest` is the chain's hash after the last of them."""

    first_sequence: int
    last_sequence: int
    digest: bytes
    noticed_at: float


class StoredRecord(msgspec.Struct, frozen=True):
    """One record in the store. `body` is its line in the journal, byte by byte; `hash` the chain's hash after it.

    `arrival` grows in the order in which records came to the store. A `duplicate` has the id of a record that the
    store had before; it stays in its chain and is left out of readings. The other columns are read from the body.
    """

    arrival: int
    chain: str
    sequence: int
    id: str
    kind: str
    exchange: str
    tenant: str
    at: float
    hash: bytes
    body: bytes
    duplicate: bool


class Query(msgspec.Struct, frozen=True):
    """Which records are asked for; what is `None` does not matter. `since` is included, `until` is not (seconds since
    1970)."""

    since: float | None = None
    until: float | None = None
    kind: str | None = None
    tenant: str | None = None
    exchange: str | None = None


ALL = Query()


class Cursor(msgspec.Struct, frozen=True):
    """A place in the order of instants: behind the record with these three."""

    at: float
    chain: str
    sequence: int


class Store(Protocol):
    """Records of all chains. Used by one thread at a time.

    Every method may raise `StoreError`: the database does not answer, or cannot take it now. Then close the store and
    open it again. Every list is bounded by `limit` rows and by some megabytes, so that
    a short list does not mean the end: an empty one does.
    """

    name: str
    """Which database this is, in words for an operator. No secret is in it."""

    def append(self, chain: Chain, segments: Sequence[Segment], checkpoints: Sequence[tuple[int, str]] = ()) -> Anchor:
        """Take all of these or nothing, durably; give the chain's new position.

        Segments are in order and begin at or before the record after `position`. What the store has already must be
        the same. Checkpoints (number of the record, statement) are of records up to the new position.

        Raises `BrokenChainError`, `StoreGapError` or `StoreDisagreesError`.
        """

    def admit_gap(self, chain: Chain, gap: Gap) -> None:
        """Go on behind records that no one has any more; the gap is kept and shown for ever.

        Raises `StoreGapError` if the gap does not begin where the chain ends.
        """

    def position(self, chain_id: str) -> Anchor:
        """The last record of the chain that is in the store, or the last of a gap behind it; (0, genesis) for none."""

    def last_checkpoint(self, chain_id: str) -> int:
        """The number of the record that the newest checkpoint of the chain is about; 0 for none."""

    def chains(self) -> list[StoredChain]:
        """All chains, by name, as they are at one instant."""

    def records(self, query: Query, after: Cursor | None, limit: int) -> list[StoredRecord]:
        """Records for readings (no duplicates) behind `after`, in order of (at, chain, sequence)."""

    def arrivals(self, query: Query, after: int, limit: int) -> list[StoredRecord]:
        """Records for readings that came to the store after the arrival number `after`, in that order. None comes
        later with a lower number than one that was seen."""

    def of_chain(self, chain_id: str, after: int, limit: int) -> list[StoredRecord]:
        """Records of one chain after this number, duplicates too."""

    def originals(self, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Where (chain, sequence) the records with these ids are that readings show."""

    def hidden(self, limit: int) -> list[StoredRecord]:
        """Records marked as duplicates of one that is not there. Only somebody who altered the store makes them."""

    def unnamed(self) -> list[str]:
        """Names of chains that have records and are not among `chains`. Only somebody who altered the store makes
        them."""

    def gaps(self, chain_id: str) -> list[Gap]:
        """The chain's gaps, in order."""

    def checkpoints(self, chain_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        """Checkpoints (number of the record, statement) of records after this one, in order."""

    def close(self) -> None:
        """Let go of the database. Raises nothing."""
