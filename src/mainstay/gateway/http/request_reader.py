"""Reads requests from a caller's bytes with llhttp, within limits. No I/O and no clock: `now` is an argument."""

import math
from collections import deque
from enum import Enum
from typing import Final

import httptools
import msgspec

from mainstay.gateway.http.content_coding import KNOWN_CODINGS, CodingFault, Decoder
from mainstay.gateway.http.familiar_heads import FamiliarHeads, Head, Template
from mainstay.gateway.http.fields import RawFields, field_bytes, read_fields
from mainstay.gateway.http.limits import ServerLimits
from mainstay.gateway.http.request import Request, split_target

_NOTED_FIELDS = frozenset({"content-encoding", "content-length", "expect", "host", "transfer-encoding"})
_VERSIONS = frozenset({"1.0", "1.1"})
_CODINGS = KNOWN_CODINGS | {"identity"}
_USUAL_FIELDS = frozenset({"content-length", "host"})
"""Of the noted fields, those that a head may have and be read the same way ever after."""

_Objection = tuple[int, str, str]
"""Status, code and message of a refusal."""


class Phase(Enum):
    """What a reader is in the middle of. `DEAF`: nothing more is parsed."""

    IDLE = "idle"
    HEAD = "head"
    BODY = "body"
    DEAF = "deaf"


IDLE: Final = Phase.IDLE
HEAD: Final = Phase.HEAD
BODY: Final = Phase.BODY
DEAF: Final = Phase.DEAF
# Aliases, because looking a member up in its enum takes ten times as long, and each request asks some ten times.


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A whole request, and what its caller expects of the connection."""

    request: Request
    keep_alive: bool
    http_1_0: bool


class Refusal(msgspec.Struct, frozen=True):
    """Why no more requests are read from this caller. `head_only`: the refused request was a HEAD."""

    path: str
    status: int
    code: str
    message: str
    head_only: bool


class RequestReader:
    """Bytes in; `arrivals` and at most one `refusal`, which is the last thing, out.

    `deadline` is the instant until which the part being read may take. `continue_owed` is true while a caller waits
    for `100 Continue` before sending the body.
    """

    __slots__ = (
        "_at",
        "_awaited_bytes",
        "_begins_in_packet",
        "_body",
        "_body_bytes",
        "_familiar",
        "_fields",
        "_first_packet",
        "_head",
        "_head_bytes",
        "_head_bytes_at_most",
        "_limits",
        "_method",
        "_noted",
        "_now",
        "_packet_bytes",
        "_parser",
        "_peer",
        "_quiet_bytes",
        "_target",
        "_template",
        "arrivals",
        "continue_owed",
        "deadline",
        "phase",
        "refusal",
    )

    def __init__(self, limits: ServerLimits, peer: str, familiar: FamiliarHeads | None = None) -> None:
        """`peer` is the caller's address, as told in each request; `familiar` are the heads known so far."""
        self._limits = limits
        self._peer = peer
        self._familiar = familiar or FamiliarHeads()
        self._parser = httptools.HttpRequestParser(self)
        self._now = self._at = 0.0
        self._packet_bytes = self._head_bytes = self._head_bytes_at_most = self._body_bytes = self._quiet_bytes = 0
        self._awaited_bytes = 0
        self._first_packet: bytes | None = None
        self._head: Head | None = None
        self._template: Template | None = None
        self._method = ""
        self._target = b""
        self._fields: RawFields = []
        self._noted: dict[str, str] = {}
        self._body: list[bytes] = []
        self._begins_in_packet = False
        self.phase = IDLE
        self.arrivals: deque[Arrival] = deque()
        self.refusal: Refusal | None = None
        self.continue_owed = False
        self.deadline = math.inf

    def feed(self, data: bytes, now: float) -> None:
        """Take the next bytes. Raises nothing; what is wrong with them becomes a refusal."""
        if self.phase is IDLE:
            template = self._template
            recalled = (template is not None and template.match(data)) or self._recall(data)
            if recalled is not None and recalled[2] <= self._limits.body_bytes:
                self._at = now
                self._begin_familiar(*recalled, data)
            else:
                # A head is known by how its packet begins, so a packet that begins with a blank line is of no use.
                self._first_packet = data if data[:1].isalpha() else None
                self._parse(data, now)
                self._first_packet = None
        elif self._awaited_bytes:
            self._take_awaited(data, now)
        else:
            self._parse(data, now)

    def refuse(self, status: int, code: str, message: str) -> None:
        """Read no more."""
        if self.phase is DEAF:
            return
        self.close()
        head = self._head
        path = head.path if head is not None else split_target(self._target)[0] if self._target else ""
        method = head.method if head is not None else self._method
        self.refusal = Refusal(path, status, code, message, head_only=method == "HEAD")

    def expire(self) -> None:
        """Refuse the part that took longer than its deadline."""
        part = "header" if self.phase is HEAD else "body"
        self.refuse(408, "request_timeout", f"the request's {part} took too long to arrive; send it again")

    def extend(self, now: float) -> None:
        """Give the part being read its time anew, because reading had been stopped."""
        if self.phase is HEAD:
            self.deadline = now + self._limits.header_seconds
        elif self.phase is BODY:
            self.deadline = now + self._limits.body_seconds

    def close(self) -> None:
        """Forget what is half read, and read no more."""
        self.phase = DEAF
        self.deadline = math.inf
        self.continue_owed = False
        self._awaited_bytes = 0
        self._body = []

    def on_message_begin(self) -> None:
        """First byte of a request. From here on, what llhttp calls."""
        if self.phase is DEAF:
            return
        self.phase = HEAD
        self._begins_in_packet = True
        self._at = self._now
        self.deadline = self._now + self._limits.header_seconds
        self._head = None
        self._method = ""
        self._target = b""
        self._fields = []
        self._body = []
        self._head_bytes = self._head_bytes_at_most = self._body_bytes = self._quiet_bytes = 0

    def on_url(self, part: bytes) -> None:
        """A part of the request target."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the header, or of the trailer, which is dropped. Bounded by the packet's size here, and by the
        limits once the packet is read."""
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """Decide whether the request is one to read on."""
        packet, self._first_packet = self._first_packet, None
        if self.phase is not HEAD:
            return
        parser = self._parser
        version = parser.get_http_version()
        self._method = method = parser.get_method().decode("latin-1")
        if self._head_is_too_large():
            self._refuse_header()
            return
        fields, self._fields = self._fields, []
        headers, self._noted = read_fields(fields, _NOTED_FIELDS, left_out="content-length")
        noted = self._noted
        path, query = split_target(self._target)
        self._head = Head(method, path, query, headers, parser.should_keep_alive(), http_1_0=version == "1.0")
        upgrade = parser.should_upgrade()
        objection = _objection_to_request(method, version, noted.get("host", ""))
        if objection is None:
            objection = _objection_to_framing(version, noted, upgrade=upgrade)
        length = noted.get("content-length", "0")
        if objection is not None:
            self.refuse(*objection)
            return
        if int(length) > self._limits.body_bytes:
            self._refuse_body()
            return
        if packet is not None and not upgrade and version == "1.1" and noted.keys() <= _USUAL_FIELDS:
            self._familiar.remember(packet, self._head, len(fields), int(length))
        if length != "0" or "transfer-encoding" in noted:
            self.phase = BODY
            self.deadline = self._now + self._limits.body_seconds
            self.continue_owed = "expect" in noted and version == "1.1"

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        if self.phase is not BODY:
            return
        self._body_bytes += len(part)
        if self._body_bytes > self._limits.body_bytes:
            self._refuse_body()
        else:
            self._body.append(part)

    def on_message_complete(self) -> None:
        """Last byte of a request."""
        if self.phase is DEAF:
            return
        body = self._whole_body()
        coding = self._noted.get("content-encoding")
        if coding is not None and self._head is not None:
            decoded = _decoded(body, coding.lower(), self._limits.body_bytes)
            if isinstance(decoded, CodingFault):
                self._refuse_coding(decoded)
                return
            body = decoded
            headers = tuple(field for field in self._head.headers if field[0] != "content-encoding")
            self._head = msgspec.structs.replace(self._head, headers=headers)
        self._arrived(body)

    def _whole_body(self) -> bytes:
        parts = self._body
        self._body = []
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _arrived(self, body: bytes) -> None:
        """The request is whole."""
        head = self._head
        assert head is not None, "a body comes after its head"  # noqa: S101 - tells the type checker
        request = Request(head.method, head.path, head.query, head.headers, body, self._at, self._peer)
        self.arrivals.append(Arrival(request, head.keep_alive, head.http_1_0))
        self.continue_owed = False
        self.phase = IDLE if head.keep_alive else DEAF
        self.deadline = math.inf

    def _recall(self, data: bytes) -> tuple[Head, int, int] | None:
        """What others have sent before, and perhaps this caller too, but not just now."""
        recalled = self._familiar.recall(data)
        if recalled is not None:
            self._template = self._familiar.template(data)
        return recalled

    def _begin_familiar(self, head: Head, body_at: int, body_bytes: int, data: bytes) -> None:
        """A request whose head needs no reading. llhttp is told nothing of it and waits for the next one."""
        self._head = head
        if len(data) == body_at + body_bytes:
            self._arrived(data[body_at:])
            return
        self.phase = BODY
        self.deadline = self._at + self._limits.body_seconds
        self._body = []
        self._awaited_bytes = body_bytes
        self._take_awaited(data[body_at:], self._at)

    def _take_awaited(self, data: bytes, now: float) -> None:
        """What follows a familiar head: its body, and perhaps the next request."""
        more = len(data) - self._awaited_bytes
        if more < 0:
            self._awaited_bytes = -more
            if data:
                self._body.append(data)
            return
        self._body.append(data[:-more] if more else data)
        self._awaited_bytes = 0
        self._arrived(self._whole_body())
        if more:
            self._parse(data[-more:], now)

    def _parse(self, data: bytes, now: float) -> None:
        """Have llhttp read the next bytes."""
        body_bytes_before = self._body_bytes
        self._now = now
        self._packet_bytes = len(data)
        self._begins_in_packet = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_after_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self.refuse(400, "malformed_request", f"the request is not valid HTTP/1.1: {error}")
        if self.phase is HEAD:
            self._bound_head()
        elif self.phase is BODY and not self._begins_in_packet:
            self._bound_quiet_bytes(grown=self._body_bytes != body_bytes_before)

    def _go_on_after_upgrade(self, rest: bytes) -> None:
        """Ignore the wish to upgrade: the parser stopped for us to decide, and what follows is HTTP as before."""
        if rest and self.phase is not DEAF:
            self._parse(rest, self._now)

    def _head_is_too_large(self) -> bool:
        limits = self._limits
        if len(self._fields) > limits.header_count:
            return True
        if self._head_bytes_at_most + self._packet_bytes <= limits.header_bytes:
            return False
        return len(self._target) + field_bytes(self._fields) > limits.header_bytes

    def _bound_head(self) -> None:
        """Bound an unfinished header. Packets wholly within it count, whatever llhttp has made of them so far."""
        if not self._begins_in_packet:
            self._head_bytes += self._packet_bytes
        if self._head_bytes > self._limits.header_bytes or self._head_is_too_large():
            self._refuse_header()
        self._head_bytes_at_most += self._packet_bytes

    def _bound_quiet_bytes(self, *, grown: bool) -> None:
        """Bound what comes within a body and is none of it: chunk extensions, trailers."""
        self._quiet_bytes = 0 if grown else self._quiet_bytes + self._packet_bytes
        if self._quiet_bytes > self._limits.header_bytes:
            self._refuse_header()

    def _refuse_header(self) -> None:
        bounds = f"{self._limits.header_bytes} bytes or has more than {self._limits.header_count} fields"
        self.refuse(431, "header_too_large", f"the header is larger than {bounds}")

    def _refuse_body(self) -> None:
        self.refuse(413, "request_too_large", f"the body is larger than {self._limits.body_bytes} bytes; send less")

    def _refuse_coding(self, fault: CodingFault) -> None:
        if fault is CodingFault.TOO_LARGE:
            self._refuse_body()
        else:
            self.refuse(400, "malformed_body", "the body is not what its content-encoding says")


def _objection_to_request(method: str, version: str, host: str) -> _Objection | None:
    """Why a well-formed request is not one for us."""
    if version not in _VERSIONS:
        return 505, "unsupported_http_version", "only HTTP/1.1 and HTTP/1.0 are spoken here"
    if method == "CONNECT":
        return 501, "unsupported_method", "CONNECT is not served here"
    if "," in host or (not host and version == "1.1"):
        return 400, "malformed_request", "exactly one host header is required"
    return None


def _objection_to_framing(version: str, noted: dict[str, str], *, upgrade: bool) -> _Objection | None:
    """Why a body cannot be read. llhttp itself has already refused a repeated length, a length beside a
    transfer-encoding, and a transfer-encoding that does not end in chunked."""
    coding = noted.get("transfer-encoding")
    if coding is not None and (version == "1.0" or coding.lower() != "chunked"):
        return 400, "malformed_request", "the only transfer-encoding understood is chunked, in HTTP/1.1"
    if upgrade and (coding is not None or noted.get("content-length", "0") != "0"):
        return 400, "malformed_request", "a request with a body cannot ask for an upgrade"
    if noted.get("content-encoding", "identity").lower() not in _CODINGS:
        return 415, "unsupported_content_encoding", "a body may be sent as it is, or packed with gzip or deflate"
    if noted.get("expect", "100-continue").lower() != "100-continue":
        return 417, "unsupported_expectation", "the only expectation understood is 100-continue"
    return None


def _decoded(body: bytes, coding: str, body_bytes: int) -> bytes | CodingFault:
    """The body without its content coding."""
    if coding == "identity":
        return body
    decoder = Decoder(coding, slack_bytes=body_bytes, ratio=0)
    decoded = decoder.feed(body)
    return decoded if isinstance(decoded, CodingFault) or decoder.complete else CodingFault.BROKEN
