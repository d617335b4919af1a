"""Server-sent events: cut a byte stream into whole events (WHATWG HTML, section 9.2.6).

Concatenating the `raw` of all events gives the stream back, byte for byte, up to an incomplete tail. Any split of the
bytes gives the same events. An event ends with two line ends in a row; a line ends with LF, CRLF or CR. A CR that is
the last byte so far waits for its LF, so that CRLF is never torn apart.
"""

import re

import msgspec

EVENT_BYTES_MAX = 1024 * 1024
"""Default bound on one event. The largest legitimate ones carry an image or a search result."""

FIELD_STARTS = (b"data", b"event", b":", b"id", b"retry")
"""How a line of a stream may begin: a body that begins otherwise is none."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_EVENT_END = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r(?!\Z))")
_LAST_EVENT_END = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_QUIET_FIELDS = (b"", b"id", b"retry")


class SseEvent(msgspec.Struct, gc=False):
    """One whole event. `data` is `None` when no line said `data:`; then `quiet` tells a comment (or an empty event)
    from text that is no server-sent event at all."""

    raw: bytes
    event: bytes = b""
    data: bytes | None = None
    quiet: bool = False


class SseSplitter:
    """Takes bytes, gives whole events. Bounded: once an event outgrows `event_bytes_max`, `overflowed` turns true and
    no more events are given."""

    __slots__ = ("_event_bytes_max", "_pending", "_started", "overflowed")

    def __init__(self, event_bytes_max: int = EVENT_BYTES_MAX) -> None:
        """Start before the first byte of a stream."""
        self._event_bytes_max = event_bytes_max
        self._pending = bytearray()
        self._started = False
        self.overflowed = False

    @property
    def tail(self) -> bytes:
        """What has come of an event that is not whole yet."""
        return bytes(self._pending)

    def feed(self, data: bytes) -> list[SseEvent]:
        """Take the next bytes; give the events that they complete, in order."""
        if self.overflowed:
            self._pending.clear()
            return []
        if self._pending:
            # Only new bytes can complete the event; of its longest ending (CRLF CRLF) three may already be here.
            scan_from = max(0, len(self._pending) - 3)
            self._pending += data
            if self._end_of_event(self._pending, scan_from) < 0:
                self.overflowed = len(self._pending) > self._event_bytes_max
                return []
            data = bytes(self._pending)
            self._pending.clear()
        elif self._started and len(data) <= self._event_bytes_max and (event := _usual_event(data)) is not None:
            return [event]
        return self._split(data, _EVENT_END)

    def close(self) -> list[SseEvent]:
        """Say that no more bytes come. Gives an event whose last CR was waiting; an incomplete tail stays in `tail`."""
        data = self.tail
        self._pending.clear()
        return self._split(data, _LAST_EVENT_END)

    @staticmethod
    def _end_of_event(data: bytearray, scan_from: int) -> int:
        if b"\r" not in data:
            return data.find(b"\n\n", scan_from)
        found = _EVENT_END.search(data, scan_from)
        return found.end() if found else -1

    def _split(self, data: bytes, event_end: re.Pattern[bytes]) -> list[SseEvent]:
        events: list[SseEvent] = []
        start = 0
        only_line_feeds = b"\r" not in data
        while True:
            if only_line_feeds:
                end = data.find(b"\n\n", start) + 2
                if end < 2:  # noqa: PLR2004 (find gave -1)
                    break
            else:
                found = event_end.search(data, start)
                if found is None:
                    break
                end = found.end()
            if end - start > self._event_bytes_max:
                self.overflowed = True
                return events
            raw = data[start:end]
            events.append(read_event(raw) if self._started else self._first_event(raw))
            start = end
        if start < len(data):
            self._pending += data[start:]
            self.overflowed = len(self._pending) > self._event_bytes_max
        return events

    def _first_event(self, raw: bytes) -> SseEvent:
        """The first event of a stream may begin with a byte order mark, which is no part of its first line."""
        self._started = True
        event = read_event(raw.removeprefix(_BYTE_ORDER_MARK))
        event.raw = raw
        return event


def read_event(raw: bytes) -> SseEvent:
    """Read the fields of one whole event. Never raises."""
    return _usual_event(raw) or _read_lines(raw)


def _usual_event(data: bytes) -> SseEvent | None:
    """The event that these bytes are, if they are exactly one of the shapes that providers send: one data line, or one
    event and one data line. Most packets are; splitting them is cheaper than looking for each part."""
    lines = data.split(b"\n", 4)
    count = len(lines)
    if count == 4:  # noqa: PLR2004 - two lines with something in them, and the two line ends behind them
        name, line, empty, rest = lines
        if name[:7] == b"event: " and line[:6] == b"data: " and not (empty or rest) and b"\r" not in data:
            return SseEvent(data, name[7:], line[6:])
    elif count == 3:  # noqa: PLR2004 - the same with one
        line, empty, rest = lines
        if line[:6] == b"data: " and not (empty or rest) and b"\r" not in data:
            return SseEvent(data, b"", line[6:])
    return None


def _read_lines(raw: bytes) -> SseEvent:
    event = b""
    data: list[bytes] = []
    quiet = True
    for line in _LINE_END.split(raw):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value
        elif name not in _QUIET_FIELDS:
            quiet = False
    return SseEvent(raw, event, b"\n".join(data) if data else None, quiet and not event)


def write_event(data: bytes, event: bytes = b"") -> bytes:
    """One event with this JSON. Line ends in JSON are white space between tokens, and would end our line."""
    name = b"event: " + event + b"\n" if event else b""
    return name + b"data: " + data.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n\n"


def comment(text: str) -> bytes:
    """A comment, which every reader of server-sent events passes over. Line ends in the text become spaces."""
    return b": " + " ".join(text.split()).encode() + b"\n\n"
