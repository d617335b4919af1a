"""One stream of `streamGenerateContent?alt=sse`.

It has no terminal marker: a stream is whole when a chunk gave the stop reason and the body then ended. An error may
come as an event, or as plain JSON between and behind events.
"""

from mainstay.model.fault import Fault
from mainstay.model.piece import Done, Failed, Piece, Pinged
from mainstay.wire.classify import malformed
from mainstay.wire.gemini.chunks import KEPT_MAX, ChunkReader
from mainstay.wire.gemini.errors import classify_inside
from mainstay.wire.gemini.response import CHUNK
from mainstay.wire.json_bytes import BAD_JSON
from mainstay.wire.sse import FIELD_STARTS, SseEvent, SseSplitter

_FUNCTION_CALL = b'"functionCall"'
_NO_EVENTS = "The body of a stream held no server-sent events."


class GeminiPieces:
    """Bytes in, pieces out (`wire.codec.PieceReader`). A function call comes in one event, however large."""

    __slots__ = ("_chunks", "_ended", "_held", "_silent", "_splitter", "dropped")

    def __init__(self) -> None:
        """Start before the first byte."""
        self._splitter = SseSplitter(KEPT_MAX)
        self._chunks = ChunkReader()
        self._ended = False
        self._held = b""
        self._silent = True
        self.dropped = 0

    def feed(self, data: bytes) -> list[Piece]:
        """Take the next bytes; give the pieces that they complete, in order."""
        if self._ended:
            return []
        if self._held or b"\r" in data:
            data = self._with_line_feeds(data)
        return self._pieces(self._splitter.feed(data))

    def close(self) -> list[Piece]:
        """Say that no more bytes come: `Done` where the stop reason had come, else nothing, for it was cut."""
        if self._ended:
            return []
        pieces = self._pieces(self._splitter.feed(self._held) + self._splitter.close())
        return pieces if pieces and type(pieces[-1]) is Failed else pieces + self._end()

    def _end(self) -> list[Piece]:
        self._ended = True
        fault = self._fault_of_tail(self._splitter.tail.strip())
        if fault is not None:
            return [Failed(fault)]
        return [Done()] if self._chunks.stopped else []

    def _with_line_feeds(self, data: bytes) -> bytes:
        """Google ends lines with CRLF, which takes four times as long to split. JSON has none but between its tokens.
        A CR at the end waits for its LF."""
        data = self._held + data
        self._held = data[-1:] if data.endswith(b"\r") else b""
        return (data[:-1] if self._held else data).replace(b"\r\n", b"\n")

    def _pieces(self, events: list[SseEvent]) -> list[Piece]:
        pieces: list[Piece] = []
        for event in events:
            pieces += self._read(event)
            if pieces and type(pieces[-1]) is Failed:
                self._ended = True
                return pieces
        if self._splitter.overflowed:
            pieces.append(Failed(malformed("The stream holds an event larger than the limit.")))
            self._ended = True
        return pieces

    def _read(self, event: SseEvent) -> list[Piece]:
        data = event.data
        if data is None:
            return self._read_without_data(event)
        try:
            chunk = CHUNK.decode(data)
        except BAD_JSON:
            return self._leave_out(data)
        self._silent = False
        if chunk.error:
            fault = classify_inside(data)
            return [Failed(fault or malformed("The stream reported an error without saying which."))]
        return self._chunks.read(chunk, data)

    def _leave_out(self, data: bytes) -> list[Piece]:
        """A malformed event is counted and left out, unless a function call would be missing."""
        self.dropped += 1
        return [Failed(malformed("A malformed event stood for a function call."))] if _FUNCTION_CALL in data else []

    def _read_without_data(self, event: SseEvent) -> list[Piece]:
        if event.quiet:
            return [Pinged()]
        fault = classify_inside(event.raw)
        if fault is not None:
            return [Failed(fault)]
        if self._silent and event.raw.lstrip()[:1] in {b"{", b"[", b"<"}:
            return [Failed(malformed(_NO_EVENTS))]
        self.dropped += 1
        return []

    def _fault_of_tail(self, tail: bytes) -> Fault | None:
        fault = classify_inside(tail) if tail else None
        if fault is None and self._silent and tail and not tail.startswith(FIELD_STARTS):
            return malformed(_NO_EVENTS)
        return fault
