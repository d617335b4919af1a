"""Why an attempt may not start."""

from math import inf

from mainstay.engine.capacity.hold import Hold


def test_a_hold_without_an_end_of_its_own_ends_with_another_attempt() -> None:
    assert Hold(inf, "full").ready_at > 1e300
