from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.http.familiar_heads import HEAD_BYTES_MAX, HEADS_MAX, FamiliarHeads, Head, Template
from mainstay.gateway.http.limits import ServerLimits
from mainstay.gateway.http.request_reader import Arrival, Refusal, RequestReader

HEAD = Head("POST", "/a", "", (("host", "gateway"),), keep_alive=True, http_1_0=False)


def packet(length: int = 5, *, line_end: bytes = b"\r\n", extra: bytes = b"") -> bytes:
    lines = [b"POST /a HTTP/1.1", b"Host: gateway" + extra, b"Content-Length: %d" % length, b"", b""]
    return line_end.join(lines) + b"x" * length


def knowing(*packets: bytes) -> FamiliarHeads:
    heads = FamiliarHeads()
    for one in packets:
        heads.remember(one, HEAD, 2, len(one) - one.index(b"\r\n\r\n") - 4)
    return heads


# What is recalled


def test_a_head_is_recalled_whatever_the_length_of_its_body() -> None:
    heads = knowing(packet(5))
    for length in (0, 5, 12_345):
        whole = packet(length)
        assert heads.recall(whole) == (HEAD, len(whole) - length, length)


def test_a_head_is_recalled_before_its_body_has_come() -> None:
    head = packet(77)[:-77]
    assert knowing(packet(5)).recall(head) == (HEAD, len(head), 77)


def test_a_head_without_a_length_is_recalled() -> None:
    bodiless = b"GET /a HTTP/1.1\r\nHost: gateway\r\n\r\n"
    heads = FamiliarHeads()
    heads.remember(bodiless, HEAD, 1, 0)
    assert heads.recall(bodiless) == (HEAD, len(bodiless), 0)


@given(st.integers(0, len(packet()) - 6), st.integers(0, 255))
def test_a_head_that_differs_in_any_byte_but_the_length_is_unfamiliar(at: int, byte: int) -> None:
    known = packet()
    other = known[:at] + bytes([byte]) + known[at + 1 :]
    recalled = knowing(known).recall(other)
    is_length = at == known.index(b": 5") + 2
    if other == known or (is_length and bytes([byte]).isdigit()):
        assert recalled is not None
    else:
        assert recalled is None


@pytest.mark.parametrize("length", [b"", b"-5", b"+5", b"5 ", b" 5", b"0x5", b"5,5", b"\xb2", b"12345678901"])
def test_a_length_that_is_no_plain_number_is_unfamiliar(length: bytes) -> None:
    assert knowing(packet()).recall(packet().replace(b": 5", b": " + length)) is None


def test_half_a_head_is_unfamiliar() -> None:
    assert knowing(packet()).recall(packet()[:30]) is None


# What is remembered


@pytest.mark.parametrize(
    "odd",
    [
        packet(line_end=b"\n"),
        packet(extra=b"\r\n folded"),
        packet(extra=b"\nx-lone-line-feed: 1"),
        packet(extra=b"\rx-lone-return: 1"),
        packet(extra=b"\r\nx-more-fields: than-were-read"),
        packet(extra=b"\r\nx-long: " + b"x" * HEAD_BYTES_MAX),
    ],
)
def test_a_head_whose_lines_are_not_its_fields_is_not_remembered(odd: bytes) -> None:
    heads = FamiliarHeads()
    heads.remember(odd, HEAD, 2, 5)
    assert heads.recall(odd) is None


def test_a_head_with_another_length_than_was_read_is_not_remembered() -> None:
    heads = FamiliarHeads()
    heads.remember(packet(5), HEAD, 2, 6)
    assert heads.recall(packet(5)) is None


def test_the_oldest_of_too_many_is_forgotten() -> None:
    several = [packet(extra=b"-%d" % number) for number in range(HEADS_MAX + 1)]
    heads = knowing(*several)
    assert heads.recall(several[0]) is None
    assert all(heads.recall(one) for one in several[1:])


# Matched once more


def template() -> Template:
    found = knowing(packet(5)).template(packet(5))
    assert found is not None
    return found


def test_a_caller_is_known_again_whatever_the_length_of_the_body() -> None:
    for length in (0, 5, 12_345):
        whole = packet(length)
        assert template().match(whole) == (HEAD, len(whole) - length, length)


@given(st.integers(0, len(packet()) - 6), st.integers(0, 255))
def test_another_head_is_no_match(at: int, byte: int) -> None:
    known = packet()
    other = known[:at] + bytes([byte]) + known[at + 1 :]
    assert template().match(other) == knowing(known).recall(other)


@pytest.mark.parametrize("length", [b"", b"-5", b"+5", b"5 ", b" 5", b"0x5", b"5,5", b"\xb2", b"12345678901"])
def test_a_length_that_is_no_plain_number_is_no_match(length: bytes) -> None:
    assert template().match(packet().replace(b": 5", b": " + length)) is None


def test_half_a_head_is_no_match() -> None:
    for size in range(len(packet()) - 5):
        assert template().match(packet()[:size]) is None


def test_a_head_without_a_length_has_no_template() -> None:
    bodiless = b"GET /a HTTP/1.1\r\nHost: gateway\r\n\r\n"
    heads = FamiliarHeads()
    heads.remember(bodiless, HEAD, 1, 0)
    assert heads.template(bodiless) is None


def test_an_unfamiliar_head_has_no_template() -> None:
    assert FamiliarHeads().template(packet()) is None


# Beside llhttp alone

MESSAGES = [
    packet(0),
    packet(3),
    packet(40),
    packet(3).replace(b"Content-Length", b"content-length"),
    packet(3).replace(b"Content-Length", b"Content-LENGTH"),
    packet(3).replace(b": 3", b":3"),
    packet(3).replace(b": 3", b": 03"),
    packet(3).replace(b": 3", b": 3 "),
    packet(3).replace(b": 3", b": 3x"),
    packet(3, extra=b"\r\nContent-Length: 3"),
    packet(3, extra=b"\r\nTransfer-Encoding: chunked"),
    packet(3, extra=b"\r\nConnection: close"),
    packet(3, extra=b"\r\nExpect: 100-continue"),
    packet(3, extra=b"\r\nContent-Encoding: identity"),
    packet(0, extra=b"\r\nConnection: upgrade\r\nUpgrade: websocket"),
    packet(3, extra=b"\r\n folded"),
    packet(3, extra=b"\nx-a: 1"),
    packet(3, line_end=b"\n"),
    packet(3).replace(b"1.1", b"1.0"),
    packet(200),
    b"\r\n" + packet(3),
    b"GET /b?c=d HTTP/1.1\r\nHost: gateway\r\n\r\n",
    b"POST /b HTTP/1.1\r\nHost: gateway\r\n\r\n",
    b"POST /b HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"nonsense\r\n\r\n",
]
LIMITS = ServerLimits(body_bytes=100, header_bytes=2_000, header_count=20)


class Forgetful(FamiliarHeads):
    """Has everything read by llhttp."""

    __slots__ = ()

    def recall(self, packet: bytes) -> None:
        """Know nothing."""
        del packet


def outcome(pieces: list[bytes], heads: FamiliarHeads) -> tuple[list[Arrival], Refusal | None, bool]:
    reader = RequestReader(LIMITS, "peer", heads)
    for piece in pieces:
        reader.feed(piece, 1.0)
    return list(reader.arrivals), reader.refusal, reader.continue_owed


def all_known() -> FamiliarHeads:
    heads = FamiliarHeads()
    for message in MESSAGES:
        outcome([message], heads)
    return heads


@given(st.lists(st.sampled_from(MESSAGES), max_size=4), st.lists(st.integers(0, 400), max_size=4))
def test_readers_that_know_the_heads_read_what_those_that_do_not_read(messages: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(messages)
    ends = sorted({0, *(min(cut, len(stream)) for cut in cuts), len(stream)})
    pieces = [stream[start:end] for start, end in pairwise(ends)]
    heads = all_known()
    assert outcome(messages, heads) == outcome(messages, Forgetful())
    assert outcome(pieces, heads) == outcome(pieces, Forgetful())
    # And once more, with what the pieces have taught.
    assert outcome(pieces, heads) == outcome(pieces, Forgetful())


@pytest.mark.parametrize("first", MESSAGES)
@pytest.mark.parametrize("second", MESSAGES)
def test_a_packet_of_two_requests_teaches_nothing_wrong(first: bytes, second: bytes) -> None:
    heads = FamiliarHeads()
    outcome([first + second], heads)
    for packet_ in (first, second):
        assert outcome([packet_], heads) == outcome([packet_], Forgetful())


def test_these_requests_put_the_memory_to_the_test() -> None:
    heads = all_known()
    recalled = [message for message in MESSAGES if heads.recall(message) is not None]
    assert len(recalled) == 9, "several are familiar, the others are read by llhttp each time"
