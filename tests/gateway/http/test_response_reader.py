import gzip
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.http.limits import ClientLimits
from mainstay.gateway.http.response_reader import ResponseReader
from mainstay.model.events import Breakage

LIMITS = ClientLimits(header_bytes=2_000, header_count=20, unpacked_slack_bytes=10_000, unpacked_ratio=2)
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: t\r\n\r\n"


def read(*parts: bytes) -> tuple[ResponseReader, bytes]:
    one = ResponseReader(LIMITS)
    body = b""
    for part in parts:
        one.feed(part)
        body += one.take_body()
    return one, body


def broken(*parts: bytes) -> Breakage | None:
    one, _ = read(*parts)
    assert not one.complete
    assert not one.reusable
    return one.breakage


def test_a_response_is_read_whole() -> None:
    one, body = read(PLAIN)
    assert (one.status, body) == (200, b"hello")
    assert one.headers == (("content-type", "text/plain"), ("content-length", "5"))
    assert one.complete
    assert one.reusable


@pytest.mark.parametrize(("stream", "body"), [(PLAIN, b"hello"), (CHUNKED, b"abcde")])
def test_any_cut_gives_the_same_response(stream: bytes, body: bytes) -> None:
    for cut in range(len(stream)):
        one, got = read(stream[:cut], stream[cut:])
        assert (got, one.complete, one.reusable) == (body, True, True)


def test_byte_by_byte_gives_the_same_response() -> None:
    one, body = read(*(CHUNKED[i : i + 1] for i in range(len(CHUNKED))))
    assert (body, one.complete, one.headers) == (b"abcde", True, (("transfer-encoding", "chunked"),))


def test_it_reads_one_response_after_the_other() -> None:
    one, _ = read(CHUNKED)
    one.restart()
    assert not one.touched
    one.feed(PLAIN)
    assert (one.take_body(), one.complete) == (b"hello", True)


@pytest.mark.parametrize("status", [204, 304])
def test_some_responses_have_no_body(status: int) -> None:
    one, body = read(b"HTTP/1.1 %d X\r\n\r\n" % status)
    assert (one.complete, body) == (True, b"")


def test_interim_responses_are_skipped() -> None:
    one, body = read(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + PLAIN)
    assert (one.status, body) == (200, b"hello")
    assert "link" not in dict(one.headers)


def test_endless_interim_responses_break() -> None:
    assert broken(b"HTTP/1.1 100 Continue\r\n\r\n" * 17) is Breakage.PROTOCOL


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        PLAIN + b"more than was promised",
        PLAIN + PLAIN,
    ],
)
def test_a_connection_that_ends_or_says_too_much_is_not_reused(head: bytes) -> None:
    one, body = read(head)
    assert (one.complete, one.reusable, body) == (True, False, b"hello")


@pytest.mark.parametrize(
    "stream",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"<html>hello</html>",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 2_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 21 + b"\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 22,
    ],
)
def test_what_is_not_http_or_breaks_a_limit_breaks(stream: bytes) -> None:
    assert broken(stream) is Breakage.PROTOCOL


def test_a_header_that_never_ends_breaks() -> None:
    assert broken(b"HTTP/1.1 200 OK\r\nX-Long: ", *([b"a" * 500] * 5)) is Breakage.PROTOCOL


def test_chunk_extensions_that_never_end_break() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert broken(head, b"1\r\na\r\n1;", *([b"e" * 500] * 5)) is Breakage.PROTOCOL


def test_a_bad_chunk_breaks_but_what_came_before_it_stands() -> None:
    one, body = read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n")
    assert (one.has_head, body, one.breakage) == (True, b"abc", Breakage.PROTOCOL)


class TestEnd:
    def end(self, stream: bytes, *, clean: bool = True) -> ResponseReader:
        one, _ = read(stream)
        one.end(clean=clean, detail="")
        return one

    @pytest.mark.parametrize("cut", [0, 5, 20, len(PLAIN) - 6])
    def test_before_the_head_is_complete_it_came_early(self, cut: int) -> None:
        assert self.end(PLAIN[:cut]).breakage is Breakage.CLOSED_EARLY

    @pytest.mark.parametrize("stream", [PLAIN[:-1], PLAIN[:-5], CHUNKED[:-2], CHUNKED[:-20]])
    def test_within_a_delimited_body_it_is_a_cut(self, stream: bytes) -> None:
        assert self.end(stream).breakage is Breakage.CUT

    def test_it_completes_a_body_that_nothing_else_delimits(self) -> None:
        one = self.end(b"HTTP/1.0 200 OK\r\n\r\nhello")
        assert one.complete
        assert not one.reusable

    def test_but_not_when_it_was_a_reset(self) -> None:
        assert self.end(b"HTTP/1.0 200 OK\r\n\r\nhello", clean=False).breakage is Breakage.CUT

    def test_nor_when_the_packed_body_is_not_whole(self) -> None:
        packed = gzip.compress(b"hello")[:-6]
        assert self.end(b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed).breakage is Breakage.CUT


class TestCodings:
    def response(self, packed: bytes) -> bytes:
        head = b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        return head + packed

    def test_a_packed_body_is_unpacked_and_no_longer_called_packed(self) -> None:
        one, body = read(self.response(gzip.compress(b"hello")))
        assert (one.headers, body, one.complete) == ((("x-a", "b"),), b"hello", True)

    @given(st.integers(1, 200))
    def test_any_cut_gives_the_same_body(self, cut: int) -> None:
        stream = self.response(gzip.compress(b"hello there"))
        _, body = read(stream[:cut], stream[cut:])
        assert body == b"hello there"

    def test_a_bomb_breaks(self) -> None:
        assert broken(self.response(gzip.compress(bytes(1_000_000)))) is Breakage.PROTOCOL

    def test_a_packed_body_that_ends_early_is_a_cut_though_http_calls_it_whole(self) -> None:
        assert broken(self.response(gzip.compress(b"hello")[:-6])) is Breakage.CUT

    def test_what_is_not_packed_breaks(self) -> None:
        assert broken(self.response(b"hello")) is Breakage.PROTOCOL


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_no_bytes_make_it_raise(parts: list[bytes]) -> None:
    one, _ = read(*parts)
    assert one.complete is False or one.has_head


# Chunks that come one in a packet

CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=20).map(lambda data: b"%x\r\n%b\r\n" % (len(data), data)),
        st.binary(min_size=10, max_size=20).map(lambda data: b"%X\r\n%b\r\n" % (len(data), data)),
        st.sampled_from(
            [
                b"1;e\r\na\r\n",
                b"01\r\na\r\n",
                b"2\r\n\r\n\r\n",
                b"0\r\n\r\n",
                b"x\r\na\r\n",
                b"1\r\nab\r\n",
                b"1\r\nabc",
                b"3\r\na\r\n",
            ]
        ),
    ),
    max_size=6,
)


@given(CHUNKS, st.lists(st.integers(0, 120), max_size=4))
def test_whole_chunks_are_read_as_if_they_had_come_byte_by_byte(chunks: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(chunks)
    ends = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    slowly, slow_body = read(CHUNKED_HEAD, *(stream[at : at + 1] for at in range(len(stream))))
    for packets in (chunks, [stream[start:end] for start, end in pairwise(ends)]):
        one, body = read(CHUNKED_HEAD, *packets)
        assert body == slow_body
        assert (one.complete, one.reusable, one.breakage) == (slowly.complete, slowly.reusable, slowly.breakage)


def test_a_chunk_in_a_packet_of_its_own_is_read_at_once() -> None:
    one, _ = read(CHUNKED_HEAD, b"1\r\na\r\n")
    one.feed(b"2\r\nbc\r\n")
    assert one.take_body() == b"bc"
    one.feed(b"0\r\n\r\n")
    assert (one.complete, one.reusable) == (True, True)


def test_chunk_extensions_are_bounded_although_chunks_come_between_them() -> None:
    one, _ = read(CHUNKED_HEAD, b"1\r\na\r\n", b"1\r\nb\r\n", b"1;", *([b"e" * 500] * 5))
    assert one.breakage is Breakage.PROTOCOL


def test_a_length_that_is_longer_than_its_packet_is_awaited() -> None:
    one, body = read(PLAIN[:-4], b"el", b"lo")
    assert (body, one.complete, one.reusable) == (b"hello", True, True)


def test_the_rest_of_a_size_is_not_taken_for_a_size() -> None:
    one, body = read(CHUNKED_HEAD, b"1\r\na\r\n1", b"2\r\nbc\r\n", b"d" * 14 + b"\r\n")
    assert (body, one.breakage) == (b"abc\r\n" + b"d" * 14, None)
