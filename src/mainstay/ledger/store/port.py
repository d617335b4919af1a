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


class Sieve(msgspec.Struct, frozen=True):
    """What is looked for in the lines of records: all of `pieces`, and a `total_seconds` whose whole part is at least
    this. `is_faulty`: only lines that tell a fault. Who asks has to look again whether a line means it so: the
    same bytes may stand in another field."""

    pieces: tuple[bytes, ...] = ()
    whole_seconds_min: int | None = None
    is_faulty: bool = False


EVERY_LINE = Sieve()


class Sifted(msgspec.Struct, frozen=True):
    """What came through a sieve, the newest first. Nothing behind `reached` was looked at; `None`: all there is was.
    `looked` is how many records were looked at, at least."""

    rows: tuple[StoredRecord, ...]
    reached: Cursor | None
    looked: int


class StreamEvent(msgspec.Struct, frozen=True):
    """One event of a stream: `body` is a record as JSON. `number` counts the events of its stream from 1; `arrival`
    grows in the order in which events of all streams came to the store."""

    arrival: int
    stream: str
    number: int
    id: str
    at: float
    body: bytes


class StreamHead(msgspec.Struct, frozen=True):
    """How far a stream is: the number, the arrival and the instant of its last event."""

    stream: str
    number: int
    arrival: int
    at: float


class Span(msgspec.Struct, frozen=True):
    """What was added up of records between `start` and `start + seconds` (seconds since 1970). `body` is JSON of
    `ops.tallies`."""

    seconds: int
    start: int
    body: bytes


class EventStore(Protocol):
    """Streams of events: each incident, each run of a playbook is one. Every method may raise `StoreError`."""

    def append_event(self, stream: str, number: int, event_id: str, at: float, body: bytes) -> bool:
        """Take the event, durably, if it is the next of its stream; `False` if somebody else was first. The same event
        may be given again.

        Raises `ValueError` for a name of more than 200 characters, or with a NUL in it.
        """

    def stream(self, stream: str, after: int, limit: int) -> list[StreamEvent]:
        """Events of one stream with a higher number, in order."""

    def streams(self, prefix: str, before: int | None, limit: int) -> list[StreamHead]:
        """Streams whose names begin so, the one with the newest event first; those whose last event arrived before
        `before`."""

    def event_arrivals(self, after: int, limit: int) -> list[StreamEvent]:
        """Events of all streams that came later, in order of arrival. None comes later with a lower number than one
        that was seen."""


class SpanStore(Protocol):
    """What was added up of records, and how far that is. Every method may raise `StoreError`."""

    def spans(self, seconds: int, since: float, until: float) -> list[Span]:
        """Spans of this length that begin at or after `since` and before `until`, in order: as many of the first as
        some megabytes hold. There are no more when there are none."""

    def save_spans(self, reader: str, before: int, after: int, spans: Sequence[Span]) -> bool:
        """Replace these spans and move the mark of `reader` from `before` to `after`, all or nothing; `False` (and
        nothing is done) if the mark stands elsewhere: somebody else has read on."""

    def mark(self, reader: str) -> int:
        """How far a reader of arrivals has come; 0 for one that never read."""

    def forget_spans(self, seconds: int, until: float) -> int:
        """Remove spans of this length that begin before `until`; how many they were."""


class Store(EventStore, SpanStore, Protocol):
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

    def last_arrival(self) -> int:
        """The arrival number of the record that came last; 0 for none."""

    def newest(self, query: Query, sieve: Sieve, before: Cursor | None, limit: int, look: int) -> Sifted:
        """Records for readings that are older than `before`, in order of (at, chain, sequence) from the highest down.
        At most `look` records are looked at, so that a question takes its time whatever it finds."""

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
