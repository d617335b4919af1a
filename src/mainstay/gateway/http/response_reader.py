"""Reads responses from an upstream's bytes with llhttp, within limits. No I/O, no clock."""

from collections.abc import Mapping

import httptools

from mainstay.gateway.http.content_coding import KNOWN_CODINGS, CodingFault, Decoder
from mainstay.gateway.http.fields import RawFields, field_bytes, read_fields
from mainstay.gateway.http.known_lines import KnownLines
from mainstay.gateway.http.limits import ClientLimits
from mainstay.model.events import Breakage
from mainstay.model.http import Headers

_NOTED_FIELDS = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_CODING_FIELDS = frozenset({"content-encoding", "content-length"})
_FIRST_FINAL_STATUS = 200
_SIZE_DIGITS_MAX = 4
_SIZES = {written: size for size in range(1, 0x1001) for written in (b"%x" % size, b"%X" % size)}
"""Sizes of chunks as they are usually written."""
_LENGTH_ALONE = {"content-length": ""}
"""What a plain head says of its body, as far as anybody asks afterwards: that something delimits it."""


class ResponseReader:
    """Bytes in; after each `feed` (or `end`) the attributes tell what is known.

    `has_head`: `status` and `headers` are there. `complete`: so is the whole body. `reusable`: and the connection may
    carry another request. `breakage`: this can become no complete response, for the reason in `detail`. `touched`: at
    least one byte came.
    """

    __slots__ = (
        "_awaited_bytes",
        "_body",
        "_decoder",
        "_fields",
        "_has_ended_chunk",
        "_interim_count",
        "_is_between_chunks",
        "_known_lines",
        "_limits",
        "_noted",
        "_packet_bytes",
        "_parser",
        "_quiet_bytes",
        "breakage",
        "complete",
        "detail",
        "has_head",
        "headers",
        "reusable",
        "status",
        "touched",
    )

    def __init__(self, limits: ClientLimits, known_lines: KnownLines | None = None) -> None:
        """Ready for the first response. `known_lines` are those that others have heard already."""
        self._limits = limits
        self._known_lines = known_lines or KnownLines()
        self._parser = httptools.HttpResponseParser(self)
        self.restart()

    def restart(self) -> None:
        """Get ready for the response to the next request. Only when `reusable`."""
        self._fields: RawFields = []
        self._noted: Mapping[str, str] = {}
        self._body: list[bytes] = []
        self._decoder: Decoder | None = None
        self._packet_bytes = self._quiet_bytes = self._interim_count = self._awaited_bytes = 0
        self.status = 0
        self.headers: Headers = ()
        self.has_head = self.complete = self.reusable = self.touched = False
        self._has_ended_chunk = self._is_between_chunks = False
        self.breakage: Breakage | None = None
        self.detail = ""

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises nothing."""
        if self._is_between_chunks:
            # Of a stream nearly every packet is one chunk: nothing of it is worth telling llhttp, which waits for the
            # next one before it and behind it.
            at = data.find(b"\r\n", 0, _SIZE_DIGITS_MAX + 1)
            size = _SIZES.get(data[:at]) if at > 0 else None
            if size is not None and len(data) == at + size + 4 and data.endswith(b"\r\n"):
                self._body.append(data[at + 2 : -2])
                return
        elif not self.touched:
            self.touched = True
            if self._begins_plainly(data):
                return
        elif self._awaited_bytes:
            self._take_awaited(data)
            return
        self._packet_bytes = len(data)
        self._has_ended_chunk = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._break(Breakage.PROTOCOL, "switched protocols unasked")
        except httptools.HttpParserError as error:
            self.reusable = False
            self._break(Breakage.PROTOCOL, str(error))
        # A packet that ends like this has nothing of the next chunk: a size would not be whole without its own end.
        self._is_between_chunks = self._has_ended_chunk and self.breakage is None and data.endswith(b"\r\n")
        if self._body:
            self._quiet_bytes = 0
        elif not self.complete:
            self._bound_quiet_bytes()

    def _begins_plainly(self, data: bytes) -> bool:
        """Read a head that needs no parser. llhttp is told nothing of the response, and waits for the next one."""
        limits = self._limits
        head = self._known_lines.read(data, limits.header_count)
        if head is None or head.body_at > limits.header_bytes:
            return False
        self.status = head.status
        self.headers = head.headers
        self._noted = _LENGTH_ALONE
        self.has_head = True
        body_at, body_bytes = head.body_at, head.body_bytes
        if body_bytes and len(data) == body_at + body_bytes:
            self._body.append(data[body_at:])
            self.complete = self.reusable = True
        else:
            self._awaited_bytes = body_bytes
            self._take_awaited(data[body_at:])
        return True

    def _take_awaited(self, data: bytes) -> None:
        """Bytes of a body whose length is known."""
        missing = self._awaited_bytes - len(data)
        if data:
            self._body.append(data if missing >= 0 else data[:missing])
        if missing > 0:
            self._awaited_bytes = missing
            return
        self._awaited_bytes = 0
        self.complete = True
        # Whoever says more than was promised cannot be trusted with another request.
        self.reusable = missing == 0

    def take_body(self) -> bytes:
        """The body's bytes since the last call, unpacked."""
        parts = self._body
        if not parts and self._decoder is None:
            return b""
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        self._body = []
        if self._decoder is None:
            return body
        decoded = self._decoder.feed(body)
        if isinstance(decoded, CodingFault):
            self._spoil(Breakage.PROTOCOL, f"the body's content-encoding is {decoded.value}")
            return b""
        if self.complete and not self._decoder.complete:
            self._spoil(Breakage.CUT, "the packed body ended early")
        return decoded

    def end(self, *, clean: bool, detail: str) -> None:
        """The connection has ended, cleanly or not. A clean end completes a body that nothing else delimits."""
        delimited = "transfer-encoding" in self._noted or "content-length" in self._noted
        if not self.has_head:
            self._break(Breakage.CLOSED_EARLY, detail or "the connection ended before the response")
        elif delimited or not clean:
            self._break(Breakage.CUT, detail or "the connection ended within the body")
        elif self._decoder is not None and not self._decoder.complete:
            self._break(Breakage.CUT, "the packed body ended early")
        elif self.breakage is None:
            self.complete = True

    def on_message_begin(self) -> None:
        """First byte of a response. From here on, what llhttp calls."""
        if self.complete:
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the header, or of the trailer, which is dropped. Bounded by the packet's size here, and by the
        limits once the packet is read."""
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The header is whole: keep it, unless it is an interim one or one that we cannot go on with."""
        status = self._parser.get_status_code()
        if self.complete or self.breakage is not None or status < _FIRST_FINAL_STATUS:
            return
        if self._head_is_too_large():
            self._break(Breakage.PROTOCOL, "the header is too large")
            return
        self.status = status
        self.headers, self._noted = read_fields(self._fields, _NOTED_FIELDS)
        self._fields = []
        self.has_head = True
        if "content-encoding" in self._noted or "transfer-encoding" in self._noted:
            self._note_codings()

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        if self.has_head and not self.complete and self.breakage is None:
            self._body.append(part)

    def on_chunk_header(self) -> None:
        """The size of a chunk."""
        self._has_ended_chunk = False

    def on_chunk_complete(self) -> None:
        """Last byte of a chunk."""
        self._has_ended_chunk = True

    def on_message_complete(self) -> None:
        """Last byte of a response."""
        self._has_ended_chunk = False
        if self.has_head:
            if not self.complete and self.breakage is None:
                self.complete = True
                self.reusable = self._parser.should_keep_alive()
            return
        self._interim_count += 1
        self._fields = []
        self._noted = {}
        if self._interim_count > self._limits.interim_responses:
            self._break(Breakage.PROTOCOL, "too many interim responses")

    def _head_is_too_large(self) -> bool:
        limits = self._limits
        if len(self._fields) > limits.header_count:
            return True
        if self._quiet_bytes + self._packet_bytes <= limits.header_bytes:
            return False
        return field_bytes(self._fields) > limits.header_bytes

    def _note_codings(self) -> None:
        coding = self._noted.get("content-encoding", "").lower() or "identity"
        if self._noted.get("transfer-encoding", "chunked").lower() != "chunked":
            self._break(Breakage.PROTOCOL, "the only transfer-encoding understood is chunked")
        elif coding in KNOWN_CODINGS:
            limits = self._limits
            self._decoder = Decoder(coding, slack_bytes=limits.unpacked_slack_bytes, ratio=limits.unpacked_ratio)
            self.headers = tuple(field for field in self.headers if field[0] not in _CODING_FIELDS)
        elif coding != "identity":
            self._break(Breakage.PROTOCOL, f"content-encoding {coding} was not asked for")
        self.has_head = self.breakage is None

    def _bound_quiet_bytes(self) -> None:
        """Bound what is neither body nor a whole header: header fields, chunk extensions, trailers."""
        self._quiet_bytes += self._packet_bytes
        if self._quiet_bytes > self._limits.header_bytes or len(self._fields) > self._limits.header_count:
            self._break(Breakage.PROTOCOL, "the header is too large")

    def _break(self, how: Breakage, detail: str) -> None:
        if self.breakage is None and not self.complete:
            self.breakage = how
            self.detail = detail

    def _spoil(self, how: Breakage, detail: str) -> None:
        """Break even a response that was complete as far as HTTP could tell."""
        self.complete = self.reusable = False
        self._break(how, detail)
