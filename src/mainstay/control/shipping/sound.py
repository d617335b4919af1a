"""What of a journal may be shipped: records up to the first flaw. Pure."""

from collections.abc import Iterable

import msgspec

from mainstay.ledger.chain import Anchor, Flaw, digest_within, linked, verify_segment
from mainstay.ledger.schema import Segment


class Sound(msgspec.Struct, frozen=True):
    """Segments that may be shipped, and the flaw behind them, if there is one."""

    segments: tuple[Segment, ...]
    flaw: Flaw | None = None


def sound_part(segments: Iterable[Segment], position: Anchor) -> Sound:
    """The sound beginning of segments that should go on behind `position`. The first may hold records before it."""
    sound: list[Segment] = []
    link = position
    for segment in segments:
        flaw = _flaw_of(segment, link, is_first=not sound)
        if flaw is not None:
            return Sound((*sound, *_before(segment, flaw, position)), flaw)
        sound.append(segment)
        link = Anchor(segment.last_sequence, segment.digest)
    return Sound(tuple(sound))


def _flaw_of(segment: Segment, link: Anchor, *, is_first: bool) -> Flaw | None:
    if not is_first or segment.first_sequence == link.sequence + 1:
        return verify_segment(segment, link.digest, link.sequence + 1)
    flaw = verify_segment(segment, segment.previous)
    if flaw is None and digest_within(segment, link.sequence) != link.digest:
        return Flaw(link.sequence, "", "is not the record that the store has under this number")
    return flaw


def _before(segment: Segment, flaw: Flaw, position: Anchor) -> list[Segment]:
    """The records of a segment before the one that is flawed, as a segment of their own."""
    count = flaw.sequence - segment.first_sequence
    if count <= 0 or flaw.sequence <= position.sequence + 1:
        return []
    body = b"".join(line + b"\n" for line in segment.body.split(b"\n")[:count])
    shorter = msgspec.structs.replace(segment, records=count, body=body)
    instants = [row.at for row in shorter.stored()]
    return [linked(msgspec.structs.replace(shorter, first_at=min(instants), last_at=max(instants)), segment.previous)]
