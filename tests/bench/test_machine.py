import pytest

from bench.machine import Cores, choose_cores, core_clock


@pytest.mark.parametrize(
    ("allowed", "cores"),
    [([0, 1], Cores(0, 1, 1)), ([2, 4, 6, 8], Cores(2, 4, 6)), ([0], None)],
    ids=["two cores", "many cores", "one core"],
)
def test_the_proxy_has_a_core_of_its_own(allowed: list[int], cores: Cores | None) -> None:
    assert choose_cores(allowed) == cores


def test_a_core_was_never_busy_for_longer_than_it_ran() -> None:
    clock = core_clock(0)
    assert 0 < clock.busy_seconds <= clock.total_seconds
