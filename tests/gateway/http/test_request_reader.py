import gzip
import math
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.http.limits import ServerLimits
from mainstay.gateway.http.request import Request
from mainstay.gateway.http.request_reader import Phase, RequestReader

HOST = b"Host: gateway\r\n"
LIMITS = ServerLimits(body_bytes=1_000, header_bytes=2_000, header_count=20)

PLAIN = b"POST /v1/messages?beta=true HTTP/1.1\r\nHost: gateway\r\nX-Api-Key: k \r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST /b HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n"
)
BODILESS = b"GET /c HTTP/1.1\r\nHost: gateway\r\n\r\n"


def reader(limits: ServerLimits = LIMITS) -> RequestReader:
    return RequestReader(limits, "127.0.0.1")


def read(*parts: bytes, limits: ServerLimits = LIMITS) -> RequestReader:
    one = reader(limits)
    for part in parts:
        one.feed(part, 1.0)
    return one


def requests(one: RequestReader) -> list[Request]:
    return [arrival.request for arrival in one.arrivals]


def refused(*parts: bytes, limits: ServerLimits = LIMITS) -> int:
    """The status of the refusal; no request may have come of what is refused."""
    one = read(*parts, limits=limits)
    assert one.refusal is not None
    assert not one.arrivals
    return one.refusal.status


def test_a_request_is_read_whole() -> None:
    one = read(PLAIN)
    headers = (("host", "gateway"), ("x-api-key", "k"))
    assert requests(one) == [Request("POST", "/v1/messages", "beta=true", headers, b"hello", 1.0, "127.0.0.1")]
    assert one.arrivals[0].keep_alive
    assert not one.arrivals[0].http_1_0


def test_the_instant_of_a_request_is_that_of_its_first_byte() -> None:
    one = reader()
    one.feed(PLAIN[:3], 5.0)
    one.feed(PLAIN[3:], 9.0)
    assert requests(one)[0].at == 5.0


@given(st.integers(0, len(PLAIN + CHUNKED + BODILESS)))
def test_three_requests_cut_anywhere_are_three_requests(cut: int) -> None:
    stream = PLAIN + CHUNKED + BODILESS
    assert requests(read(stream[:cut], stream[cut:])) == requests(read(stream))
    assert len(requests(read(stream))) == 3


def test_three_requests_byte_by_byte_are_three_requests() -> None:
    stream = PLAIN + CHUNKED + BODILESS
    assert requests(read(*(stream[i : i + 1] for i in range(len(stream))))) == requests(read(stream))


def test_chunks_are_joined_and_trailers_dropped() -> None:
    (request,) = requests(read(CHUNKED))
    assert request.body == b"abcde"
    assert "x-trailer" not in dict(request.headers)


def test_blank_lines_before_a_request_are_ignored() -> None:
    assert requests(read(b"\r\n\r\n" + BODILESS))[0].path == "/c"


@pytest.mark.parametrize(
    "head",
    [
        b"NONSENSE\r\n\r\n",
        b"G3T / HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\n" + HOST + b"\r\n",
        b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_a_malformed_head_is_refused(head: bytes) -> None:
    assert refused(head) == 400


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        b"Content-Length: 3, 3\r\n\r\nabc",
        b"Content-Length: +3\r\n\r\nabc",
        b"Content-Length: -3\r\n\r\nabc",
        b"Content-Length: 0x3\r\n\r\nabc",
        b"Content-Length: \r\n\r\nabc",
        b"Content-Length: 99999999999999999999999\r\n\r\nabc",
        b"Transfer-Encoding: identity\r\n\r\nabc",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc",
        b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_a_body_whose_end_two_readers_could_see_differently_is_refused(framing: bytes) -> None:
    assert refused(b"POST / HTTP/1.1\r\n" + HOST + framing) == 400


def test_chunks_in_http_1_0_are_refused() -> None:
    assert refused(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400


def test_nothing_behind_a_refused_request_is_read() -> None:
    smuggled = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc" + BODILESS
    one = read(smuggled, BODILESS)
    assert not one.arrivals
    assert one.phase is Phase.DEAF


def test_requests_before_a_refused_one_stand() -> None:
    one = read(BODILESS + b"NONSENSE\r\n\r\n")
    assert [request.path for request in requests(one)] == ["/c"]
    assert one.refusal is not None


@pytest.mark.parametrize("line", [b"GET / HTTP/2.0\r\n", b"GET / HTTP/0.9\r\n"])
def test_other_versions_are_refused(line: bytes) -> None:
    assert refused(line + HOST + b"\r\n") in {400, 505}


def test_connect_is_refused() -> None:
    assert refused(b"CONNECT api:443 HTTP/1.1\r\nHost: api:443\r\n\r\n") == 501


def test_a_wish_to_upgrade_is_ignored() -> None:
    upgrade = b"GET /u HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    one = read(upgrade + PLAIN, BODILESS)
    assert [request.path for request in requests(one)] == ["/u", "/v1/messages", "/c"]


@pytest.mark.parametrize(
    ("head", "keep_alive"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
    ],
)
def test_keep_alive_is_what_version_and_header_say(head: bytes, keep_alive: bool) -> None:  # noqa: FBT001 - a table
    assert read(head).arrivals[0].keep_alive is keep_alive


def test_nothing_is_read_behind_the_last_request() -> None:
    one = read(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + BODILESS, BODILESS)
    assert len(one.arrivals) == 1
    assert one.refusal is None


class TestLimits:
    def test_a_declared_body_too_large_is_refused_before_it_comes(self) -> None:
        assert refused(b"POST /p HTTP/1.1\r\n" + HOST + b"Content-Length: 1001\r\n\r\n") == 413

    def test_a_body_of_just_the_limit_is_fine(self) -> None:
        body = bytes(1_000)
        assert requests(read(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n", body))[0].body == body

    def test_a_chunked_body_is_counted(self) -> None:
        head = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
        chunk = b"1f4\r\n" + bytes(500) + b"\r\n"
        assert read(head, chunk, chunk).refusal is None
        assert refused(head, chunk, chunk, b"1\r\na\r\n") == 413

    def test_a_refusal_names_the_path(self) -> None:
        one = read(b"POST /v1/messages?x HTTP/1.1\r\n" + HOST + b"Content-Length: 1001\r\n\r\n")
        assert one.refusal is not None
        assert one.refusal.path == "/v1/messages"

    @pytest.mark.parametrize("size", [1, 7, 100, 10_000])
    def test_a_long_header_is_refused_in_any_pieces(self, size: int) -> None:
        stream = b"GET / HTTP/1.1\r\n" + HOST + b"X-Long: " + b"a" * 2_000 + b"\r\n\r\n"
        assert refused(*(stream[i : i + size] for i in range(0, len(stream), size))) == 431

    def test_a_header_that_never_ends_is_refused(self) -> None:
        assert refused(b"GET / HTTP/1.1\r\n" + HOST, b"X-Long: ", *([b"a" * 100] * 20)) == 431

    def test_a_long_target_is_refused(self) -> None:
        assert refused(b"GET /" + b"a" * 2_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n") == 431
        assert refused(b"GET /" + b"a" * 2_001) == 431

    def test_a_header_within_the_limit_passes_in_any_pieces(self) -> None:
        stream = b"GET / HTTP/1.1\r\n" + HOST + b"X-Long: " + b"a" * 1_900 + b"\r\n\r\n"
        assert len(read(stream).arrivals) == 1
        assert len(read(*(stream[i : i + 1] for i in range(len(stream)))).arrivals) == 1

    def test_a_large_body_before_a_small_header_does_not_count_as_header(self) -> None:
        limits = ServerLimits(header_bytes=200)
        first = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5000\r\n\r\n" + bytes(5_000)
        assert len(read(first + BODILESS[:10], BODILESS[10:], limits=limits).arrivals) == 2

    def test_the_end_of_one_header_does_not_count_for_the_next(self) -> None:
        one = b"GET /" + b"a" * 1_900 + b" HTTP/1.1\r\n" + HOST + b"\r\n"
        stream = one * 9
        assert len(read(*(stream[i : i + 3_000] for i in range(0, len(stream), 3_000))).arrivals) == 9

    def test_too_many_fields_are_refused_finished_or_not(self) -> None:
        head = b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 20
        assert refused(head + b"\r\n") == 431
        assert refused(head + b"A: b\r\n") == 431
        assert read(b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 19 + b"\r\n").refusal is None

    @pytest.mark.parametrize("endless", [b"1;" + b"e" * 100, b"0\r\nT: " + b"e" * 100, b"0\r\n" + b"T: e\r\n" * 20])
    def test_endless_extensions_and_trailers_are_refused(self, endless: bytes) -> None:
        head = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
        more = b"T: e\r\n" * 20 if endless.endswith(b"\n") else b"e" * 100
        assert refused(head, endless, *([more] * 30)) == 431


class TestCodings:
    def request(self, coding: bytes, body: bytes) -> bytes:
        head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Encoding: " + coding + b"\r\n"
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body

    @pytest.mark.parametrize(
        ("coding", "packed"),
        [(b"gzip", gzip.compress(b"hello")), (b"Deflate", zlib.compress(b"hello")), (b"identity", b"hello")],
    )
    def test_a_packed_body_is_unpacked_and_no_longer_called_packed(self, coding: bytes, packed: bytes) -> None:
        (request,) = requests(read(self.request(coding, packed)))
        assert request.body == b"hello"
        assert request.headers == (("host", "gateway"),)

    def test_a_body_too_large_when_unpacked_is_refused(self) -> None:
        assert refused(self.request(b"gzip", gzip.compress(bytes(1_001)))) == 413

    @pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"hello")[:-4]])
    def test_a_broken_body_is_refused(self, body: bytes) -> None:
        assert refused(self.request(b"gzip", body)) == 400

    @pytest.mark.parametrize("coding", [b"br", b"zstd", b"gzip, gzip"])
    def test_other_codings_are_refused(self, coding: bytes) -> None:
        assert refused(self.request(coding, b"x")) == 415


class TestExpect:
    HEAD = b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: "

    def test_a_caller_who_asks_is_owed_a_continue_until_the_body_is_there(self) -> None:
        one = read(self.HEAD + b"5\r\n\r\n")
        assert one.continue_owed
        one.feed(b"hello", 1.0)
        assert not one.continue_owed

    def test_but_not_when_the_body_is_too_large(self) -> None:
        one = read(self.HEAD + b"5000\r\n\r\n")
        assert not one.continue_owed
        assert one.refusal is not None

    def test_nor_in_http_1_0(self) -> None:
        assert not read((self.HEAD + b"5\r\n\r\n").replace(b"1.1", b"1.0")).continue_owed

    def test_another_expectation_is_refused(self) -> None:
        assert refused(b"POST / HTTP/1.1\r\n" + HOST + b"Expect: miracles\r\nContent-Length: 1\r\n\r\n") == 417


class TestDeadlines:
    LIMITS = ServerLimits(header_seconds=10, body_seconds=60)

    def test_an_idle_reader_has_none(self) -> None:
        assert reader().deadline == math.inf

    def test_a_header_has_its_seconds_from_the_first_byte(self) -> None:
        one = reader(self.LIMITS)
        one.feed(b"GET", 100.0)
        one.feed(b" /", 109.0)
        assert one.deadline == 110.0

    def test_a_body_has_its_seconds_from_the_end_of_the_header(self) -> None:
        one = reader(self.LIMITS)
        one.feed(PLAIN[:-5], 100.0)
        one.feed(b"hel", 130.0)
        assert one.deadline == 160.0
        one.feed(b"lo", 140.0)
        assert one.deadline == math.inf

    @pytest.mark.parametrize(("part", "word"), [(PLAIN[:10], "header"), (PLAIN[:-2], "body")])
    def test_what_takes_longer_is_refused(self, part: bytes, word: str) -> None:
        one = read(part)
        one.expire()
        assert one.refusal is not None
        assert one.refusal.status == 408
        assert word in one.refusal.message

    def test_a_reader_that_was_stopped_gets_its_time_anew(self) -> None:
        one = reader(self.LIMITS)
        one.feed(PLAIN[:10], 0.0)
        one.extend(50.0)
        assert one.deadline == 60.0
        one.feed(PLAIN[10:-2], 51.0)
        one.extend(200.0)
        assert one.deadline == 260.0


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_no_bytes_make_it_raise(parts: list[bytes]) -> None:
    one = read(*parts)
    assert one.phase in Phase


@given(st.integers(0, len(CHUNKED) - 1), st.binary(min_size=1, max_size=3))
def test_no_damage_makes_it_raise(at: int, damage: bytes) -> None:
    one = read(CHUNKED[:at] + damage + CHUNKED[at:])
    assert all(len(request.body) <= LIMITS.body_bytes for request in requests(one))
