"""How records become segments: JSON lines, one call of the encoder for each segment, and their hashes.

The encoder holds the interpreter's lock for as long as it encodes, and whoever shares the interpreter waits. So
segments are small, and between two of them the lock is let go for real: by a rest, since a mere offer would be taken up
by the one who offers. Small segments are also cheaper: their bytes stay in the processor's caches on the way to disk.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from mainstay.ledger.chain import Anchor, linked
from mainstay.ledger.errors import UnwritableRecordError
from mainstay.ledger.schema import SEGMENT_BYTES_MAX, SEGMENT_RECORDS_MAX, Segment
from mainstay.model.records import Record

SEGMENT_RECORDS: Final = 100
"""About so many records are in a segment where there are enough: 0.1 ms of encoding and 0.1 ms of hashing."""

RESTS_MAX: Final = 10
"""About so many segments are made of one batch. Beside a loop that is never idle, each rest may last until the
interpreter's switch interval (5 ms) is over: of a batch that large, somebody has fallen behind, segments are larger."""

Rest = Callable[[], object]
"""Lets go of the interpreter's lock for a moment."""

_encode_lines = msgspec.json.Encoder().encode_lines


def segments_of(records: Sequence[Record], after: Anchor, rest: Rest) -> list[Segment]:
    """Encode and chain the records that follow the place `after`. `rest` is called between segments.

    Raises `UnwritableRecordError` for the first record that has no written form.
    """
    # As many as there are about hundreds, all of one size: a small one behind the others would cost as much as they do.
    count = min(max(1, round(len(records) / SEGMENT_RECORDS)), RESTS_MAX)
    size = min(max(1, math.ceil(len(records) / count)), SEGMENT_RECORDS_MAX)
    segments: list[Segment] = []
    for start in range(0, len(records), size):
        if start:
            rest()
        for segment in _encoded(records[start : start + size], start, after.sequence + 1 + start):
            segments.append(linked(segment, segments[-1].digest if segments else after.digest))
    return segments


def _encoded(some: Sequence[Record], position: int, first_sequence: int) -> Iterator[Segment]:
    """Encode as one segment if it can be done; else halve, down to the one record that cannot be written, if any."""
    try:
        segment = _segment(some, first_sequence)
    except (ValueError, TypeError, AttributeError, OverflowError, msgspec.MsgspecError) as error:
        if len(some) == 1:
            raise UnwritableRecordError(position, str(error)) from error
        middle = len(some) // 2
        yield from _encoded(some[:middle], position, first_sequence)
        yield from _encoded(some[middle:], position + middle, first_sequence + middle)
    else:
        yield segment


def _segment(some: Sequence[Record], first_sequence: int) -> Segment:
    instants = [record.at for record in some]
    # One that is not finite spoils the sum; to look at each would cost a tenth of all that is done here.
    if not math.isfinite(sum(instants)):
        raise ValueError(f"its instant is {instants[0]}")
    body = _encode_lines(some)
    if len(body) > SEGMENT_BYTES_MAX:
        raise ValueError(f"it takes {len(body)} bytes, at most {SEGMENT_BYTES_MAX} fit")
    return Segment(first_sequence, len(some), min(instants), max(instants), body)
