"""Keeping an answer: what was copied while it was given, once its exchange says that it deserves to be given again."""

from typing import Final

import msgspec

from mainstay.engine.caching.answer import CachedAnswer
from mainstay.gateway.cache.asked import Asked
from mainstay.gateway.cache.copying import Copy
from mainstay.gateway.cache.shelf import Shelf
from mainstay.model.frame import FrameKind
from mainstay.model.http import Headers
from mainstay.model.ports import Dialect
from mainstay.model.records import ExchangeRecord

KEPT_HEADERS: Final = frozenset({"content-type", "content-language", "cache-control"})
"""All other fields speak of the moment: request ids, limits, dates, connections."""
BESIDE_BYTES: Final = 2_048


class Slot:
    """`engine.caching.slot.CacheSlot` of one request."""

    def __init__(self, asked: Asked, shelf: Shelf, copy: Copy, stand_in: CachedAnswer | None, wall: float) -> None:
        """`wall` (seconds since 1970) is when the answer was asked for: it is no younger than that."""
        self.stand_in = stand_in
        self._asked = asked
        self._shelf = shelf
        self._copy = copy
        self._wall = wall

    def served(self, record: ExchangeRecord) -> None:
        """See `CacheSlot`."""
        asked, copy = self._asked, self._copy
        if not copy.is_whole:
            return
        job, rule = asked.job, asked.rule
        answer = CachedAnswer(
            record.id,
            self._wall,
            job.identity.tenant,
            job.call.dialect,
            copy.status,
            kept_headers(copy.headers),
            job.call.stream,
            tuple(copy.parts),
            record.upstream,
            record.model_served,
            copy.seconds,
        )
        dialect, keep_seconds = job.dialect, rule.ttl_seconds + rule.stale_if_error_seconds
        size = copy.size + BESIDE_BYTES
        if keep_seconds > 0:
            self._shelf.put(asked.place, size, keep_seconds, lambda: as_kept(answer, dialect))


def kept_headers(headers: Headers) -> Headers:
    """Those of an answer's header fields that are true whenever it is given."""
    return tuple(field for field in headers if field[0] in KEPT_HEADERS)


def as_kept(answer: CachedAnswer, dialect: Dialect) -> CachedAnswer | None:
    """The answer event by event, keep-alives left out; `None` where a stream is not whole after all."""
    if not answer.stream:
        return answer
    reader = dialect.frames()
    frames = [*reader.feed(b"".join(answer.parts)), *reader.close()]
    frames = [frame for frame in frames if frame.kind is not FrameKind.PING]
    is_whole = bool(frames) and frames[-1].kind is FrameKind.END and not reader.dropped
    return msgspec.structs.replace(answer, parts=tuple(frame.raw for frame in frames)) if is_whole else None
