import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.drafts.seal import (
    FRAMES_AT,
    HEADER_BYTES,
    STATE_OPEN,
    DamagedDraftError,
    Frame,
    Sealer,
    frames,
    key_id,
    new_header,
    read_header,
)
from tests.gateway.drafts.conftest import KEY

HEADER = new_header(KEY, durable=True)


def sealed(contents: list[bytes], sealer: Sealer) -> bytes:
    return b"".join([sealer.seal(3, number, content) for number, content in enumerate(contents)])


def opened(data: bytes, sealer: Sealer) -> list[bytes]:
    return [sealer.open(frame, number) for number, frame in enumerate(frames(data, 0))]


@given(st.lists(st.binary(max_size=50), max_size=6))
def test_what_was_sealed_is_opened_by_whoever_has_the_key(contents: list[bytes]) -> None:
    data = sealed(contents, Sealer(KEY, HEADER, "ex_1"))
    assert opened(data, Sealer(KEY, HEADER, "ex_1")) == contents


@given(st.binary(min_size=20, max_size=40))
def test_nothing_of_the_content_can_be_read(content: bytes) -> None:
    assert content not in Sealer(KEY, HEADER, "ex_1").seal(3, 0, content)


@pytest.mark.parametrize(
    "other",
    [
        Sealer(bytes(32), HEADER, "ex_1"),
        Sealer(KEY, new_header(KEY, durable=True), "ex_1"),
        Sealer(KEY, HEADER[:-1] + b"\x00", "ex_1"),
        Sealer(KEY, HEADER, "ex_2"),
    ],
    ids=["another key", "another file", "other flags", "another exchange"],
)
def test_a_frame_belongs_to_its_file(other: Sealer) -> None:
    data = Sealer(KEY, HEADER, "ex_1").seal(3, 0, b"hello")
    with pytest.raises(DamagedDraftError):
        opened(data, other)


def test_a_frame_has_its_place_and_kind() -> None:
    sealer = Sealer(KEY, HEADER, "ex_1")
    (frame,) = frames(sealer.seal(3, 1, b"hello"), 0)
    assert sealer.open(frame, 1) == b"hello"
    with pytest.raises(DamagedDraftError):
        sealer.open(frame, 0)
    with pytest.raises(DamagedDraftError):
        sealer.open(Frame(frame.start, frame.end, 4, frame.nonce, frame.sealed), 1)


def test_every_changed_bit_is_noticed() -> None:
    sealer = Sealer(KEY, HEADER, "ex_1")
    data = sealed([b"hi", b"ho"], sealer)
    for place in range(8 * len(data)):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(DamagedDraftError):
            opened(bytes(changed), sealer)


def test_two_writers_never_use_the_same_nonce() -> None:
    data = [Sealer(KEY, HEADER, "ex_1").seal(3, 0, b"hello") for _ in range(100)]
    assert len({frame.nonce for one in data for frame in frames(one, 0)}) == 100


def test_a_torn_tail_is_left_out_wherever_it_is_torn() -> None:
    sealer = Sealer(KEY, HEADER, "ex_1")
    data = sealed([b"one", b"two", b"three"], sealer)
    ends = [frame.end for frame in frames(data, 0)]
    for size in range(len(data) + 1):
        assert len(opened(data[:size], sealer)) == sum(end <= size for end in ends)


def test_a_tail_of_zeros_is_a_torn_one_and_a_frame_without_length_before_others_is_damage() -> None:
    sealer = Sealer(KEY, HEADER, "ex_1")
    data = sealed([b"one"], sealer)
    assert opened(data + bytes(500), sealer) == [b"one"]
    with pytest.raises(DamagedDraftError):
        opened(data + bytes(500) + b"\x01", sealer)


def test_what_is_no_frame_is_damage() -> None:
    with pytest.raises(DamagedDraftError):
        list(frames(b"\x00\x00\x00\x10" + bytes(100), 0))


def test_a_header_says_which_key_and_whether_durable() -> None:
    header = read_header(HEADER + STATE_OPEN)
    assert header is not None
    assert (header.raw, header.state, header.key_id, header.is_durable) == (HEADER, STATE_OPEN, key_id(KEY), True)
    other = read_header(new_header(bytes(32), durable=False) + STATE_OPEN)
    assert other is not None
    assert not other.is_durable
    assert other.key_id != header.key_id
    assert len(HEADER) == HEADER_BYTES == FRAMES_AT - 1


@pytest.mark.parametrize("data", [b"", HEADER, b"x" + HEADER[1:] + STATE_OPEN], ids=["nothing", "short", "other"])
def test_what_is_no_header_is_none(data: bytes) -> None:
    assert read_header(data) is None
