"""The buckets of histograms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ops.tallies.tally import bucket_of, seconds_of

DAY_SECONDS = 86_400.0


@given(st.floats(0.0, DAY_SECONDS))
def test_a_duration_lies_in_its_bucket(seconds: float) -> None:
    bucket = bucket_of(seconds)
    assert seconds < seconds_of(bucket)
    assert bucket == 0 or seconds >= seconds_of(bucket - 1)


def test_four_buckets_are_a_doubling() -> None:
    assert seconds_of(0) == 0.01
    assert seconds_of(24 + 4) == pytest.approx(2 * seconds_of(24))
    assert bucket_of(0.0) == bucket_of(-1.0) == bucket_of(0.00999) == 0
    assert bucket_of(0.01) == 1


def test_what_is_longer_than_anything_has_the_last_bucket() -> None:
    assert bucket_of(1e300) == bucket_of(float("inf")) == 96
    assert seconds_of(10_000) == seconds_of(95) > DAY_SECONDS
    assert seconds_of(-5) == 0.01
