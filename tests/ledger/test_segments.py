import math
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ledger.chain import Anchor, verify_segment
from mainstay.ledger.errors import UnwritableRecordError
from mainstay.ledger.schema import SEGMENT_BYTES_MAX, SEGMENT_RECORDS_MAX, Segment
from mainstay.ledger.segments import RESTS_MAX, SEGMENT_RECORDS, segments_of
from mainstay.model.records import Record
from tests.ledger.conftest import alert, attempt


class Rests:
    """Rests that take no time, counted."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def segments(records: list[Record], first_sequence: int = 1) -> list[Segment]:
    return segments_of(records, Anchor(first_sequence - 1, bytes(32)), Rests())


def records_in(made: list[Segment]) -> list[Record]:
    return [row.record() for segment in made for row in segment.stored()]


@given(size=st.integers(0, 3 * SEGMENT_RECORDS * RESTS_MAX), first_sequence=st.integers(1, 10_000))
def test_every_record_is_in_the_segments_once_and_in_order(size: int, first_sequence: int) -> None:
    records: list[Record] = [attempt(number) for number in range(size)]
    made = segments(records, first_sequence)
    assert records_in(made) == records
    sequences = [row.sequence for segment in made for row in segment.stored()]
    assert sequences == list(range(first_sequence, first_sequence + size))
    assert all(0 < segment.records <= SEGMENT_RECORDS_MAX for segment in made)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=2 * SEGMENT_RECORDS))
def test_a_segment_knows_its_first_and_last_instant(instants: list[float]) -> None:
    for segment in segments([attempt(at=at) for at in instants]):
        inside = [row.at for row in segment.stored()]
        assert (segment.first_at, segment.last_at) == (min(inside), max(inside))


@pytest.mark.parametrize(
    ("size", "made"),
    [
        (0, 0),
        (1, 1),
        (SEGMENT_RECORDS, 1),
        (SEGMENT_RECORDS + 1, 1),
        (SEGMENT_RECORDS * 3 // 2 + 1, 2),
        (4_000, 10),
        (50_000, 13),
    ],
)
def test_the_interpreter_is_let_go_between_segments_and_not_too_often(size: int, made: int) -> None:
    rests = Rests()
    assert len(segments_of([attempt()] * size, Anchor(0, bytes(32)), rests)) == made
    assert rests.count == max(0, made - 1)


def test_no_segment_is_much_smaller_than_the_others() -> None:
    made = segments_of([attempt()] * (2 * SEGMENT_RECORDS + 5), Anchor(0, bytes(32)), Rests())
    assert [segment.records for segment in made] == [SEGMENT_RECORDS + 3, SEGMENT_RECORDS + 2]


def test_large_records_are_spread_over_segments_of_bounded_size() -> None:
    records: list[Record] = [alert("x" * (SEGMENT_BYTES_MAX // 5), at=number) for number in range(21)]
    made = segments(records)
    assert records_in(made) == records
    assert len(made) > 1
    assert all(len(segment.body) <= SEGMENT_BYTES_MAX for segment in made)


@pytest.mark.parametrize("at", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("position", [0, 1, SEGMENT_RECORDS - 1, SEGMENT_RECORDS, 249])
def test_an_instant_that_is_no_number_is_named_by_its_position(position: int, at: float) -> None:
    records: list[Record] = [attempt(number) for number in range(250)]
    records[position] = attempt(at=at)
    with pytest.raises(UnwritableRecordError, match="its instant is") as caught:
        segments(records, 77)
    assert caught.value.position == position


def test_the_first_of_several_flaws_is_named() -> None:
    records: list[Record] = [attempt(at=math.inf if number in {30, 60} else -math.inf) for number in range(61)]
    records[:30] = [attempt()] * 30
    with pytest.raises(UnwritableRecordError, match="its instant is inf") as caught:
        segments(records)
    assert caught.value.position == 30


def test_instants_whose_sum_is_too_large_are_fine() -> None:
    records: list[Record] = [attempt(number, at=1.7e308) for number in range(5)]
    assert records_in(segments(records)) == records


def test_half_a_character_has_no_written_form() -> None:
    with pytest.raises(UnwritableRecordError, match="surrogates") as caught:
        segments([alert("fine"), alert("\ud800")])
    assert caught.value.position == 1


def test_a_record_larger_than_a_segment_has_no_written_form() -> None:
    with pytest.raises(UnwritableRecordError, match="bytes") as caught:
        segments([alert("fine"), alert("x" * SEGMENT_BYTES_MAX)])
    assert caught.value.position == 1


@pytest.mark.parametrize("stranger", [None, object(), "text"])
def test_what_is_no_record_has_no_written_form(stranger: object) -> None:
    with pytest.raises(UnwritableRecordError) as caught:
        segments([attempt(), cast("Record", stranger)])
    assert caught.value.position == 1


def test_a_line_break_inside_a_record_makes_no_line() -> None:
    records: list[Record] = [alert("two\nlines\r\n\u2028")]
    (segment,) = segments(records)
    assert records_in([segment]) == records
    assert segment.body.count(b"\n") == 1


@given(size=st.integers(1, 3 * SEGMENT_RECORDS), sequence=st.integers(0, 10_000))
def test_segments_continue_the_chain(size: int, sequence: int) -> None:
    previous, expected = bytes(range(32)), sequence + 1
    for segment in segments_of([attempt(number) for number in range(size)], Anchor(sequence, previous), Rests()):
        assert verify_segment(segment, previous, expected) is None
        previous, expected = segment.digest, segment.last_sequence + 1
    assert expected == sequence + size + 1
