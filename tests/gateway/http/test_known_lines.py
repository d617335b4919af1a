import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.http import known_lines
from mainstay.gateway.http.known_lines import KnownLines, PlainHead
from mainstay.gateway.http.limits import ClientLimits
from mainstay.gateway.http.response_reader import ResponseReader

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A:  b \r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n"
FIELDS = (("content-type", "text/plain"), ("x-a", "b"), ("content-length", "5"), ("connection", "keep-alive"))
LINES_MAX = 10
LIMITS = ClientLimits()


def read(packet: bytes) -> PlainHead | None:
    return KnownLines().read(packet, LINES_MAX)


def test_a_plain_head_is_read_and_the_body_is_found() -> None:
    assert read(HEAD + b"hello") == PlainHead(200, FIELDS, len(HEAD), 5)


def test_what_was_read_before_is_read_the_same_way_again() -> None:
    lines = KnownLines()
    first = lines.read(HEAD, LINES_MAX)
    again = lines.read(HEAD.replace(b"Length: 5", b"Length: 6").replace(b"200 OK", b"503 No"), LINES_MAX)
    assert first is not None
    assert again == PlainHead(503, (*FIELDS[:2], ("content-length", "6"), FIELDS[3]), len(HEAD), 6)


def test_a_line_that_was_read_before_is_the_same_value() -> None:
    lines = KnownLines()
    first, again = lines.read(HEAD, LINES_MAX), lines.read(HEAD, LINES_MAX)
    assert first is not None
    assert again is not None
    assert first.headers[0] is again.headers[0]


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200\nOK\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 12345678901\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nUpgrade: h2c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\nX-B: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\rc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\0c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n: b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nno field at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" + b"X-A: b\r\n" * LINES_MAX + b"\r\n",
    ],
)
def test_whatever_is_not_plain_is_left_to_the_parser(packet: bytes) -> None:
    assert read(packet) is None


def test_a_length_is_looked_at_each_time() -> None:
    lines = KnownLines()
    assert lines.read(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", LINES_MAX) is not None
    assert lines.read(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", LINES_MAX) is None


def test_many_different_lines_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_lines, "LINES_MAX", 8)
    monkeypatch.setattr(known_lines, "NAMES_MAX", 8)
    lines = KnownLines()
    for number in range(100):
        head = f"HTTP/1.1 {200 + number} {number}\r\nX-{number}: {number}\r\nContent-Length: 5\r\n\r\n"
        assert (lines.read(head.encode(), LINES_MAX) is not None) is (number != 4)
        assert lines.remembered <= 3 * 8


def test_long_lines_are_read_and_not_remembered() -> None:
    lines = KnownLines()
    long = b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * known_lines.LINE_BYTES_MAX + b"\r\nContent-Length: 5\r\n\r\n"
    lines.read(long.replace(b"X-A", b"X"), LINES_MAX)
    before = lines.remembered
    assert lines.read(long.replace(b"X-A: a", b"X: b"), LINES_MAX) is not None
    assert lines.remembered == before


NAMES = st.sampled_from([b"X-A", b"Content-Length", b"content-length", b"Connection", b"Date", b"Trailer", b"a b", b""])
VALUES = st.one_of(
    st.binary(max_size=6), st.sampled_from([b"5", b"keep-alive", b"close", b"0", b"\xa0", b"a\tb", b" c ", b"x, y"])
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5), st.sampled_from([b"200 OK", b"404 Nicht da", b"599", b"204 X"]))
def test_what_is_read_is_what_the_parser_reads(fields: list[tuple[bytes, bytes]], status: bytes) -> None:
    packet = b"HTTP/1.1 " + status + b"\r\n" + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n"
    head = read(packet)
    if head is None:
        return
    parser = ResponseReader(LIMITS, _Nothing())
    body = b"b" * head.body_bytes if head.body_bytes < 1_000_000 else b""
    parser.feed(packet + body)
    assert (parser.has_head, parser.status, parser.headers) == (True, head.status, head.headers)
    assert packet[head.body_at :] == b""
    assert (parser.complete, parser.reusable) == ((True, True) if body or not head.body_bytes else (False, False))


class _Nothing(KnownLines):
    """Leaves every head to the parser."""

    def read(self, packet: bytes, lines_max: int) -> PlainHead | None:
        del packet, lines_max
        return None
