"""A target hears so much an hour, and what is critical beyond that of others."""

import pytest

from mainstay.model.notice import Severity
from mainstay.ops.notices.allowance import Allowance


def used_up(per_hour: int, times: int) -> Allowance:
    allowance = Allowance(per_hour)
    for number in range(times):
        allowance.note("chat", float(number))
    return allowance


def test_a_fifth_is_kept_for_what_is_critical() -> None:
    assert used_up(10, 7).has_room("chat", Severity.MAJOR, 10.0)
    assert not used_up(10, 8).has_room("chat", Severity.MAJOR, 10.0)
    assert used_up(10, 9).has_room("chat", Severity.CRITICAL, 10.0)
    assert not used_up(10, 10).has_room("chat", Severity.CRITICAL, 10.0)


@pytest.mark.parametrize(("per_hour", "reserve"), [(1, 0), (2, 1), (5, 1), (60, 12)])
def test_the_reserve_leaves_room_for_others(per_hour: int, reserve: int) -> None:
    assert Allowance(per_hour).reserve == reserve
    assert Allowance(per_hour).has_room("chat", Severity.INFO, 0.0)


def test_room_comes_back_after_an_hour() -> None:
    allowance = used_up(2, 2)
    assert allowance.used("chat", 3_599.0) == 2
    assert allowance.used("chat", 3_600.0) == 1
    assert allowance.used("chat", 3_601.0) == 0


def test_targets_do_not_share() -> None:
    assert used_up(2, 2).has_room("pager", Severity.INFO, 1.0)
    assert used_up(2, 2).used("pager", 1.0) == 0


def test_memory_is_bounded() -> None:
    assert used_up(3, 1_000).used("chat", 1_000.0) == 3


def test_another_bound_counts_what_was_told() -> None:
    allowance = used_up(5, 4)
    allowance.resize(10)
    assert (allowance.used("chat", 10.0), allowance.reserve) == (4, 2)
    allowance.resize(3)
    assert not allowance.has_room("chat", Severity.CRITICAL, 10.0)
    assert allowance.used("chat", 10.0) == 3
