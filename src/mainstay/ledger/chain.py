"""The hash chain of a journal. Pure: bytes in, hashes and flaws out.

The hash of record i is SHA-256(hash of record i-1, then the record's line without its line break). What stands before
record 1 is made from the chain's name, so that records cannot move from one chain to another. Whoever knows one hash
therefore knows every record up to it; who holds a hash outside of the file (a head, a checkpoint, a mark, the store)
can tell whether the file still says the same.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from secrets import token_hex

import msgspec

from mainstay.ledger.schema import SHORT_DIGEST_BYTES, UNREADABLE_KIND, Segment, stored


class Chain(msgspec.Struct, frozen=True):
    """Whose records a journal file holds. `begun_at` is in seconds since 1970.

    A chain that was begun because another was damaged, truncated or lost says so: `follows` is the name of the other,
    of which the record number `follows_sequence` with the hash `follows_digest` was the last that is known.
    """

    id: str
    gateway: str
    worker: int
    begun_at: float
    follows: str = ""
    follows_sequence: int = 0
    follows_digest: bytes = b""


class Anchor(msgspec.Struct, frozen=True):
    """A place in a chain: the number of a record and its hash. Number 0 is the place before the first record.

    The anchor of a journal is the place behind which its records are still kept; those up to it were pruned.
    """

    sequence: int
    digest: bytes


class Flaw(msgspec.Struct, frozen=True):
    """The first place where a chain does not hold. `id` is that of the record, empty where it cannot be told."""

    sequence: int
    id: str
    what: str


def new_chain(gateway: str, worker: int, begun_at: float) -> Chain:
    """A chain with a name that no other has."""
    return Chain(f"ch_{token_hex(12)}", gateway, worker, begun_at)


def genesis(chain_id: str) -> bytes:
    """What stands before the first record."""
    return sha256(f"mainstay chain {chain_id}".encode()).digest()


def origin(chain: Chain) -> str:
    """A hash over everything that a chain says of itself, in hexadecimal digits. Checkpoints hold it."""
    return sha256(msgspec.json.encode(chain)).hexdigest()


def chained(previous: bytes, lines: Iterable[bytes]) -> list[bytes]:
    """The hash after each of these lines, the first of which follows the hash `previous`."""
    digests: list[bytes] = []
    for line in lines:
        previous = sha256(previous + line).digest()
        digests.append(previous)
    return digests


def shortened(digests: Iterable[bytes]) -> bytes:
    """What a segment keeps of its records' hashes."""
    return b"".join([digest[:SHORT_DIGEST_BYTES] for digest in digests])


def linked(segment: Segment, previous: bytes) -> Segment:
    """The segment with its hashes, as it follows the hash `previous`. Raises `DamagedStoreError` like `lines`."""
    digests = chained(previous, segment.lines())
    return msgspec.structs.replace(
        segment, previous=previous, digests=shortened(digests), digest=digests[-1] if digests else previous
    )


def digest_within(segment: Segment, sequence: int) -> bytes:
    """The hash after one record of a segment that verifies, or after the one before it. Raises `DamagedStoreError`."""
    lines = segment.lines()[: sequence - segment.first_sequence + 1]
    return chained(segment.previous, lines)[-1] if lines else segment.previous


def verify_segment(segment: Segment, expected_previous: bytes, expected_first: int | None = None) -> Flaw | None:
    """The first flaw of a segment that should follow the hash `expected_previous`, and begin with the record number
    `expected_first` where that is known; `None` if it is sound in every column."""
    first = segment.first_sequence
    if expected_first is not None and first != expected_first:
        return _misplaced(segment, expected_first)
    lines = segment.body.split(b"\n")
    unfinished = lines.pop()
    if segment.previous != expected_previous:
        return Flaw(first, _id_of(lines), _wrong_beginning(segment, expected_previous, lines))
    digests = chained(expected_previous, lines)
    if unfinished or shortened(digests) != segment.digests or not digests or digests[-1] != segment.digest:
        return _altered(segment, [*lines, unfinished] if unfinished else lines, digests)
    if segment.records != len(lines):
        return Flaw(first, _id_of(lines), f"{len(lines)} records are here, but {segment.records} are said to be")
    return _wrong_instants(segment, lines)


def _misplaced(segment: Segment, expected_first: int) -> Flaw:
    first = segment.first_sequence
    if first > expected_first:
        return Flaw(expected_first, "", f"records {expected_first} to {first - 1} are missing")
    return Flaw(first, "", f"a second record with the number {first}, where {expected_first} should follow")


def _wrong_beginning(segment: Segment, expected_previous: bytes, lines: Sequence[bytes]) -> str:
    digests = chained(expected_previous, lines)
    if digests and digests[-1] == segment.digest:
        return "the hash kept before this record was altered; the record itself is sound"
    return "does not follow the record before it: records were exchanged, or come from another chain"


def _altered(segment: Segment, lines: Sequence[bytes], digests: Sequence[bytes]) -> Flaw:
    """The first record whose hash is not the one that was kept, and what that means."""
    first, kept, short = segment.first_sequence, segment.digests, shortened(digests)
    is_sound = bool(digests) and digests[-1] == segment.digest and len(lines) == len(digests)
    places = range(0, max(len(kept), len(short)), SHORT_DIGEST_BYTES)
    size = SHORT_DIGEST_BYTES
    place = next((at // size for at in places if kept[at : at + size] != short[at : at + size]), len(lines))
    line = lines[place : place + 1]
    if is_sound:
        return Flaw(first + place, _id_of(line), "the hash kept of this record was altered; the record itself is sound")
    if place < len(digests):
        return Flaw(first + place, _id_of(line), "this record was altered, removed or put here from elsewhere")
    if len(kept) > len(short) or place < len(lines):
        return Flaw(first + place, _id_of(line), "this record is missing or incomplete")
    return Flaw(first + len(digests) - 1, _id_of(lines[-1:]), "the hash kept after this record was altered")


def _wrong_instants(segment: Segment, lines: Sequence[bytes]) -> Flaw | None:
    rows = [stored(0, line) for line in lines]
    # A line that a later version wrote may not tell its instant.
    if any(row.kind == UNREADABLE_KIND for row in rows):
        return None
    if (segment.first_at, segment.last_at) == (min(row.at for row in rows), max(row.at for row in rows)):
        return None
    return Flaw(segment.first_sequence, rows[0].id, "the instants kept beside the records were altered")


def _id_of(lines: Sequence[bytes]) -> str:
    return stored(0, lines[0]).id if lines else ""
