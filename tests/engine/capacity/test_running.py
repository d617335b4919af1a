"""How many are under way, and for whom."""

from mainstay.engine.capacity.running import Running
from mainstay.model.catalogue import Limits

LIMITS = Limits(concurrency=10, reserved=(("a", 0.5), ("b", 0.0)))


def test_only_workloads_with_a_share_are_counted_apart() -> None:
    running = Running()
    for workload in ("a", "a", "b", "other"):
        running.begin_share(LIMITS, workload)
    assert running.running_by == {"a": 2}


def test_counts_come_back_to_nothing_and_never_below() -> None:
    running = Running()
    running.begin_share(LIMITS, "a")
    running.end_share(LIMITS, "a")
    running.end_share(LIMITS, "a")
    running.end_share(LIMITS, "other")
    assert running.running_by == {}
