from hashlib import sha256

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mainstay.ledger.chain import (
    Anchor,
    Chain,
    Flaw,
    chained,
    digest_within,
    genesis,
    linked,
    new_chain,
    origin,
    shortened,
    verify_segment,
)
from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.schema import SHORT_DIGEST_BYTES, Segment
from mainstay.ledger.segments import segments_of
from mainstay.model.records import Record
from tests.ledger.conftest import alert, attempt

BEFORE = genesis("ch_1")


def segment(count: int = 5, previous: bytes = BEFORE, first: int = 1) -> Segment:
    records: list[Record] = [attempt(number, at=float(number)) for number in range(first, first + count)]
    (made,) = segments_of(records, Anchor(first - 1, previous), lambda: None)
    return made


def with_lines(one: Segment, lines: list[bytes]) -> Segment:
    return msgspec.structs.replace(one, body=b"".join(line + b"\n" for line in lines))


def test_every_hash_covers_the_one_before_it_and_the_line() -> None:
    first = sha256(b"\x00" * 32 + b"one").digest()
    assert chained(bytes(32), [b"one", b"two"]) == [first, sha256(first + b"two").digest()]


def test_a_chain_begins_with_its_name() -> None:
    assert genesis("ch_7") == sha256(b"mainstay chain ch_7").digest()
    assert genesis("ch_7") != genesis("ch_8")


def test_no_two_chains_have_one_name() -> None:
    assert len({new_chain("", 0, 0.0).id for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "change",
    [{"id": "ch_2"}, {"gateway": "h"}, {"worker": 1}, {"begun_at": 1.0}, {"follows": "ch_0"}, {"follows_sequence": 9}],
    ids=str,
)
def test_everything_that_a_chain_says_of_itself_is_in_its_origin(change: dict[str, object]) -> None:
    chain = Chain("ch_1", "g", 0, 0.0)
    assert origin(chain) == origin(Chain("ch_1", "g", 0, 0.0))
    assert origin(chain) != origin(msgspec.structs.replace(chain, **change))


def test_a_segment_keeps_the_beginning_of_each_hash() -> None:
    one = segment(3)
    digests = chained(BEFORE, one.lines())
    assert one.digests == shortened(digests) == b"".join(digest[:SHORT_DIGEST_BYTES] for digest in digests)
    assert (one.previous, one.digest) == (BEFORE, digests[-1])


def test_the_hash_after_each_record_can_be_told() -> None:
    one = segment(3, first=11)
    digests = chained(BEFORE, one.lines())
    assert [digest_within(one, sequence) for sequence in (10, 11, 12, 13)] == [BEFORE, *digests]


def test_a_segment_that_lost_a_line_has_no_hashes() -> None:
    with pytest.raises(DamagedStoreError):
        linked(msgspec.structs.replace(segment(), records=4), BEFORE)


@given(st.integers(1, 250), st.integers(1, 1_000))
def test_what_was_written_is_sound(count: int, first: int) -> None:
    records = [attempt(number) for number in range(count)]
    previous, expected = BEFORE, first
    for one in segments_of(records, Anchor(first - 1, BEFORE), lambda: None):
        assert verify_segment(one, previous, expected) is None
        previous, expected = one.digest, one.last_sequence + 1


@given(data=st.data(), column=st.sampled_from(["body", "previous", "digests", "digest"]))
def test_any_byte_that_is_changed_is_found(data: st.DataObject, column: str) -> None:
    one = segment(4)
    value = bytearray(getattr(one, column))
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] ^= data.draw(st.integers(1, 255))
    assert verify_segment(msgspec.structs.replace(one, **{column: bytes(value)}), BEFORE, 1) is not None


@given(place=st.integers(0, 4), mask=st.integers(1, 255), data=st.data())
def test_an_altered_record_is_named(place: int, mask: int, data: st.DataObject) -> None:
    one = segment(5, first=11)
    lines = one.lines()
    line = bytearray(lines[place])
    at = data.draw(st.integers(0, len(line) - 1))
    assume(line[at] ^ mask != ord("\n"))
    line[at] ^= mask
    lines[place] = bytes(line)
    flaw = verify_segment(with_lines(one, lines), BEFORE, 11)
    assert flaw is not None
    assert flaw.sequence == 11 + place
    assert "altered" in flaw.what


@given(place=st.integers(0, 4))
def test_the_first_record_that_is_missing_is_named(place: int) -> None:
    lines = segment(5, first=11).lines()
    del lines[place]
    flaw = verify_segment(with_lines(segment(5, first=11), lines), BEFORE, 11)
    assert flaw is not None
    assert flaw.sequence == 11 + place
    assert ("missing" if place == 4 else "altered, removed") in flaw.what


@given(place=st.integers(0, 5), source=st.integers(0, 4))
def test_a_record_that_stands_there_twice_is_found(place: int, source: int) -> None:
    lines = segment(5).lines()
    lines.insert(place, lines[source])
    flaw = verify_segment(with_lines(segment(5), lines), BEFORE, 1)
    assert flaw is not None
    # A copy beside its original leaves the original where it was.
    assert flaw.sequence == 1 + (source + 1 if place in {source, source + 1} else place)


@given(st.permutations(range(5)))
def test_records_in_another_order_are_found(order: list[int]) -> None:
    assume(order != sorted(order))
    lines = segment(5).lines()
    flaw = verify_segment(with_lines(segment(5), [lines[number] for number in order]), BEFORE, 1)
    assert flaw is not None
    first = next(place for place, number in enumerate(order) if place != number)
    assert flaw.sequence == 1 + first


def test_a_body_without_its_last_line_break_is_found() -> None:
    one = segment(3)
    flaw = verify_segment(msgspec.structs.replace(one, body=one.body[:-1]), BEFORE, 1)
    assert flaw == Flaw(3, "ex_1-3", "this record is missing or incomplete")


def test_an_empty_body_is_found() -> None:
    flaw = verify_segment(msgspec.structs.replace(segment(3), body=b""), BEFORE, 1)
    assert flaw == Flaw(1, "", "this record is missing or incomplete")


@pytest.mark.parametrize("column", ["previous", "digests", "digest"])
def test_a_hash_that_was_altered_is_told_from_a_record_that_was(column: str) -> None:
    one = msgspec.structs.replace(segment(3), **{column: bytes(len(getattr(segment(3), column)))})
    flaw = verify_segment(one, BEFORE, 1)
    assert flaw is not None
    assert "the hash kept" in flaw.what


@pytest.mark.parametrize(
    "change", [{"records": 2}, {"records": 4}, {"first_at": 0.0}, {"last_at": 9.0}, {"first_at": float("nan")}], ids=str
)
def test_what_stands_beside_the_records_is_covered_too(change: dict[str, float]) -> None:
    assert verify_segment(msgspec.structs.replace(segment(3), **change), BEFORE, 1) is not None


def test_missing_segments_are_told_by_their_numbers() -> None:
    flaw = verify_segment(segment(3, first=8), BEFORE, 4)
    assert flaw == Flaw(4, "", "records 4 to 7 are missing")


def test_a_number_that_comes_twice_is_told() -> None:
    flaw = verify_segment(segment(3, first=3), BEFORE, 4)
    assert flaw is not None
    assert flaw.what == "a second record with the number 3, where 4 should follow"


def test_a_segment_of_another_chain_does_not_follow() -> None:
    flaw = verify_segment(segment(3, previous=genesis("ch_2")), BEFORE, 1)
    assert flaw is not None
    assert "come from another chain" in flaw.what


def test_lines_of_a_later_version_are_verified_although_they_are_not_understood() -> None:
    later = linked(Segment(1, 1, 5.0, 5.0, b'{"hologram":1}\n'), BEFORE)
    assert verify_segment(later, BEFORE, 1) is None


def test_the_id_of_an_altered_record_is_told_where_it_can_be() -> None:
    (one,) = segments_of([alert("fine"), alert("to be altered")], Anchor(0, BEFORE), lambda: None)
    flaw = verify_segment(msgspec.structs.replace(one, body=one.body.replace(b"used up", b"in plenty")), BEFORE, 1)
    assert flaw is not None
    assert flaw.id == "fine"
