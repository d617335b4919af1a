import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.control.shipping.sound import sound_part
from mainstay.ledger.chain import Anchor, genesis, linked
from mainstay.ledger.schema import Segment
from tests.ledger.conftest import attempt
from tests.ledger.store.conftest import CHAIN, chained_segments

BEGINNING = Anchor(0, genesis(CHAIN.id))
SEGMENTS = chained_segments(CHAIN, [attempt(1), attempt(2), attempt(3)], [attempt(4), attempt(5)])
LINES = [line for segment in SEGMENTS for line in segment.lines()]


def lines(segments: tuple[Segment, ...]) -> list[bytes]:
    return [line for segment in segments for line in segment.lines()]


def altered(number: int) -> list[Segment]:
    """The segments with this record altered and everything else as it was."""
    old, new = f"ex_1-{number}".encode(), b"ex_1-X"
    return [msgspec.structs.replace(one, body=one.body.replace(old, new)) for one in SEGMENTS]


def test_sound_segments_are_all_sound() -> None:
    assert sound_part(SEGMENTS, BEGINNING).segments == tuple(SEGMENTS)
    assert sound_part(SEGMENTS, BEGINNING).flaw is None
    assert sound_part([], BEGINNING).segments == ()


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_records_before_the_flaw_are_sound_and_the_flaw_is_named(number: int) -> None:
    sound = sound_part(altered(number), BEGINNING)
    assert lines(sound.segments) == LINES[: number - 1]
    assert sound.flaw is not None
    assert (sound.flaw.sequence, sound.flaw.id) == (number, "ex_1-X")
    assert sound_part(sound.segments, BEGINNING).flaw is None


def test_a_segment_that_is_half_shipped_is_given_whole() -> None:
    position = Anchor(
        2,
        linked(
            msgspec.structs.replace(SEGMENTS[0], records=2, body=b"\n".join(LINES[:2]) + b"\n"), SEGMENTS[0].previous
        ).digest,
    )
    assert sound_part(SEGMENTS, position) == sound_part(SEGMENTS, BEGINNING)


def test_records_that_the_store_has_otherwise_are_a_flaw_at_its_position() -> None:
    sound = sound_part(SEGMENTS, Anchor(2, b"otherwise"))
    assert sound.segments == ()
    assert sound.flaw is not None
    assert sound.flaw.sequence == 2
    follows = sound_part(SEGMENTS[1:], Anchor(3, b"otherwise"))
    assert follows.segments == ()
    assert follows.flaw is not None


def test_a_segment_that_is_missing_in_between_is_a_flaw() -> None:
    third = chained_segments(CHAIN, [attempt(6)], after=SEGMENTS)
    sound = sound_part([SEGMENTS[0], *third], BEGINNING)
    assert sound.segments == (SEGMENTS[0],)
    assert sound.flaw is not None
    assert "records 4 to 5 are missing" in sound.flaw.what


def test_a_flaw_among_records_that_were_shipped_gives_nothing_to_ship() -> None:
    position = Anchor(3, SEGMENTS[0].digest)
    broken = msgspec.structs.replace(SEGMENTS[1], body=SEGMENTS[1].body.replace(b"ex_1-4", b"ex_1-X"))
    assert sound_part([broken], position).segments == ()


@given(st.integers(0, 1), st.integers(0, 5_000), st.integers(0, 7))
def test_no_flipped_bit_is_ever_given_as_sound(which: int, place: int, bit: int) -> None:
    body = bytearray(SEGMENTS[which].body)
    body[place % len(body)] ^= 1 << bit
    segments = list(SEGMENTS)
    segments[which] = msgspec.structs.replace(SEGMENTS[which], body=bytes(body))
    sound = sound_part(segments, BEGINNING)
    assert sound.flaw is not None
    assert lines(sound.segments) == LINES[: len(lines(sound.segments))]
