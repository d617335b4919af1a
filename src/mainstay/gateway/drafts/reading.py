"""A draft's file read back: all of it, or a stretch of what was delivered."""

from pathlib import Path

import msgspec

from mainstay.gateway.drafts.counting import after_events, count_events
from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.drafts.draft_file import DraftFile
from mainstay.gateway.drafts.entries import (
    BEGUN,
    DELIVERED,
    ENDED,
    OPENING,
    PICKED_UP,
    REPLIED,
    Begun,
    Beyond,
    Ended,
    Missing,
    Opening,
    Reason,
    read_begun,
    read_ended,
    read_opening,
    read_picked_up,
    read_reply,
)
from mainstay.gateway.drafts.seal import (
    STATE_TAIL_LOST,
    DamagedDraftError,
    Frame,
    Header,
    Sealer,
    frames,
    key_id,
    read_header,
)
from mainstay.model.http import Reply


class Kept(msgspec.Struct, frozen=True):
    """A draft as it is on disk. `data` is everything delivered, `events` the number of its server-sent events with
    data, `picked_up` the instants at which somebody went on with it (after which it has not ended any more).
    `tail_lost`: more was delivered than was kept."""

    opening: Opening
    file: DraftFile
    begun: Begun | None = None
    data: bytes = b""
    replied: Reply | None = None
    ended: Ended | None = None
    picked_up: tuple[float, ...] = ()
    tail_lost: bool = False
    events: int = 0
    owner: str = ""
    """The process that wrote it last."""

    @property
    def complete(self) -> bool:
        """Whether it has ended and all that was delivered is here. Whether that is a good answer says the outcome."""
        return self.ended is not None and not self.tail_lost

    def after(self, events: int) -> bytes | Beyond:
        """What was delivered behind so many events."""
        return after_events(self.data, events)


class Sheet:
    """What has been read of a file so far. `delivered` are the parts of the stream that nobody has taken yet."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.opening: Opening | None = None
        self.begun: Begun | None = None
        self.delivered: list[bytes] = []
        self.replied: Reply | None = None
        self.ended: Ended | None = None
        self.picked_up: list[float] = []
        self.owner = ""

    def add(self, kind: int, content: bytes) -> None:
        """Take the next record. Raises `msgspec.MsgspecError` for one that cannot be read."""
        if kind == DELIVERED:
            self.delivered.append(content)
        elif kind == OPENING:
            self.opening = read_opening(content)
            self.owner = self.opening.owner
        elif kind == BEGUN:
            self.begun = read_begun(content)
        elif kind == REPLIED:
            self.replied = read_reply(content)
        elif kind == ENDED:
            self.ended = read_ended(content)
        elif kind == PICKED_UP:
            picked_up = read_picked_up(content)
            self.picked_up.append(picked_up.at)
            self.owner = picked_up.owner
            self.ended = None


def read_draft(disk: Disk, path: Path, exchange_id: str, key: bytes) -> Kept | Missing:
    """All of a draft. A torn last frame is left out."""
    try:
        data = disk.read(path)
    except FileNotFoundError:
        return Missing(Reason.UNKNOWN)
    except OSError:
        return Missing(Reason.UNREADABLE)
    header = read_header(data)
    if header is None:
        return Missing(Reason.DAMAGED)
    if header.key_id != key_id(key):
        return Missing(Reason.KEY)
    try:
        return _read(data, header, path, exchange_id, key)
    except (DamagedDraftError, msgspec.MsgspecError):
        return Missing(Reason.DAMAGED)


def read_stretch(disk: Disk, file: DraftFile, position: int) -> bytes | Missing:
    """Some of what was delivered, from a position on; never nothing."""
    if position >= file.stream_bytes:
        return Missing(Reason.TAIL_LOST)
    sign, end = file.sign_before(position)
    try:
        data = disk.read(file.path, sign.offset, end - sign.offset)
        contents = [
            (frame.kind, file.sealer.open(frame, number)) for number, frame in enumerate(frames(data, 0), sign.number)
        ]
    except FileNotFoundError:
        return Missing(Reason.TAIL_LOST)
    except OSError:
        return Missing(Reason.UNREADABLE)
    except DamagedDraftError:
        return Missing(Reason.DAMAGED)
    delivered = b"".join([content for kind, content in contents if kind == DELIVERED])
    return delivered[position - sign.position :] or Missing(Reason.DAMAGED)


def _read(data: bytes, header: Header, path: Path, exchange_id: str, key: bytes) -> Kept | Missing:
    file = DraftFile.found(exchange_id, path, Sealer(key, header.raw, exchange_id), durable=header.is_durable)
    sheet = Sheet()
    for number, frame in enumerate(frames(data, file.size)):
        _take(file, sheet, frame, number)
    if sheet.opening is None:
        return Missing(Reason.DAMAGED)
    file.torn = len(data) > file.size
    delivered = b"".join(sheet.delivered)
    return Kept(
        opening=sheet.opening,
        file=file,
        begun=sheet.begun,
        data=delivered,
        replied=sheet.replied,
        ended=sheet.ended,
        picked_up=tuple(sheet.picked_up),
        tail_lost=header.state == STATE_TAIL_LOST,
        events=count_events(delivered),
        owner=sheet.owner,
    )


def _take(file: DraftFile, sheet: Sheet, frame: Frame, number: int) -> None:
    content = file.sealer.open(frame, number)
    sheet.add(frame.kind, content)
    file.noted(frame.kind, len(content), frame.start)
    file.size = frame.end
