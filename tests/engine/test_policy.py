"""Bounds and clocks: what must hold between the numbers."""

from mainstay.engine import policy
from mainstay.model.catalogue import Timeouts, Workload

MIDDLE_BOX_CUTS_AFTER_SECONDS = 60.0


def test_a_waiting_caller_hears_something_at_least_twice_before_a_middle_box_cuts() -> None:
    assert 2 * policy.KEEP_ALIVE_SECONDS < MIDDLE_BOX_CUTS_AFTER_SECONDS


def test_the_reserve_leaves_most_of_the_deadline_to_the_first_candidates() -> None:
    assert 0.0 < policy.RESERVE_SHARE < 0.5


def test_the_reserve_is_long_enough_for_a_first_content_by_default() -> None:
    assert policy.RESERVE_SHARE * Workload().deadline_seconds > Timeouts().first_content_seconds


def test_a_whole_answer_may_be_larger_than_what_is_held_of_a_stream() -> None:
    assert policy.ERROR_BYTES_MAX < policy.HOLD_BYTES_MAX < policy.BUFFER_BYTES_MAX


def test_throttling_without_a_wait_rests_shorter_than_account_trouble() -> None:
    assert policy.GATE_SECONDS_DEFAULT < policy.ACCOUNT_GATE_SECONDS < policy.WAIT_SECONDS_MAX


def test_a_finished_stream_does_not_keep_its_caller_waiting() -> None:
    assert policy.LINGER_SECONDS <= 1.0
