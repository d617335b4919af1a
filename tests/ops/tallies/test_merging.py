"""Adding up tallies, in whatever order."""

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.records import Record
from mainstay.ops.tallies import adding, merging
from mainstay.ops.tallies.adding import add
from mainstay.ops.tallies.merging import decode, encode, merge, merged
from mainstay.ops.tallies.tally import OTHERS, AttemptTally, SpanTallies, TenantTally
from tests.ops.tallies.sample_records import RECORDS


def added(records: list[Record]) -> SpanTallies:
    tallies = SpanTallies()
    for record in records:
        add(tallies, record)
    return tallies


@pytest.fixture(autouse=True)
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the rest has to be put together often."""
    monkeypatch.setattr(adding, "KEYS_MAX", 3)
    monkeypatch.setattr(merging, "KEYS_MAX", 3)


@given(RECORDS, st.randoms(use_true_random=False), st.integers(0, 30))
def test_in_whatever_order_and_parts_records_are_added_up_the_same(
    records: list[Record], random: Random, cut: int
) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)
    whole = added(records)
    assert added(shuffled) == whole
    assert merged([added(shuffled[:cut]), added(shuffled[cut:])]) == whole
    assert merged([added([record]) for record in shuffled]) == whole


@given(RECORDS, RECORDS, RECORDS)
def test_merging_is_associative_and_commutative_and_nothing_changes_nothing(
    one: list[Record], two: list[Record], three: list[Record]
) -> None:
    a, b, c = added(one), added(two), added(three)
    assert merged([a, b]) == merged([b, a])
    assert merged([merged([a, b]), c]) == merged([a, merged([b, c])])
    assert merged([a, SpanTallies()]) == merged([SpanTallies(), a]) == a


@given(RECORDS, RECORDS)
def test_the_parts_stay_as_they_are(one: list[Record], two: list[Record]) -> None:
    a, b = added(one), added(two)
    before = encode(b)
    merge(a, b)
    assert encode(b) == before
    merge(a, b)
    assert encode(b) == before


def test_beyond_the_bound_the_first_by_name_stay() -> None:
    tallies = merged([SpanTallies(tenants={name: TenantTally(exchanges=1)}) for name in "fedcba"])
    assert tallies.tenants == {
        "a": TenantTally(exchanges=1),
        "b": TenantTally(exchanges=1),
        "c": TenantTally(exchanges=1),
        OTHERS: TenantTally(exchanges=3),
    }


@given(RECORDS)
def test_what_was_written_is_read(records: list[Record]) -> None:
    tallies = added(records)
    assert decode(encode(tallies)) == tallies


def test_a_field_that_came_later_is_left_out_and_one_that_is_missing_is_nothing() -> None:
    body = b'{"attempts":{"a/b":{"attempts":2,"later":{"x":1}}},"later":[]}'
    assert decode(body) == SpanTallies(attempts={"a/b": AttemptTally(attempts=2)})
    with pytest.raises(msgspec.DecodeError):
        decode(b"[]")
