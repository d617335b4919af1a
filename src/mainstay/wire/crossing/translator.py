"""A stream of one dialect told in another: pieces in, the caller's events out, as frames that the exchange understands.

What the writer writes is read once more by the caller dialect's own reader, so that every event means to the exchange
exactly what it would mean had a provider of that dialect sent it. Text, by far the most frequent, takes a short way.
"""

import msgspec

from mainstay.model.conversation import Thinking
from mainstay.model.fault import Fault
from mainstay.model.frame import Frame, FrameKind, Usage
from mainstay.model.piece import (
    Began,
    Called,
    Calling,
    Counted,
    Done,
    Failed,
    Piece,
    Pinged,
    Refused,
    Said,
    Sealed,
    Stopped,
    Thought,
)
from mainstay.model.ports import FrameReader
from mainstay.wire.codec import PieceReader, StreamWriter

TEXT = FrameKind.TEXT
"""A name of its own, because looking it up in the enumeration for each event costs ten times as much."""


class Translator:
    """`model.ports.FrameReader` for a crossing."""

    __slots__ = (
        "_calling",
        "_ending",
        "_issuer",
        "_ping",
        "_reader",
        "_rereader",
        "_stopped",
        "_writer",
        "_writes_said",
    )

    def __init__(
        self, reader: PieceReader, writer: StreamWriter, rereader: FrameReader, *, ping: bytes, issuer: str
    ) -> None:
        """`rereader` is the caller dialect's own reader, `ping` its keep-alive, `issuer` the upstream's name."""
        self._reader = reader
        self._writer = writer
        self._writes_said = writer.said
        self._rereader = rereader
        self._ping = ping
        self._issuer = issuer
        self._calling = 0
        self._ending: Stopped | None = None
        self._stopped = False

    @property
    def dropped(self) -> int:
        """Malformed events that were left out so far."""
        return self._reader.dropped

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; give the frames that they complete, in order."""
        return self._frames(self._reader.feed(data))

    def close(self) -> list[Frame]:
        """Say that no more bytes come; a stop reason that waited for its usage is told without."""
        frames = self._frames(self._reader.close())
        ending, self._ending = self._ending, None
        if ending is not None and not self._stopped:
            self._tell(ending, frames)
        return frames

    def _frames(self, pieces: list[Piece]) -> list[Frame]:
        frames: list[Frame] = []
        for piece in pieces:
            if self._stopped:
                break
            if type(piece) is Said:
                text = piece.text
                raw = self._writes_said(text)
                if raw.find(b"\n\n") == len(raw) - 2:
                    frames.append(Frame(TEXT, raw, text, self._calling > 0))
                    continue
                self._reread(raw, frames)
            elif type(piece) is Stopped and piece.usage is None:
                self._ending = piece
            else:
                self._tell(self._after_ending(piece, frames), frames)
        return frames

    def _after_ending(self, piece: Piece, frames: list[Frame]) -> Piece:
        """Usage that follows the stop reason is told with it, for some callers close their books there; anything else
        comes behind it."""
        ending, self._ending = self._ending, None
        if ending is None:
            return piece
        if isinstance(piece, Counted):
            return Stopped(ending.stop, ending.sequence, piece.usage)
        self._tell(ending, frames)
        return piece

    def _tell(self, piece: Piece, frames: list[Frame]) -> None:
        """Every piece but text."""
        match piece:
            case Failed():
                self._stopped = True
                frames.append(Frame(FrameKind.ERROR, b"", fault=told(piece.fault)))
            case Pinged():
                frames.append(Frame(FrameKind.PING, self._ping, "", self._calling > 0))
            case Calling():
                self._calling += 1
                frames.append(Frame(FrameKind.TOOL, b"", holds=True))
            case Called():
                self._calling = piece.open_calls
                self._reread(self._writer.called(piece.call), frames)
            case Thought() | Sealed():
                self._think(piece, frames)
            case Done():
                self._stopped = True
                self._reread(self._writer.done(), frames)
            case Stopped():
                # A call that was cut off by a limit stays away; nothing waits for it any more.
                self._calling = 0
                self._count(piece.usage, self._reread(self._writer.stopped(piece), frames), frames)
            case Began():
                self._count(piece.usage, self._reread(self._writer.began(piece), frames), frames)
            case Counted():
                self._count(piece.usage, self._reread(self._writer.counted(piece.usage), frames), frames)
            case _:
                self._reread(self._writer.refused(piece.text) if isinstance(piece, Refused) else b"", frames)

    def _count(self, usage: Usage | None, written: int, frames: list[Frame]) -> None:
        """Let the exchange know the usage, whether the caller's dialect tells it or not."""
        if usage is None:
            return
        if not written:
            frames.append(Frame(FrameKind.PREAMBLE, b"", "", self._calling > 0))
        frames[-1].usage = usage

    def _think(self, piece: Thought | Sealed, frames: list[Frame]) -> None:
        """Reasoning that the caller may not see is still a proof that the model works."""
        if isinstance(piece, Thought):
            raw = self._writer.thought(piece.text) if piece.text else b""
        else:
            raw = self._writer.sealed(tagged(piece.thinking, self._issuer))
        if raw:
            self._reread(raw, frames)
        else:
            frames.append(Frame(FrameKind.WORKING, b"", "", self._calling > 0))

    def _reread(self, raw: bytes, frames: list[Frame]) -> int:
        """Add the frames of what was written; how many there are."""
        read = self._rereader.feed(raw) if raw else []
        for frame in read:
            frame.holds = frame.holds or self._calling > 0
        frames += read
        return len(read)


def told(fault: Fault) -> Fault:
    """A fault without the words of another dialect: they would mean nothing to the caller's client."""
    return msgspec.structs.replace(fault, headers=(), body=b"")


def tagged(thinking: Thinking, issuer: str) -> Thinking:
    """The thinking with the name of who made it."""
    return Thinking(issuer, thinking.text, thinking.seal, thinking.hidden)
