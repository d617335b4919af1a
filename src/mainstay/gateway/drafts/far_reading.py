"""A draft that another process writes, read little by little: each time what has been added since."""

from pathlib import Path

import msgspec

from mainstay.gateway.drafts.counting import count_events
from mainstay.gateway.drafts.draft_file import DraftFile
from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.drafts.reading import Kept, Sheet
from mainstay.gateway.drafts.seal import (
    FRAMES_AT,
    STATE_TAIL_LOST,
    DamagedDraftError,
    Sealer,
    frames,
    key_id,
    read_header,
)


class FarReading:
    """Used by one thread at a time."""

    def __init__(self, exchange_id: str, key: bytes) -> None:
        """Nothing has been read yet. `key` opens what was sealed."""
        self.exchange_id = exchange_id
        self.offset = 0
        """Where to read on: bytes of header and whole frames so far."""
        self.sheet = Sheet()
        self.tail_lost = False
        self._key = key
        self._sealer: Sealer | None = None
        self._durable = False
        self._number = 0

    @property
    def is_open(self) -> bool:
        """Whether somebody ought to be writing it."""
        return self.sheet.ended is None and not self.tail_lost

    def feed(self, state: bytes, data: bytes) -> Missing | None:
        """Take what stands from `offset` on, and the state in the header; tell why it cannot be read. A torn last frame
        is left for the next time."""
        self.tail_lost = self.tail_lost or state == STATE_TAIL_LOST
        start = 0
        if self._sealer is None:
            fault = self._begin(data)
            if fault is not None:
                return fault
            start = FRAMES_AT
        try:
            self._take(data, start)
        except (DamagedDraftError, msgspec.MsgspecError):
            return Missing(Reason.DAMAGED)
        # Its writer may be about to add the rest of the beginning.
        return None if self.sheet.opening is not None else Missing(Reason.UNREADABLE)

    def take_delivered(self) -> bytes:
        """What has been delivered since this was asked last."""
        delivered = b"".join(self.sheet.delivered)
        self.sheet.delivered.clear()
        return delivered

    def kept(self) -> Kept | Missing:
        """All of it, where nothing was taken out. Its file is not ours: nobody may write to it."""
        sheet = self.sheet
        if sheet.opening is None or self._sealer is None:
            return Missing(Reason.UNKNOWN)
        delivered = b"".join(sheet.delivered)
        return Kept(
            opening=sheet.opening,
            file=DraftFile.found(self.exchange_id, Path(), self._sealer, durable=self._durable),
            begun=sheet.begun,
            data=delivered,
            replied=sheet.replied,
            ended=sheet.ended,
            picked_up=tuple(sheet.picked_up),
            tail_lost=self.tail_lost,
            events=count_events(delivered),
            owner=sheet.owner,
        )

    def _begin(self, data: bytes) -> Missing | None:
        header = read_header(data)
        if header is None:
            return Missing(Reason.UNREADABLE if len(data) < FRAMES_AT else Reason.DAMAGED)
        if header.key_id != key_id(self._key):
            return Missing(Reason.KEY)
        self._sealer = Sealer(self._key, header.raw, self.exchange_id)
        self._durable = header.is_durable
        self.offset = FRAMES_AT
        return None

    def _take(self, data: bytes, start: int) -> None:
        assert self._sealer is not None, "the header has been read"  # noqa: S101 - the order of `feed`
        base = self.offset - start
        for frame in frames(data, start):
            self.sheet.add(frame.kind, self._sealer.open(frame, self._number))
            self._number += 1
            self.offset = base + frame.end
