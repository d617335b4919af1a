"""Response heads without a parser: a provider says the same lines again and again, but for a few that differ each time.

llhttp gives every field of every head by a call of its own, which costs some 10 us for a provider's usual head. Lines
that were read before cost one look-up each. Only heads that leave nothing to interpret are read here; llhttp has all
the others, and whatever is not exactly a line of HTTP.
"""

import re

import msgspec

from mainstay.model.http import Headers

LINES_MAX = 1_024
NAMES_MAX = 256
LINE_BYTES_MAX = 256
"""A longer line is read, but not remembered, which bounds the memory to some 256 KiB."""
HEAD_BYTES_MAX = 16_384

_STATUS_LINE = re.compile(r"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\t\x20-\x7e]*)?")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_WITHOUT_BODY = frozenset({204, 304})
_FOR_LLHTTP = frozenset({"transfer-encoding", "content-encoding", "upgrade", "proxy-connection"})
"""Fields that change how the body is to be read, or the connection to be used."""
_HEAD_END = b"\r\n\r\n"
_LENGTH = "content-length"
_LENGTH_DIGITS_MAX = 10

_NO_NAME = ""
_NO_LINES = [""]

_Field = tuple[str, str]


class PlainHead(msgspec.Struct, frozen=True, gc=False):
    """The head of a response whose body begins at `body_at` and has `body_bytes`, on a connection that is kept."""

    status: int
    headers: Headers
    body_at: int
    body_bytes: int


class KnownLines:
    """The lines that all upstreams of a client have said. When there are too many they are all forgotten, which is
    seldom: only a few lines of a head are new."""

    __slots__ = ("_fields", "_names", "_statuses")

    def __init__(self) -> None:
        """Begin knowing none."""
        self._fields: dict[str, _Field] = {}
        self._names: dict[str, str] = {}
        self._statuses: dict[str, int] = {}

    @property
    def remembered(self) -> int:
        """How many lines and names are known."""
        return len(self._fields) + len(self._names) + len(self._statuses)

    def read(self, packet: bytes, lines_max: int) -> PlainHead | None:
        """The head that the packet begins with; `None` where there is more to it, or less, than meets the eye."""
        end = packet.find(_HEAD_END, 0, HEAD_BYTES_MAX)
        lines = packet[:end].decode("latin-1").split("\r\n") if end > 0 else _NO_LINES
        status = self._statuses.get(lines[0]) or self._learn_status(lines[0])
        if not status or len(lines) > lines_max:
            return None
        del lines[0]
        # In C as far as possible: a look-up for each line, and no more of Python than for those that are new.
        headers: list[_Field | None] = list(map(self._fields.get, lines))
        length, at = "", 0
        while not all(headers):
            at = headers.index(None, at)
            field = headers[at] = self._learn(lines[at])
            if field is None:
                return None
            if field[0] == _LENGTH:
                if length or not _is_length(field[1]):
                    return None
                length = field[1]
        if not length:
            return None
        fields: Headers = tuple(headers)  # type: ignore[arg-type] # none of them is None any more
        return PlainHead(status, fields, end + len(_HEAD_END), int(length))

    def _learn_status(self, line: str) -> int:
        found = _STATUS_LINE.fullmatch(line)
        status = int(found[1]) if found is not None else 0
        if not status or status in _WITHOUT_BODY:
            return 0
        if len(line) <= LINE_BYTES_MAX:
            if len(self._statuses) >= LINES_MAX:
                self._statuses.clear()
            self._statuses[line] = status
        return status

    def _learn(self, line: str) -> _Field | None:
        """The field that this line is; `None` for one that llhttp should see. A length is never remembered: it must be
        looked at each time."""
        name, _, value = line.partition(":")
        known_name = self._names.get(name) or self._learn_name(name)
        value = value.strip(" \t")
        # Whatever could be taken for the end of a line by somebody is not printable.
        if not known_name or not value.isprintable() or (known_name == "connection" and value.lower() != "keep-alive"):
            return None
        field = (known_name, value)
        if len(line) <= LINE_BYTES_MAX and known_name != _LENGTH:
            if len(self._fields) >= LINES_MAX:
                self._fields.clear()
            self._fields[line] = field
        return field

    def _learn_name(self, name: str) -> str:
        if _NAME.fullmatch(name) is None:
            return _NO_NAME
        lower = name.lower()
        if lower in _FOR_LLHTTP:
            return _NO_NAME
        if len(name) <= LINE_BYTES_MAX:
            if len(self._names) >= NAMES_MAX:
                self._names.clear()
            self._names[name] = lower
        return lower


def _is_length(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= _LENGTH_DIGITS_MAX
