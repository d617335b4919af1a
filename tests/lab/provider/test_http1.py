import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.lab.provider.http1 import (
    BODY_BYTES_MAX,
    HEADER_BYTES_MAX,
    BadRequestError,
    Incoming,
    RequestReader,
    chunk,
    head_bytes,
    in_pieces,
    is_chunked,
)
from mainstay.lab.provider.steps import Head

TWO = (
    b"POST /v1/messages?beta=true HTTP/1.1\r\nHost: h\r\nX-Api-Key: k\r\nContent-Length: 4\r\n\r\nbody"
    b"POST /b HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
)


def read(data: bytes, size: int) -> list[Incoming]:
    reader = RequestReader()
    return [found for at in range(0, len(data), size) for found in reader.feed(data[at : at + size], 7.0)]


@given(st.integers(1, len(TWO)))
def test_any_split_gives_the_same_requests(size: int) -> None:
    first, second = read(TWO, size)
    assert (first.request.path, first.request.query, first.request.body) == ("/v1/messages", "beta=true", b"body")
    assert first.request.header("x-api-key") == "k"
    assert (second.request.path, second.request.query, second.request.body) == ("/b", "", b"abc")
    assert (first.keep_alive, second.keep_alive) == (True, False)
    assert first.request.at == 7.0


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"a" * (HEADER_BYTES_MAX + 1) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
)
def test_what_is_not_wanted_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequestError):
        read(data, len(data))


def test_a_body_is_bounded() -> None:
    reader = RequestReader()
    reader.feed(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES_MAX + 1), 0.0)
    with pytest.raises(BadRequestError):
        reader.feed(b"a" * (BODY_BYTES_MAX + 1), 0.0)


def test_a_client_may_wait_for_permission() -> None:
    reader = RequestReader()
    reader.feed(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", 0.0)
    assert reader.wants_continue
    assert len(reader.feed(b"a", 0.0)) == 1
    assert not reader.wants_continue


def test_heads_and_chunks_on_the_wire() -> None:
    assert head_bytes(Head(529, (("a", "b"),)), ("c", "d")) == b"HTTP/1.1 529 Unknown\r\na: b\r\nc: d\r\n\r\n"
    assert head_bytes(Head(404, ())).startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert chunk(b"0123456789abcdef") == b"10\r\n0123456789abcdef\r\n"
    assert is_chunked((("transfer-encoding", "chunked"),))
    assert not is_chunked((("content-length", "1"),))


@given(st.binary(max_size=50), st.integers(1, 20))
def test_pieces_are_the_whole(data: bytes, count: int) -> None:
    pieces = in_pieces(data, count)
    assert b"".join(pieces) == data
    assert len(pieces) <= count
